"""The figures of a period, in all and day by day, beside those of the period before."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from stats.columns import DEFAULT_CURRENCY
from stats.periods import Period, local_day
from stats.reports import engine, latency
from stats.reports.comparison import Base
from stats.reports.selection import Selection
from stats.reports.sums import Sums, currencies_of, together


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the period; `before` is the day as far into the period before, None without one."""

    date: date
    sums: Sums
    before: Sums | None
    is_running: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """What a page of figures is made of. `before` is None where there is no base."""

    selection: Selection
    period: Period
    base: Base
    now: Sums
    before: Sums | None
    days: tuple[Day, ...]
    # Response times in ms; None without one, or where too many calls would have to be read.
    p95: float | None = None
    p95_before: float | None = None

    @property
    def currencies(self) -> list[str]:
        """In which something cost something, now or in the period before."""
        return ordered_currencies([self.now, self.before or Sums()])

    @property
    def days_so_far(self) -> int:
        """Days of the period that have begun."""
        running = next((n for n, day in enumerate(self.days, 1) if day.is_running), None)
        return running or len(self.days)


def figures(selection: Selection, period: Period, base: Base, now: datetime) -> Figures:
    """The figures of `selection`, whose range is that of `period`, as of `now`."""
    before = selection_before(selection, base)
    return replace(
        daily_figures(selection, period, base, now),
        p95=_p95(selection),
        p95_before=_p95(before) if before else None,
    )


def daily_figures(selection: Selection, period: Period, base: Base, now: datetime) -> Figures:
    """The same, without asking for percentiles."""
    before = selection_before(selection, base)
    by_day = engine.by_day(selection)
    by_day_before = engine.by_day(before) if before else None
    return Figures(
        selection,
        period,
        base,
        # A period is whole days, so that its days make up its totals.
        together(by_day.values()),
        together(by_day_before.values()) if by_day_before is not None else None,
        _days(by_day, by_day_before, period, base, local_day(now, period.zone)),
    )


def _p95(selection: Selection) -> float | None:
    try:
        return latency.percentiles(selection).p95
    except engine.TooManyCallsError:
        return None


def selection_before(selection: Selection, base: Base) -> Selection | None:
    """The same calls in the period before; None where there is no base."""
    return selection.during(base.comparison.range) if base.is_comparable else None


def _days(
    sums: Mapping[date, Sums],
    sums_before: Mapping[date, Sums] | None,
    period: Period,
    base: Base,
    today: date,
) -> tuple[Day, ...]:
    """Every day of the period, those without calls as zero."""

    def counterpart(day: date) -> Sums | None:
        day_before = base.comparison.first + (day - period.first)
        if sums_before is None or day_before > base.comparison.last:
            return None
        return sums_before.get(day_before, Sums())

    return tuple(
        Day(day, sums.get(day, Sums()), counterpart(day), day == today) for day in period.days
    )


def ordered_currencies(all_sums: list[Sums]) -> list[str]:
    """The currencies in which something cost something: the writers' default first."""
    return sorted(currencies_of(all_sums), key=lambda name: (name != DEFAULT_CURRENCY, name))


def currency_to_rank_in(currencies: list[str], asked: str | None) -> str | None:
    """None where there is one currency at most; else the asked one, or the first."""
    if len(currencies) < 2:
        return None
    return asked if asked in currencies else currencies[0]


def within(selection: Selection, currency: str | None) -> Selection:
    """Only the calls in `currency`; None leaves the selection as it is."""
    return replace(selection, currency=currency) if currency else selection
