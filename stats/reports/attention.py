"""What is worth a look: endpoints that fail more than they use to, or fell silent. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import sqrt

from stats.query.baselines import Baseline, Baselines
from stats.query.sums import Sums

# Below these a rate is chance, whatever it is.
LEAST_FAILURES = 5
LEAST_USUAL_CALLS = 50
TIMES_THE_USUAL_RATE = 1.5
DEVIATIONS = 3
# A rate that never was above zero is taken for one in a thousand.
LEAST_USUAL_RATE = 0.001

LEAST_DAYS_WITH_CALLS = 5
TIMES_THE_USUAL_GAP = 3
# In days; what is silent for longer is no news.
LONGEST_SILENCE = 28


@dataclass(frozen=True, slots=True)
class Failing:
    """An endpoint whose calls fail more often than they use to, both in percent."""

    endpoint: str
    rate: float
    usual: float


@dataclass(frozen=True, slots=True)
class Silent:
    """An endpoint that nobody called since a day, and how many calls it used to have before."""

    endpoint: str
    since: date
    usual_calls: int


@dataclass(frozen=True, slots=True)
class Attention:
    """The worst first; empty in a good month. `undated_calls` are in no period."""

    failing: tuple[Failing, ...] = ()
    silent: tuple[Silent, ...] = ()
    undated_calls: int = 0


def attention(
    by_endpoint: Mapping[str, Sums], baselines: Baselines, today: date | None
) -> Attention:
    """The endpoints of a period beside what is usual of them; `today` if the period reaches it."""
    failing = [
        found
        for endpoint, sums in by_endpoint.items()
        if (found := _failing(endpoint, sums, baselines.of.get(endpoint)))
    ]
    silent = [
        Silent(endpoint, baseline.last, baseline.calls)
        for endpoint, baseline in baselines.of.items()
        if today and _is_silent(baseline, today)
    ]
    return Attention(
        tuple(sorted(failing, key=lambda found: (found.usual - found.rate, found.endpoint))),
        tuple(sorted(silent, key=lambda found: (-found.usual_calls, found.endpoint))),
        baselines.undated_calls,
    )


def _failing(endpoint: str, sums: Sums, baseline: Baseline | None) -> Failing | None:
    """More failures than chance makes of the usual rate (Poisson's deviation is a root)."""
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
