"""How near forecasts of a month's end came, on daily series whose months are over."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import mean, quantiles

from stats.core.periods import DAY, last_of_month
from stats.reports.forecast import LEARNING_DAYS, LEAST_ERRORS, Forecast, month_end
from tests.bench.daily_series import Series

DAYS_OF_MONTH = (6, 10, 15, 20, 25)
Method = Callable[[Series, date], Forecast | None]
# From the days so far, what so many more days will come to.
RestOf = Callable[[Sequence[float], int], float]


@dataclass(frozen=True)
class Score:
    """One forecast beside what came; sizes are parts of the month's end."""

    series: str
    day: int
    is_held: bool
    width: float
    error: float


def run_rate(days: Sequence[float], left: int) -> float:
    """As much a day as in the month so far, of which `left` days are left."""
    so_far = max(1, 30 - left)
    return mean(days[-so_far:]) * left


def seasonal_naive(days: Sequence[float], left: int) -> float:
    """Each weekday as in the last week."""
    return sum(days[len(days) - 7 + n % 7] for n in range(left))


def with_own_errors(rest_of: RestOf) -> Method:
    """A forecast by a simple method, its range from the method's own past errors."""

    def forecast(history: Series, today: date) -> Forecast | None:
        first = min(history)
        days = [float(history[first + n * DAY]) for n in range((today - first).days + 1)]
        left = (last_of_month(today) - today).days
        ratios = [
            sum(days[n : n + left]) / max(rest_of(days[:n], left), 1e-9)
            for n in range(LEARNING_DAYS + 1, len(days) - left + 1)
        ]
        if len(ratios) < LEAST_ERRORS:
            return None
        cuts = quantiles(ratios, n=10)
        spent, rest = sum(days[-today.day :]), rest_of(days, left)
        return Forecast(*(Decimal(spent + rest * ratio) for ratio in (cuts[0], 1, cuts[-1])))

    return forecast


METHODS: Mapping[str, Method] = {
    "month_end": month_end,
    "plain run-rate": with_own_errors(run_rate),
    "seasonal naive": with_own_errors(seasonal_naive),
}


def scores(
    series: Mapping[str, Series], method: Method, of_today: Decimal = Decimal(1)
) -> list[Score]:
    """Of all whole months; of the day of the forecast only the part `of_today` is known."""
    return [
        score
        for name, days in series.items()
        for month in _whole_months(days)
        for score in _scores_of_month(name, days, month, method, of_today)
    ]


def _whole_months(days: Series) -> Iterator[date]:
    month = min(days)
    if month.day > 1:
        month = last_of_month(month) + DAY
    while last_of_month(month) <= max(days):
        yield month
        month = last_of_month(month) + DAY


def _scores_of_month(
    name: str, days: Series, month: date, method: Method, of_today: Decimal
) -> Iterator[Score]:
    end = sum(cost for day, cost in days.items() if month <= day <= last_of_month(month))
    for number in DAYS_OF_MONTH:
        today = month.replace(day=number)
        history = {day: cost for day, cost in days.items() if day <= today}
        found = method({**history, today: history[today] * of_today}, today)
        if found:
            yield Score(
                name,
                number,
                found.low <= end <= found.high,
                float((found.high - found.low) / end),
                abs(float(found.expected / end) - 1),
            )
