"""What is worth a look: endpoints that fail more often than usual, or fell silent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from math import sqrt

from stats.core.periods import local_day, preset_period
from stats.core.zones import reading_zone
from stats.query import engine
from stats.query.baselines import Baseline, Baselines, baselines
from stats.query.selection import Selection
from stats.query.sums import Sums

# Below these, a rate is chance.
LEAST_FAILURES = 5
LEAST_USUAL_CALLS = 50
TIMES_THE_USUAL_RATE = 1.5
DEVIATIONS = 3
# A usual rate of zero counts as one in a thousand.
LEAST_USUAL_RATE = 0.001

LEAST_DAYS_WITH_CALLS = 5
TIMES_THE_USUAL_GAP = 3
# In days; a longer silence is no news.
LONGEST_SILENCE = 28


@dataclass(frozen=True, slots=True)
class Failing:
    """An endpoint whose calls fail more often than usual; both rates in percent."""

    endpoint: str
    rate: float
    usual: float


@dataclass(frozen=True, slots=True)
class Silent:
    """An endpoint without calls since a day, and the number of its calls before the period."""

    endpoint: str
    since: date
    usual_calls: int


@dataclass(frozen=True, slots=True)
class Attention:
    """The worst first. `undated_calls` are in no period."""

    failing: tuple[Failing, ...] = ()
    silent: tuple[Silent, ...] = ()
    undated_calls: int = 0


def attention_today(now: datetime) -> Attention:
    """The endpoints as they are today."""
    today = local_day(now, reading_zone())
    period = preset_period("today", today, reading_zone())
    by_endpoint = engine.by_endpoint(Selection(period.range))
    return attention(by_endpoint, baselines(period, now), today)


def attention(by_endpoint: Mapping[str, Sums], usual: Baselines, today: date | None) -> Attention:
    """The endpoints of a period against their baselines; `today` if the period reaches it."""
    failing = [
        found
        for endpoint, sums in by_endpoint.items()
        if (found := _failing(endpoint, sums, usual.of.get(endpoint)))
    ]
    silent = [
        Silent(endpoint, baseline.last, baseline.calls)
        for endpoint, baseline in usual.of.items()
        if today and _is_silent(baseline, today)
    ]
    return Attention(
        tuple(sorted(failing, key=lambda found: (found.usual - found.rate, found.endpoint))),
        tuple(sorted(silent, key=lambda found: (-found.usual_calls, found.endpoint))),
        usual.undated_calls,
    )


def _failing(endpoint: str, sums: Sums, baseline: Baseline | None) -> Failing | None:
    """More failures than the usual rate gives by chance (a Poisson deviation is a root)."""
    if baseline is None or baseline.calls < LEAST_USUAL_CALLS or sums.failures < LEAST_FAILURES:
        return None
    usual = max(baseline.failures / baseline.calls, LEAST_USUAL_RATE)
    expected = sums.calls * usual
    is_far_above = sums.failures > expected + DEVIATIONS * sqrt(expected)
    if not is_far_above or sums.failures < TIMES_THE_USUAL_RATE * expected:
        return None
    return Failing(
        endpoint, sums.failures / sums.calls * 100, baseline.failures / baseline.calls * 100
    )


def _is_silent(baseline: Baseline, today: date) -> bool:
    silence = (today - baseline.last).days
    return (
        baseline.days >= LEAST_DAYS_WITH_CALLS
        and TIMES_THE_USUAL_GAP * max(baseline.usual_gap, 1) < silence <= LONGEST_SILENCE
    )
