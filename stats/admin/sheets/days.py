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
    """A day, or all of them without a date. In files it leads nowhere."""

    date: date | None
    sums: Sums
    calls: Address | None = None

    @property
    def label(self) -> str:
        return formatting.weekday(self.date) if self.date else gettext("Total")

    @property
    def url(self) -> str:
        return str(self.calls or "")


def days(figures: Figures) -> Table[DayLine]:
    """Every day of the period, those without calls as zero."""
    lines = [DayLine(day.date, day.sums) for day in figures.days]
    return one_page("days", _days(figures.currencies), lines, figures.now.costs)


def day_lines(figures: Figures, calls: Address) -> tuple[list[DayLine], DayLine]:
    """Every day and all of them, leading to their calls."""
    range = figures.request.range
    lines = [
        DayLine(day.date, day.sums, calls.during_part_of(range, day.date, day.date))
        for day in figures.days
    ]
    return lines, DayLine(None, figures.now, calls)


def drawn_days(figures: Figures, lines: Sequence[DayLine], total: DayLine) -> DrawnTable:
    """With the costs in as many currencies as there is room for."""
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
    return drawn("days", columns, Rows(lines=lines, total=total), order=order)


def _days(currencies: Sequence[str]) -> Columns[DayLine]:
    heading: OnPage[DayLine] = OnPage(
        text=attrgetter("label"),
        link=attrgetter("url"),
        note=lambda line: wording.calls_and_success(line.sums),
        is_heading=True,
    )
    return [
        Column("date", Kind.DAY, attrgetter("date"), _("Day"), heading),
        *counts(_sums, lambda line: line.calls if line.sums.calls else None),
        *costs(_sums, currencies, _to_calls_in),
        *more_counts(_sums),
    ]


def _to_calls_in(line: DayLine, currency: str) -> str:
    return str(line.calls.having(currency=currency)) if line.calls else ""


@dataclass(frozen=True, slots=True)
class CostLine:
    """A day, several, or all of them, beside the counterpart; None where there is none."""

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
    def url(self) -> str:
        return str(self.calls or "")

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
    """Every day beside its counterpart; `last_date` differs where one row is several days."""
    lines = [CostLine(day.days, day.now, day.before) for day in found.days]
    costs = {found.currency: found.total} if found.currency else {}
    return one_page("cost", _costs(found), lines, costs)


def cost_lines(found: CostTrend, calls: Address) -> tuple[list[CostLine], CostLine]:
    """Every day and all of them, leading to their calls."""
    range = found.figures.request.range
    lines = [
        CostLine(day.days, day.now, day.before, _calls_of(day, calls, range)) for day in found.days
    ]
    return lines, CostLine(None, found.total, found.total_before, calls)


def drawn_cost_trend(found: CostTrend, lines: Sequence[CostLine], total: CostLine) -> DrawnTable:
    order: tuple[str, ...] = ("date", "cost_before", "cost", "cost_difference", "change")
    if found.figures.before is None:
        order = ("date", "cost")
    rows = Rows(lines=lines, total=total)
    return drawn("cost", _costs(found), rows, order=order, reads_across=True)


def _costs(found: CostTrend) -> Columns[CostLine]:
    heading: OnPage[CostLine] = OnPage(
        text=attrgetter("label"), link=attrgetter("url"), is_heading=True
    )
    wide: OnPage[CostLine] = OnPage(phone=Phone.HIDDEN, is_signed=True)
    difference_page: OnPage[CostLine] = OnPage(phone=Phone.LAST, is_signed=True)
    cost = wording.cost_in(found.currency)
    return [
        Column("date", Kind.DAY, lambda line: line.days and line.days[0], _("Day"), heading),
        Column("last_date", Kind.DAY, lambda line: line.days and line.days[1]),
        Column("cost", Kind.AMOUNT, attrgetter("now"), cost, OnPage(looks=MAIN)),
        Column("cost_before", Kind.AMOUNT, attrgetter("before"), _("Before"), ON_WIDE_PAGES),
        Column(
            "cost_difference",
            Kind.AMOUNT,
            attrgetter("difference"),
            _("Difference"),
            difference_page,
        ),
        Column("change", Kind.PERCENT, attrgetter("change"), _("in percent"), wide, in_files=False),
        *in_currency(found.currency),
        *compared_with(found.figures.base),
    ]


def _calls_of(day: DayCost, calls: Address, range: Range) -> Address:
    first, last = day.days
    # Of the days that only the period before has, all calls.
    return (
        calls.during(first, last) if day.now is None else calls.during_part_of(range, first, last)
    )
