"""What failed: kinds of errors, and the calls themselves."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from stats.admin.components.latest_failures import Failure
from stats.admin.components.links import Address
from stats.admin.sheets.columns import ON_WIDE_PAGES, Columns, one_page
from stats.core import formatting
from stats.core.periods import local_day
from stats.core.zones import reading_zone
from stats.query.failures import FailureGroup
from stats.reports.errors import Errors
from stats.reports.job import Job
from stats.reports.user import UserReport
from stats.tables.calls import calls_table
from stats.tables.html import MAIN, DrawnTable, Rows, drawn
from stats.tables.table import (
    OTHERS,
    TOTAL,
    Column,
    Kind,
    OnPage,
    Phone,
    RowKind,
    Table,
    Text,
    local_time,
)

SHOWN, ON_HOVER = 120, 300


@dataclass(frozen=True, slots=True)
class Line:
    """Failures of one kind, of several, or all. In files it leads nowhere."""

    part: RowKind
    label: str
    failures: int
    group: FailureGroup | None = None
    calls: Address | None = None

    @property
    def url(self) -> str:
        return str(self.calls or "")


def failure_groups(found: Errors) -> Table[Line]:
    lines = [_line(group) for group in found.groups]
    return one_page("errors", _columns(), lines, found.total.failed_costs)


def failure_lines(found: Errors, calls: Address, all_calls: Address, most: int) -> Rows[Line]:
    """The first kinds, the others in one, and all failures, leading to their calls."""
    others = found.groups[most:]
    return Rows(
        lines=[_line(group, calls) for group in found.groups[:most]],
        others=_others(others) if others else None,
        total=Line(RowKind.TOTAL, gettext("Total"), found.total.failures, calls=all_calls),
    )


def drawn_failures(rows: Rows[Line], now: datetime) -> DrawnTable:
    return drawn("errors", _columns(now), rows)


def _line(group: FailureGroup, calls: Address | None = None) -> Line:
    to = calls.having(failure=group.kind) if calls else None
    return Line(RowKind.ROW, group.message, group.failures, group, to)


def _others(groups: Sequence[FailureGroup]) -> Line:
    label = ngettext("%(count)s other", "%(count)s others", len(groups))
    count = formatting.number(len(groups))
    return Line(RowKind.OTHERS, label % {"count": count}, sum(group.failures for group in groups))


def _columns(now: datetime | None = None) -> Columns[Line]:
    """`now` is that of a page, which tells how long ago."""

    def last(line: Line) -> str:
        moment = line.group and line.group.last_at
        return formatting.ago(moment, now, reading_zone()) if moment and now else formatting.DASH

    def note(line: Line) -> str:
        if line.group is None:
            return ""
        endpoints = _first_endpoint(line)
        return f"{' '.join(filter(None, (endpoints.text, endpoints.more)))}, {last(line)}"

    several = OTHERS | TOTAL
    wide: OnPage[Line] = OnPage(phone=Phone.HIDDEN, blank_in=several)
    return [
        Column(
            "error_message",
            Kind.TEXT,
            attrgetter("label"),
            _("Message"),
            OnPage(text=_message, link=_to_one, note=note, is_heading=True),
        ),
        Column(
            "failed_calls",
            Kind.NUMBER,
            attrgetter("failures"),
            _("Failures"),
            OnPage(phone=Phone.LAST, looks=MAIN, link=attrgetter("url"), look=_failure),
        ),
        Column(
            "endpoints",
            Kind.TEXT,
            _failures_per_endpoint,
            _("Endpoint"),
            replace(wide, text=_first_endpoint),
        ),
        Column(
            "first_at",
            Kind.MOMENT,
            lambda line: line.group and local_time(line.group.first_at),
            _("First seen"),
            replace(wide, text=_first_seen),
        ),
        Column(
            "last_at",
            Kind.MOMENT,
            lambda line: line.group and local_time(line.group.last_at),
            _("Last seen"),
            replace(wide, text=last),
        ),
    ]


def message(text: str) -> Text:
    """A message, cut where it is long."""
    shown = Truncator(text).chars(SHOWN) if text else gettext("no message")
    return Text(shown, hint=Truncator(text).chars(ON_HOVER), is_cut=True)


def _message(line: Line) -> Text | str:
    return message(line.label) if line.part is RowKind.ROW else line.label


def _to_one(line: Line) -> str:
    return line.url if line.part is RowKind.ROW else ""


def _failure(line: Line) -> str:
    return "failure" if line.part is RowKind.ROW else ""


def _first_endpoint(line: Line) -> Text:
    assert line.group is not None  # noqa: S101 (blank in other rows)
    endpoint, *others = line.group.per_endpoint
    if not others:
        return Text(endpoint)
    more = ngettext("and %(count)s more", "and %(count)s more", len(others))
    return Text(endpoint, more=more % {"count": formatting.number(len(others))})


def _first_seen(line: Line) -> str:
    moment = line.group and line.group.first_at
    return formatting.day(local_day(moment, reading_zone())) if moment else formatting.DASH


def _failures_per_endpoint(line: Line) -> str:
    counts = line.group.per_endpoint.items() if line.group else ()
    return ", ".join(f"{endpoint} ({count})" for endpoint, count in counts)


def failed_calls(found: UserReport | Job) -> Table[Any]:
    """The calls themselves, of one user or job."""
    selection = found.summary.figures.request.selection
    if selection.success:
        return one_page("errors", calls_table(selection).columns, [])
    return replace(calls_table(replace(selection, success=False)), name="errors")


def drawn_failed_calls(failures: Sequence[Failure]) -> DrawnTable:
    """The newest few, which lead to the calls."""
    heading: OnPage[Failure] = OnPage(
        text=lambda failure: message(failure.message), link=attrgetter("url"), is_heading=True
    )
    columns: Columns[Failure] = [
        Column("error_message", Kind.TEXT, attrgetter("message"), _("Message"), heading),
        Column("api_endpoint", Kind.TEXT, attrgetter("endpoint"), _("Endpoint"), ON_WIDE_PAGES),
        Column("user", Kind.TEXT, attrgetter("user"), _("User"), ON_WIDE_PAGES),
        Column(
            "created_at",
            Kind.MOMENT,
            attrgetter("when"),
            _("Time"),
            OnPage(text=attrgetter("when")),
        ),
    ]
    return drawn("errors", columns, Rows(lines=failures))
