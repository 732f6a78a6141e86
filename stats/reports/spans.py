"""The days of a period drawn as days, weeks or months: a chart has at most 100 bars. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from itertools import groupby

from stats.core.periods import DAY, MONTH, QUARTER, first_of_unit
from stats.query.sums import Sums, together
from stats.reports.figures import MOST_DAYS, Day

# Beyond them, months; a year is 53 weeks.
MOST_DAYS_IN_WEEKS = 400
MOST_DAYS_IN_MONTHS = 100 * 30


class Unit(Enum):
    """What a bar is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True)
class Span:
    """The days from `first` to `last`, drawn as one. `days` are theirs."""

    first: date
    last: date
    sums: Sums
    days: Sequence[Day]

    @property
    def is_day(self) -> bool:
        return self.first == self.last

    @property
    def day(self) -> Day:
        """Of a span of one day."""
        (day,) = self.days
        return day

    @property
    def before(self) -> Sums | None:
        """The same weekday four weeks earlier; None for several days."""
        return self.day.before if self.is_day else None

    @property
    def is_running(self) -> bool:
        return self.days[-1].is_running


def unit_of(days: Sequence[Day], most: int = MOST_DAYS) -> Unit:
    """What a chart of so many days draws; at most so many of them one by one."""
    if len(days) <= most:
        return Unit.DAY
    if len(days) <= MOST_DAYS_IN_WEEKS:
        return Unit.WEEK
    return Unit.MONTH if len(days) <= MOST_DAYS_IN_MONTHS else Unit.QUARTER


def spans(days: Sequence[Day], most: int = MOST_DAYS) -> tuple[Span, ...]:
    """The days of a period, in their order, as a chart draws them."""
    return _grouped(days, unit_of(days, most))


def months(days: Iterable[Day]) -> tuple[Span, ...]:
    """The days by calendar month."""
    return _grouped(days, Unit.MONTH)


def _grouped(days: Iterable[Day], unit: Unit) -> tuple[Span, ...]:
    by_unit = groupby(days, lambda day: _begin(day.date, unit))
    return tuple(_span(list(some)) for _first, some in by_unit)


def _span(days: list[Day]) -> Span:
    sums = days[0].sums if len(days) == 1 else together((day.sums for day in days), Sums)
    return Span(days[0].date, days[-1].date, sums, days)


def _begin(day: date, unit: Unit) -> date:
    """The first day of what `day` is drawn with."""
    match unit:
        case Unit.DAY:
            return day
        case Unit.WEEK:
            return day - day.weekday() * DAY
        case _:
            return first_of_unit(day, MONTH if unit is Unit.MONTH else QUARTER)
