"""Lines of closings, adjustments and statements, with their columns."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.core import formatting
from stats.models import HAS_GROUPS, ClosedLine
from stats.query.sums import Sums
from stats.reports.closings import sums_of_row
from stats.tables import wording
from stats.tables.columns import ON_WIDE_PAGES, Columns, moment, one_page, written
from stats.tables.html import MAIN
from stats.tables.table import Column, Kind, OnPage, Phone, Table

# Calls of unknown cost by kind.
UNKNOWN = {
    "unpriced_calls": gettext_lazy("Unpriced"),
    "rounded_away_calls": gettext_lazy("Rounded to zero"),
    "no_usage_calls": gettext_lazy("Without usage"),
}


@dataclass(frozen=True, slots=True)
class LineFigures:
    """A line of an entry, and its sums."""

    line: ClosedLine
    sums: Sums


def number(name: str, label: Any, read: Callable[[Any], int]) -> Column[Any]:
    """A count, on wide pages."""
    return Column(name, Kind.NUMBER, read, label, ON_WIDE_PAGES)


def found_at() -> Column[LineFigures]:
    """When a verification found what a line adjusts."""
    return moment("found_at", attrgetter("line.entry.at"), gettext_lazy("Found"), written)


def lines_table(
    name: str, lines: Iterable[ClosedLine], *first: Column[LineFigures]
) -> Table[LineFigures]:
    """Lines by user and endpoint, after columns of one's own."""
    rows = [LineFigures(line, sums_of_row(line)) for line in lines]
    # On a page where a line has one.
    has_groups = any(row.line.group for row in rows)

    def note(row: LineFigures) -> str:
        """A phone has no columns of these."""
        return formatting.listed([*([_group_of(row)] if has_groups else []), row.line.endpoint])

    user: OnPage[LineFigures] = OnPage(
        is_heading=True, text=lambda row: user_of(row.line), note=note
    )
    columns: Columns[LineFigures] = [
        *first,
        Column("user_id", Kind.ID, attrgetter("line.user_id")),
        Column("name", Kind.TEXT, attrgetter("line.user_name"), gettext_lazy("User"), user),
        *_group(gettext_lazy("Group") if has_groups else ""),
        Column(
            "api_endpoint",
            Kind.TEXT,
            attrgetter("line.endpoint"),
            gettext_lazy("Endpoint"),
            replace(ON_WIDE_PAGES, classes="break-words"),
        ),
        *counts(dict.fromkeys(UNKNOWN, "")),
        Column(
            "currency",
            Kind.TEXT,
            attrgetter("line.currency"),
            gettext_lazy("Currency"),
            ON_WIDE_PAGES,
        ),
        Column(
            "total_cost",
            Kind.AMOUNT,
            attrgetter("sums.cost"),
            gettext_lazy("Cost"),
            OnPage(phone=Phone.LAST, classes=MAIN, note=attrgetter("line.currency")),
        ),
    ]
    return one_page(name, columns, rows)


def _group(label: Any) -> Columns[LineFigures]:
    """Of a ledger that has groups."""
    if not HAS_GROUPS:
        return []
    page: OnPage[LineFigures] = OnPage(phone=Phone.HIDDEN, text=_group_of)
    return [Column("group", Kind.TEXT, attrgetter("line.group"), label, page)]


def _group_of(row: LineFigures) -> str:
    return wording.group(row.line.group)


def user_of(line: ClosedLine) -> str:
    """What the user of a line is called."""
    return line.user_name or _("user %(id)s") % {"id": line.user_id}


def counts(unknown: Mapping[str, Any]) -> Columns[Any]:
    """What is counted, of rows that have `sums`; all may be negative. `unknown` are the labels of
    calls of unknown cost by kind."""

    def tokens(name: str, label: Any = "") -> Column[Any]:
        return Column(name, Kind.TOKENS, attrgetter(f"sums.{name}"), label, ON_WIDE_PAGES)

    return [
        number("total_calls", gettext_lazy("Calls"), attrgetter("sums.calls")),
        number("failed_calls", gettext_lazy("Failures"), attrgetter("sums.failures")),
        tokens("total_tokens", gettext_lazy("Tokens")),
        tokens("prompt_tokens"),
        tokens("completion_tokens"),
        *(number(name, label, attrgetter(f"sums.{name}")) for name, label in unknown.items()),
    ]
