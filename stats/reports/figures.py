"""The figures of a period, in all and day by day, beside those of the period before."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from stats.periods import Period, local_day
from stats.reports import engine
from stats.reports.comparison import Base, base_of
from stats.reports.selection import Selection
from stats.reports.sums import Sums, currencies_of


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
    failed: Sums
    days: tuple[Day, ...]

    @property
    def currencies(self) -> list[str]:
        """In which something cost something, now or in the period before."""
        return currencies_of([self.now, self.before or Sums()])

    @property
    def days_so_far(self) -> int:
        """Days of the period that have begun."""
        running = next((n for n, day in enumerate(self.days, 1) if day.is_running), None)
        return running or len(self.days)

    @property
    def selection_before(self) -> Selection:
        return self.selection.during(self.base.comparison.range)


def figures(
    selection: Selection, period: Period, now: datetime, first_call: datetime | None
) -> Figures:
    """The figures of `selection`, whose range is that of `period`, as of `now`."""
    base = base_of(period, now, first_call)
    selection_before = selection.during(base.comparison.range)
    return Figures(
        selection,
        period,
        base,
        engine.total(selection),
        engine.total(selection_before) if base.is_comparable else None,
        engine.total(replace(selection, success=False)),
        _days(selection, selection_before, period, base, local_day(now, period.zone)),
    )


def _days(
    selection: Selection, selection_before: Selection, period: Period, base: Base, today: date
) -> tuple[Day, ...]:
    """Every day of the period, those without calls as zero."""
    sums = engine.by_day(selection)
    sums_before = engine.by_day(selection_before) if base.is_comparable else {}

    def before(day: date) -> Sums | None:
        counterpart = base.comparison.first + (day - period.first)
        if not base.is_comparable or counterpart > base.comparison.last:
            return None
        return sums_before.get(counterpart, Sums())

    return tuple(
        Day(day, sums.get(day, Sums()), before(day), day == today) for day in period.days
    )
