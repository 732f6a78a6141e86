"""Day by day; on pages by week or month where there are many days."""

from collections.abc import Iterable, Sequence
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
    calls_in,
    calls_of,
    costs,
    counts,
    in_currency,
    more_counts,
    one_page,
)
from stats.core import formatting
from stats.query.sums import Sums
from stats.reports.comparison import difference, percent_more
from stats.reports.daily import CostTrend, cost_in
from stats.reports.figures import FOUR_WEEKS, Day, Figures
from stats.reports.spans import Span, spans
from stats.tables.html import MAIN, DrawnTable, Rows, drawn
from stats.tables.table import TOTAL, Column, Kind, OnPage, Phone, Table

_sums = attrgetter("sums")
FIGURES = (
    "date",
    "total_calls",
    "calls_four_weeks_earlier",
    "successful_calls",
    "failed_calls",
    "prompt_tokens",
    "completion_tokens",
)


@dataclass(frozen=True, slots=True)
class DayLine:
    """A day, or several as a page draws them; without, the total. In files it leads nowhere."""

    days: tuple[date, date] | None
    sums: Sums
    before: Sums | None = None
    calls: Address | None = None

    @property
    def label(self) -> str:
        return formatting.span(*self.days) if self.days else gettext("Total")


def days(figures: Figures) -> Table[DayLine]:
    """Every day of the period; those without calls are zero."""
    lines = [DayLine((day.date, day.date), day.sums, day.before) for day in figures.days]
    return one_page("days", _days(figures.currencies), lines, figures.now.costs)


def drawn_days(figures: Figures, calls: Address) -> DrawnTable:
    """The same as the chart has it, leading to `calls`, with as many currencies as there is room
    for."""
    return drawn_spans("days", spans(figures.days), figures, calls)


def drawn_spans(name: str, shown: Sequence[Span], figures: Figures, calls: Address) -> DrawnTable:
    """Days, weeks or months."""
    range = figures.request.range
    lines = [
        DayLine(
            (span.first, span.last),
            span.sums,
            span.before,
            calls.during_part_of(range, span.first, span.last),
        )
        for span in shown
    ]
    columns = _days(figures.shown_currencies)
    costs = [column.name for column in columns if column.kind is Kind.AMOUNT]
    order = (*FIGURES, *(costs if figures.currencies else ()), "avg_response_time")
    if all(line.before is None for line in lines):
        order = tuple(one for one in order if one != "calls_four_weeks_earlier")
    rows = Rows(lines=lines, total=DayLine(None, figures.now, calls=calls))
    return drawn(name, columns, rows, order=order)


def _days(currencies: Sequence[str]) -> Columns[DayLine]:
    heading: OnPage[DayLine] = OnPage(
        text=attrgetter("label"),
        link=_to_calls,
        note=lambda line: wording.calls_and_success(line.sums),
        is_heading=True,
    )
    earlier: OnPage[DayLine] = OnPage(phone=Phone.HIDDEN, classes="quiet", blank_in=TOTAL)
    return [
        Column("date", Kind.DAY, lambda line: line.days and line.days[0], _("Day"), heading),
        *counts(_sums, calls_of),
        Column(
            "calls_four_weeks_earlier",
            Kind.NUMBER,
            lambda line: None if line.before is None else line.before.calls,
            _("Four weeks earlier"),
            earlier,
        ),
        *costs(_sums, currencies, calls_in),
        *more_counts(_sums),
    ]


def _to_calls(line: "DayLine | CostLine") -> str:
    return str(line.calls or "")


@dataclass(frozen=True, slots=True)
class CostLine:
    """The cost of a day, several, or all of them, beside that before; None where there is none.

    A day that still runs has no difference: what is before is a whole day.
    """

    days: tuple[date, date] | None
    now: Decimal | None
    before: Decimal | None
    label: str = ""
    is_running: bool = False
    calls: Address | None = None

    @property
    def compared_with(self) -> str | None:
        """The day, in ISO 8601."""
        if self.before is None or self.days is None:
            return None
        return (self.days[0] - FOUR_WEEKS).isoformat()

    @property
    def difference(self) -> Decimal | None:
        return None if self.is_running else difference(self.now, self.before)

    @property
    def change(self) -> float | None:
        """Percent."""
        if self.difference is None:
            return None
        return percent_more(self.now or 0, self.before or 0)


def cost_trend(found: CostTrend) -> Table[CostLine]:
    """Every day beside the same weekday four weeks earlier."""
    costs = {found.currency: found.total} if found.currency else {}
    return one_page("cost", _costs(found), list(_lines(found, found.figures.days)), costs)


def drawn_cost_trend(found: CostTrend, calls: Address) -> DrawnTable:
    """The same as the chart has it, leading to `calls`; without a comparison only the costs now.
    The total is compared with the period before."""
    range = found.figures.request.range
    lines = [
        CostLine(
            (span.first, span.last),
            cost_in(span.sums, found.currency),
            cost_in(span.before, found.currency),
            formatting.span(span.first, span.last),
            span.is_running,
            calls.during_part_of(range, span.first, span.last),
        )
        for span in spans(found.figures.days)
    ]
    order: tuple[str, ...] = ("date", "cost_before", "cost", "cost_difference", "change")
    if found.total_before is None and all(line.before is None for line in lines):
        order = ("date", "cost")
    total = CostLine(None, found.total, found.total_before, _total_label(found), calls=calls)
    rows = Rows(lines=lines, total=total)
    return drawn("cost", _costs(found), rows, order=order, reads_across=True)


def _total_label(found: CostTrend) -> str:
    """Total, before: 1–28 Oct until 14:04."""
    if found.total_before is None:
        return gettext("Total")
    words = {"days": wording.days_before(found.figures.base)}
    return gettext("Total, compared with %(days)s") % words


def _lines(found: CostTrend, days: Iterable[Day]) -> Iterable[CostLine]:
    for day in days:
        now, before = (cost_in(sums, found.currency) for sums in (day.sums, day.before))
        yield CostLine((day.date, day.date), now, before, is_running=day.is_running)


def _costs(found: CostTrend) -> Columns[CostLine]:
    heading: OnPage[CostLine] = OnPage(text=attrgetter("label"), link=_to_calls, is_heading=True)
    wide: OnPage[CostLine] = OnPage(phone=Phone.HIDDEN, is_signed=True)
    last: OnPage[CostLine] = OnPage(phone=Phone.LAST, is_signed=True)
    cost, before = wording.cost_in(found.currency), _("Four weeks earlier")
    return [
        Column("date", Kind.DAY, lambda line: line.days and line.days[0], _("Day"), heading),
        Column("cost", Kind.AMOUNT, attrgetter("now"), cost, OnPage(classes=MAIN)),
        Column("cost_before", Kind.AMOUNT, attrgetter("before"), before, ON_WIDE_PAGES),
        Column("cost_difference", Kind.AMOUNT, attrgetter("difference"), _("Difference"), last),
        Column("change", Kind.PERCENT, attrgetter("change"), _("in percent"), wide, in_files=False),
        *in_currency(found.currency),
        Column("compared_with", Kind.TEXT, attrgetter("compared_with")),
    ]
