"""The tables of a statement: its sums, groups, users, lines and adjustments."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.core import formatting
from stats.models import ClosedLine
from stats.query.filters import group_value
from stats.query.sums import Sums, currencies_of, together
from stats.reports.closings import sums_of_row, unknown_cost
from stats.reports.statements import Statement
from stats.tables import closed_lines, wording
from stats.tables.closed_lines import LineFigures
from stats.tables.columns import ON_WIDE_PAGES, Columns, costs, one_page
from stats.tables.table import Column, Kind, OnPage, Table


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines together: what they are of, and the statement of it."""

    key: Any
    name: str
    address: str
    sums: Sums


def sums(found: Statement) -> Table[Part]:
    """The lines, the adjustments to earlier months, and both together."""
    name = _("This month") if found.is_month else _("These days")
    rows = [Part("lines", name, "", found.total)]
    if found.adjustments:
        rows += [
            Part("adjustments", _("Adjustments to earlier months"), "", found.adjusted),
            Part("sum", _("Both together"), "", found.sum),
        ]
    return _parts("sums", rows, gettext_lazy("Sum"))


def groups(found: Statement) -> Table[Part]:
    """By name; users without a group are a line too, the last."""

    def key(line: ClosedLine) -> str:
        return line.group or ""

    by_name = sorted(_together(found.lines, key), key=lambda pair: (not pair[0], pair[0]))
    rows = [
        Part(group, wording.group(group), _address(found, group=group_value(group)), sums)
        for group, sums in by_name
    ]
    return _parts("groups", rows, gettext_lazy("Group"))


def users(found: Statement) -> Table[Part]:
    """By user."""
    names = {line.user_id: closed_lines.user_of(line) for line in found.lines}
    rows = [
        Part(user_id, names[user_id], _address(found, user_id=str(user_id)), sums)
        for user_id, sums in _together(found.lines, attrgetter("user_id"))
    ]
    return _parts("users", rows, gettext_lazy("User"))


def lines(found: Statement) -> Table[LineFigures]:
    """By user and endpoint."""
    return closed_lines.lines_table("lines", found.lines)


def adjustments(found: Statement) -> Table[LineFigures]:
    """To earlier months, as they were found."""
    month: Column[LineFigures] = Column(
        "month",
        Kind.TEXT,
        lambda row: f"{row.line.entry.month:%Y-%m}",
        gettext_lazy("Month"),
        OnPage(text=lambda row: formatting.month(row.line.entry.month, with_year=True)),
    )
    return closed_lines.lines_table(
        "adjustments", found.adjustments, month, closed_lines.found_at()
    )


def _address(found: Statement, **whose: str) -> str:
    if not found.is_month:
        return ""
    path = reverse("admin:reports_statement", args=[f"{found.first:%Y-%m}"])
    return f"{path}?{urlencode(whose)}"


def _together(
    found: Iterable[ClosedLine], key: Callable[[ClosedLine], Hashable]
) -> list[tuple[Any, Sums]]:
    """The sums by key, in the order of their first lines."""
    by_key: dict[Hashable, list[Sums]] = {}
    for line in found:
        by_key.setdefault(key(line), []).append(sums_of_row(line))
    return [(one, together(all_sums, Sums)) for one, all_sums in by_key.items()]


def _parts(name: str, rows: Sequence[Part], label: Any) -> Table[Part]:
    heading: OnPage[Part] = OnPage(is_heading=True, link=attrgetter("address"))
    columns: Columns[Part] = [
        Column("id", Kind.TEXT, lambda part: str(part.key)),
        Column("name", Kind.TEXT, attrgetter("name"), label, heading),
        *figures(attrgetter("sums"), [row.sums for row in rows]),
    ]
    return one_page(name, columns, rows)


def figures(read: Callable[[Any], Sums], all_sums: Sequence[Sums]) -> Columns[Any]:
    """What is counted, and the costs in the currencies of all these sums."""

    def number(name: str, value: Callable[[Sums], int], label: Any) -> Column[Any]:
        return Column(name, Kind.NUMBER, lambda item: value(read(item)), label, ON_WIDE_PAGES)

    return [
        number("total_calls", attrgetter("calls"), gettext_lazy("Calls")),
        number("failed_calls", attrgetter("failures"), gettext_lazy("Failures")),
        Column(
            "total_tokens",
            Kind.TOKENS,
            lambda item: read(item).total_tokens,
            gettext_lazy("Tokens"),
            ON_WIDE_PAGES,
        ),
        number(
            "unknown_cost_calls",
            lambda sums: unknown_cost(sums).calls,
            gettext_lazy("Cost not known"),
        ),
        *costs(read, currencies_of(all_sums)),
    ]
