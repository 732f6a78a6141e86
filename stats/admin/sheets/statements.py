"""The months that have statements, and how a statement's amounts stand on its page."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from stats.admin.sheets import closings
from stats.admin.sheets.columns import ON_WIDE_PAGES, Columns, one_page
from stats.core import formatting
from stats.reports.closings import Month
from stats.tables.statements import figures
from stats.tables.table import Column, Kind, Table


def months(found: Sequence[Month]) -> Table[Month]:
    """Each leads to the statement of everybody."""

    def page_of(month: Month) -> str:
        return reverse("admin:reports_statement", args=[f"{month.month:%Y-%m}"])

    columns: Columns[Month] = [
        closings.month_column(page_of),
        Column("state", Kind.TEXT, closings.state, gettext_lazy("State"), ON_WIDE_PAGES),
        *figures(attrgetter("known"), [one.known for one in found]),
    ]
    return one_page("months", columns, found)


def in_full(table: Table[Any]) -> Table[Any]:
    """The table with all decimals on the page, so that what is printed adds up."""
    columns = [
        replace(column, page=replace(column.page, text=_in_full(column.read)))
        if column.kind is Kind.AMOUNT
        else column
        for column in table.columns
    ]
    return replace(table, columns=columns)


def _in_full(read: Callable[[Any], Decimal]) -> Callable[[Any], str]:
    return lambda item: formatting.decimal(read(item), 4)
