"""Day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import attrgetter

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stats.admin.components import wording
from stats.admin.components.links import Address
from stats.admin.sheets.columns import (
    ON_WIDE_PAGES,
    Columns,
    compared_with,
    costs,
    counts,
    in_currency,
    more_counts,
    one_page,
)
from stats.core import formatting
from stats.core.periods import Range
from stats.query.sums import Sums
from stats.reports.comparison import difference, percent_more
from stats.reports.daily import CostTrend, DayCost
from stats.reports.figures import Figures
from stats.tables.html import MAIN, DrawnTable, Rows, drawn
from stats.tables.table import Column, Kind, OnPage, Phone, Table

_sums = attrgetter("sums")


@dataclass(frozen=True, slots=True)
class DayLine:
    """A day; without a date, the total. In files it leads nowhere."""

    date: date | None
    sums: Sums
    calls: Address | None = None


def days(figures: Figures) -> Table[DayLine]:
    """Every day of the period; those without calls are zero."""
    lines = [DayLine(day.date, day.sums) for day in figures.days]
    return one_page("days", _days(figures.currencies), lines, figures.now.costs)


def drawn_days(figures: Figures, calls: Address) -> DrawnTable:
    """The same, leading to `calls`, with as many currencies as there is room for."""
    range = figures.request.range
    lines = [
        DayLine(day.date, day.sums, calls.during_part_of(range, day.date, day.date))
        for day in figures.days
    ]
    columns = _days(figures.shown_currencies)
    costs = [column.name for column in columns if column.kind is Kind.AMOUNT]
    order = (
        "date",
        "total_calls",
        "successful_calls",
        "failed_calls",
        "prompt_tokens",
        "completion_tokens",
        *(costs if figures.currencies else ()),
        "avg_response_time",
    )
    rows = Rows(lines=lines, total=DayLine(None, figures.now, calls))
    return drawn("days", columns, rows, order=order)


def _days(currencies: Sequence[str]) -> Columns[DayLine]:
    heading: OnPage[DayLine] = OnPage(
        text=lambda line: formatting.weekday(line.date) if line.date else gettext("Total"),
        link=_to_calls,
        note=lambda line: wording.calls_and_success(line.sums),
        is_heading=True,
    )
    return [
        Column("date", Kind.DAY, attrgetter("date"), _("Day"), heading),
        *counts(_sums, lambda line: line.calls if line.sums.calls else None),
        *costs(_sums, currencies, _to_calls_in),
        *more_counts(_sums),
    ]


def _to_calls(line: "DayLine | CostLine") -> str:
    return str(line.calls or "")


def _to_calls_in(line: DayLine, currency: str) -> str:
    return str(line.calls.having(currency=currency)) if line.calls else ""


@dataclass(frozen=True, slots=True)
class CostLine:
    """The cost of a day, several, or all of them, beside that before; None where there is none."""

    days: tuple[date, date] | None
    now: Decimal | None
    before: Decimal | None
    calls: Address | None = None

    @property
    def label(self) -> str:
        if self.days is None:
            return gettext("Total")
        first, last = self.days
        return formatting.weekday(first) if first == last else formatting.days(first, last)

    @property
    def difference(self) -> Decimal | None:
        return difference(self.now, self.before)

    @property
    def change(self) -> float | None:
        """Percent."""
        if self.difference is None:
            return None
        return percent_more(self.now or 0, self.before or 0)


def cost_trend(found: CostTrend) -> Table[CostLine]:
    """Every day beside its counterpart; a row may stand for several days, to `last_date`."""
    lines = [CostLine(day.days, day.now, day.before) for day in found.days]
    costs = {found.currency: found.total} if found.currency else {}
    return one_page("cost", _costs(found), lines, costs)


def drawn_cost_trend(found: CostTrend, calls: Address) -> DrawnTable:
    """The same, leading to `calls`; without a comparison only the costs now."""
    range = found.figures.request.range
    lines = [
        CostLine(day.days, day.now, day.before, _calls_of(day, calls, range)) for day in found.days
    ]
    order: tuple[str, ...] = ("date", "cost_before", "cost", "cost_difference", "change")
    if found.figures.before is None:
        order = ("date", "cost")
    rows = Rows(lines=lines, total=CostLine(None, found.total, found.total_before, calls))
    return drawn("cost", _costs(found), rows, order=order, reads_across=True)


def _costs(found: CostTrend) -> Columns[CostLine]:
    heading: OnPage[CostLine] = OnPage(text=attrgetter("label"), link=_to_calls, is_heading=True)
    wide: OnPage[CostLine] = OnPage(phone=Phone.HIDDEN, is_signed=True)
    last: OnPage[CostLine] = OnPage(phone=Phone.LAST, is_signed=True)
    cost = wording.cost_in(found.currency)
    return [
        Column("date", Kind.DAY, lambda line: line.days and line.days[0], _("Day"), heading),
        Column("last_date", Kind.DAY, lambda line: line.days and line.days[1]),
        Column("cost", Kind.AMOUNT, attrgetter("now"), cost, OnPage(classes=MAIN)),
        Column("cost_before", Kind.AMOUNT, attrgetter("before"), _("Before"), ON_WIDE_PAGES),
        Column("cost_difference", Kind.AMOUNT, attrgetter("difference"), _("Difference"), last),
        Column("change", Kind.PERCENT, attrgetter("change"), _("in percent"), wide, in_files=False),
        *in_currency(found.currency),
        *compared_with(found.figures.base),
    ]


def _calls_of(day: DayCost, calls: Address, range: Range) -> Address:
    first, last = day.days
    # Days that only the period before has: all their calls.
    return (
        calls.during(first, last) if day.now is None else calls.during_part_of(range, first, last)
    )
