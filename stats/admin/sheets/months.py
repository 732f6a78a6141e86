"""Month by month."""

from dataclasses import dataclass
from operator import attrgetter

from django.utils.translation import gettext_lazy as _

from stats.admin.components.links import Address
from stats.admin.sheets.columns import (
    Columns,
    calls_in,
    calls_of,
    costs,
    counts,
    more_counts,
    one_page,
)
from stats.admin.sheets.days import DayLine
from stats.reports.figures import Figures
from stats.reports.spans import Span, months
from stats.tables.html import DrawnTable, Rows, drawn
from stats.tables.table import Column, Kind, OnPage, Table

_sums = attrgetter("sums")


@dataclass(frozen=True, slots=True)
class Line(DayLine):
    """The days of a month that are in the period; without days, the total."""

    month: Address | None = None


def months_of(figures: Figures) -> Table[Line]:
    """Every month of the period, the first and the last perhaps in part."""
    lines = [Line((span.first, span.last), span.sums) for span in months(figures.days)]
    return one_page("months", _columns(figures.currencies), lines, figures.now.costs)


def drawn_months(figures: Figures, page: Address) -> DrawnTable:
    """Each leading to its days at `page`, its numbers to their calls."""

    def line(span: Span) -> Line:
        month = page.during_part_of(figures.request.range, span.first, span.last)
        return Line((span.first, span.last), span.sums, calls=month.calls, month=month)

    lines = [line(span) for span in months(figures.days)]
    total = Line(None, figures.now, calls=page.calls)
    return drawn("months", _columns(figures.shown_currencies), Rows(lines=lines, total=total))


def _columns(currencies: list[str]) -> Columns[Line]:
    heading: OnPage[Line] = OnPage(
        text=attrgetter("label"), link=lambda line: str(line.month or ""), is_heading=True
    )
    return [
        Column("month", Kind.DAY, lambda line: line.days and line.days[0], _("Month"), heading),
        Column("last_date", Kind.DAY, lambda line: line.days and line.days[1]),
        *counts(_sums, calls_of),
        *costs(_sums, currencies, calls_in),
        *more_counts(_sums),
    ]
