"""Users or groups beside each other, a row each."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from django.utils.translation import gettext_lazy as _

from stats.admin.components import wording
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
from stats.query import names
from stats.query.filters import group_value
from stats.query.sums import Sums
from stats.reports.compare import Comparison, Subject
from stats.tables.html import DrawnTable, Rows, drawn
from stats.tables.table import Column, Kind, OnPage, Table

_sums = attrgetter("sums")


@dataclass(frozen=True, slots=True)
class Line:
    """A user or a group. In files it leads nowhere."""

    key: Subject
    name: str
    sums: Sums
    page: Address | None = None
    calls: Address | None = None


def labels(found: Comparison) -> dict[Subject, str]:
    """What each is called."""
    users = names.users(key for key in found.figures if isinstance(key, int))
    return {
        key: str(users[key]) if isinstance(key, int) else wording.group(key)
        for key in found.figures
    }


def own(key: Subject, page: Address) -> Address:
    """`page` with this one alone."""
    if isinstance(key, int):
        return page.without("user_id").having(user_id=key)
    return page.without("group").having(group=group_value(key))


def compared(found: Comparison) -> Table[Line]:
    named = labels(found)
    lines = [Line(key, named[key], of.now) for key, of in found.figures.items()]
    return one_page("compared", _columns(found), lines)


def drawn_compared(found: Comparison, page: Address) -> DrawnTable:
    """Each leading to its own page, its numbers to their calls."""
    named = labels(found)

    def line(key: Subject) -> Line:
        alone = own(key, page)
        to = alone.at("reports_daily")
        if isinstance(key, int):
            to = page.at("reports_user", key).without("user_id")
        return Line(key, named[key], found.figures[key].now, to, alone.calls)

    lines = [line(key) for key in found.figures]
    return drawn("compared", _columns(found), Rows(lines=lines))


def _columns(found: Comparison) -> Columns[Line]:
    heading: OnPage[Line] = OnPage(
        text=attrgetter("name"),
        link=lambda line: str(line.page or ""),
        note=lambda line: wording.calls_and_success(line.sums),
        is_heading=True,
    )
    return [
        Column("user_id", Kind.ID, _of(int)),
        Column("group", Kind.TEXT, _of(str)),
        Column("name", Kind.TEXT, attrgetter("name"), _("Name"), heading),
        *counts(_sums, calls_of),
        *costs(_sums, found.currencies, calls_in),
        *more_counts(_sums),
    ]


def _of(kind: type) -> Callable[[Line], Subject | None]:
    return lambda line: line.key if isinstance(line.key, kind) else None
