"""How many days are told as unusual, how many doubled ones are found, and whether who did it is."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from statistics import mean, pstdev

from stats.core.periods import DAY
from stats.demo.calls import USER_NAMES, plausible_calls
from stats.reports.culprits import who_made_it
from stats.reports.unusual import LEARNING_DAYS, unusual_day
from tests.bench.daily_series import Series

# Whether a day of a series is unusual.
Detector = Callable[[Series, date], bool]
SIGMAS, WINDOW = 3, 30


@dataclass(frozen=True)
class Found:
    """Of one series: days told a year, and percent of days that are told once doubled."""

    series: str
    a_year: float
    doubled: float


def ours(series: Series, day: date) -> bool:
    return unusual_day(series, day) is not None


def three_sigmas(series: Series, day: date) -> bool:
    """More than three standard deviations above the mean of thirty days."""
    return _is_far(series, [day - n * DAY for n in range(1, WINDOW + 1)], day)


def _is_far(series: Series, before: list[date], day: date) -> bool:
    costs = [float(series[one]) for one in before if one in series]
    return float(series[day]) > mean(costs) + SIGMAS * pstdev(costs)


DETECTORS: Mapping[str, Detector] = {"unusual_days": ours, "z > 3 over 30 days": three_sigmas}


def measured(series: Mapping[str, Series], detector: Detector) -> Iterator[Found]:
    """Of each series; every fifth day is doubled, one at a time."""
    for name, days in series.items():
        judged = sorted(days)[LEARNING_DAYS:]
        doubled = judged[::5]
        hits = [detector({**days, day: 2 * days[day]}, day) for day in doubled]
        told = sum(detector(days, day) for day in judged) / len(judged) * 365
        yield Found(name, told, mean(hits) * 100)


# ── who made it ─────────────────────────────────────────────────────────────────────────────────

TODAY = datetime(2026, 11, 24, 15, tzinfo=UTC)
LEDGERS, CALLS, LEDGER_DAYS = 100, 6_000, 90
# What the culprit spends beside their usual, as a part of what all spend that day.
SPENT_MORE = Decimal(1)


def culprits_named_first() -> int:
    """In how many of a hundred ledgers of demo data the one who spent more comes first."""
    return sum(_is_named(seed) for seed in range(LEDGERS))


def _is_named(seed: int) -> bool:
    rng = random.Random(seed)
    users = range(1, len(USER_NAMES) + 1)
    jobs = {user: [user] for user in users}
    costs: dict[int, dict[date, Decimal]] = {user: defaultdict(Decimal) for user in users}
    for call in plausible_calls(users, jobs, CALLS, LEDGER_DAYS, seed, TODAY, UTC):
        assert call.created_at
        assert call.cost is not None
        costs[call.user_id][call.created_at.date()] += call.cost
    culprit, day = rng.choice(users), TODAY.date() - rng.randint(1, 30) * DAY
    costs[culprit][day] += SPENT_MORE * sum(days[day] for days in costs.values())
    return who_made_it(costs, day)[0].key == culprit
