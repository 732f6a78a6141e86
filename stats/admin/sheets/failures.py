"""Kinds of errors, and failed calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from stats.admin.components import wording
from stats.admin.components.links import Address
from stats.admin.sheets.columns import ON_WIDE_PAGES, Columns, moment, one_page
from stats.core import formatting
from stats.core.periods import common, local_day, range_of_days
from stats.core.zones import reading_zone
from stats.models import APIUsageStats, EndUser
from stats.query import listing
from stats.query.failures import FailureGroup
from stats.reports.errors import Errors
from stats.reports.figures import Figures
from stats.reports.job import Job
from stats.reports.user import UserReport
from stats.tables.calls import calls_table
from stats.tables.html import MAIN, DrawnTable, Rows, drawn
from stats.tables.table import OTHERS, TOTAL, Column, Kind, OnPage, Phone, Table, Text

# Characters of a message.
SHOWN, ON_HOVER = 120, 300
# Rows of the newest failures.
NEWEST = 6


@dataclass(frozen=True, slots=True)
class Line:
    """Failures of one kind (`group`), of several, or all. In files it leads nowhere."""

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


def drawn_failures(
    found: Errors, calls: Address, all_calls: Address, most: int, now: datetime
) -> DrawnTable:
    """The first kinds, the others in one, and all failures, leading to their calls."""
    others = found.groups[most:]
    number = sum(group.failures for group in others)
    rows = Rows(
        lines=[_line(group, calls) for group in found.groups[:most]],
        others=Line(wording.others(len(others)), number) if others else None,
        total=Line(gettext("Total"), found.total.failures, calls=all_calls),
    )
    return drawn("errors", _columns(now), rows)


def _line(group: FailureGroup, calls: Address | None = None) -> Line:
    to = calls.having(failure=group.kind) if calls else None
    return Line(group.message, group.failures, group, to)


def _columns(now: datetime | None = None) -> Columns[Line]:
    """`now` is that of a page, which says how long ago."""
    zone = reading_zone()

    def day(at: datetime) -> str:
        return formatting.day(local_day(at, zone))

    def ago(at: datetime) -> str:
        return formatting.ago(at, now, zone) if now else ""

    def note(line: Line) -> str:
        if line.group is None:
            return ""
        endpoints = _first_endpoint(line)
        last_at = line.group.last_at
        last = ago(last_at) if last_at else formatting.DASH
        return f"{' '.join(filter(None, (endpoints.text, endpoints.more)))}, {last}"

    several = OTHERS | TOTAL
    heading: OnPage[Line] = OnPage(text=_message, link=_to_one, note=note, is_heading=True)
    count: OnPage[Line] = OnPage(
        phone=Phone.LAST, classes=MAIN, link=attrgetter("url"), class_of=_failure
    )
    endpoints: OnPage[Line] = OnPage(phone=Phone.HIDDEN, blank_in=several, text=_first_endpoint)
    return [
        Column("error_message", Kind.TEXT, attrgetter("label"), _("Message"), heading),
        Column("failed_calls", Kind.NUMBER, attrgetter("failures"), _("Failures"), count),
        Column("endpoints", Kind.TEXT, _failures_per_endpoint, _("Endpoint"), endpoints),
        moment("first_at", attrgetter("group.first_at"), _("First seen"), day, several),
        moment("last_at", attrgetter("group.last_at"), _("Last seen"), ago, several),
    ]


def message(text: str) -> Text:
    """An error message; a long one is cut."""
    shown = Truncator(text).chars(SHOWN) if text else gettext("no message")
    return Text(shown, hint=Truncator(text).chars(ON_HOVER), is_cut=True)


def _message(line: Line) -> Text | str:
    return message(line.label) if line.group else line.label


def _to_one(line: Line) -> str:
    return line.url if line.group else ""


def _failure(line: Line) -> str:
    return "failure" if line.group else ""


def _first_endpoint(line: Line) -> Text:
    assert line.group is not None  # noqa: S101 (blank in other rows)
    endpoint, *others = line.group.per_endpoint
    if not others:
        return Text(endpoint)
    more = ngettext("and %(count)s more", "and %(count)s more", len(others))
    return Text(endpoint, more=wording.counted(more, len(others)))


def _failures_per_endpoint(line: Line) -> str:
    counts = line.group.per_endpoint.items() if line.group else ()
    return ", ".join(f"{endpoint} ({count})" for endpoint, count in counts)


def failed_calls(found: UserReport | Job) -> Table[Any]:
    """The failed calls of one user or job."""
    selection = found.summary.figures.request.selection
    if selection.success:
        return one_page("errors", calls_table(selection).columns, [])
    return replace(calls_table(replace(selection, success=False)), name="errors")


def newest_failures(figures: Figures) -> tuple[APIUsageStats, ...]:
    """The newest failed calls of a selection."""
    days = _last_days_with_failures(figures)
    if figures.request.selection.success or not days:
        return ()
    first, last = days[-1], days[0]
    calls = sum(day.sums.calls for day in figures.days if first <= day.date <= last)
    failed = replace(figures.request.selection, success=False)
    within = common(failed.range, range_of_days(first, last, reading_zone()))
    return tuple(listing.newest(failed.during(within), NEWEST, calls))


def _last_days_with_failures(figures: Figures) -> list[date]:
    """The last days with enough failures, newest first."""
    days: list[date] = []
    missing = NEWEST
    for day in reversed(figures.days):
        if missing > 0 and day.sums.failures:
            days.append(day.date)
            missing -= day.sums.failures
    return days


def drawn_failed_calls(
    calls: Sequence[APIUsageStats], users: Mapping[int, EndUser], now: datetime, address: Address
) -> DrawnTable:
    """Failed calls, each leading to its page and from there to the list under `address`.

    `users` has their users.
    """
    zone = reading_zone()
    heading: OnPage[APIUsageStats] = OnPage(
        text=lambda call: message(call.error_message or ""),
        link=lambda call: str(address.call(call.pk)),
        is_heading=True,
    )
    when: OnPage[APIUsageStats] = OnPage(
        text=lambda call: (
            formatting.moment(call.created_at, zone, local_day(now, zone))
            if call.created_at
            else ""
        )
    )
    columns: Columns[APIUsageStats] = [
        Column("error_message", Kind.TEXT, attrgetter("error_message"), _("Message"), heading),
        Column("api_endpoint", Kind.TEXT, attrgetter("api_endpoint"), _("Endpoint"), ON_WIDE_PAGES),
        Column("user", Kind.TEXT, lambda call: users[call.user_id], _("User"), ON_WIDE_PAGES),
        Column("created_at", Kind.MOMENT, attrgetter("created_at"), _("Time"), when),
    ]
    return drawn("errors", columns, Rows(lines=calls))
