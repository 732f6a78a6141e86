"""Kinds of errors, and failed calls."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from stats.admin.components import wording
from stats.admin.components.links import Address
from stats.admin.components.tables import Line, Links, RankingTable
from stats.admin.sheets.columns import ON_WIDE_PAGES, Columns, compared_with, moment, one_page
from stats.admin.sheets.rankings import changes
from stats.core import formatting
from stats.core.periods import common, local_day, range_of_days
from stats.core.zones import reading_zone
from stats.models import APIUsageStats, EndUser
from stats.query import listing
from stats.query.failures import FailureGroup
from stats.reports.endpoint import Endpoint
from stats.reports.errors import ErrorKind, Errors, Kinds
from stats.reports.figures import Figures
from stats.reports.job import Job
from stats.reports.user import UserReport
from stats.tables.calls import calls_table
from stats.tables.html import MAIN, DrawnTable, Rows, drawn
from stats.tables.table import OTHERS, TOTAL, Column, Kind, OnPage, Phone, RowKind, Table, Text

# Characters of a message.
SHOWN, ON_HOVER = 120, 300
# Rows of the newest failures.
NEWEST = 6


def errors_table(
    found: Errors, errors: Address | None = None, now: datetime | None = None
) -> RankingTable:
    """Kinds of errors, each leading from its message to its `errors`, or from there to its calls,
    and from its number to its calls. `now` is that of a page, which says how long ago."""
    kinds = found.kinds
    calls = errors and errors.calls
    links = None
    if errors and calls:
        own = calls if found.is_of_one_kind else errors
        links = Links(_failures_of(kinds, own), _failures_of(kinds, calls))
    return RankingTable(
        name="errors",
        ranking=kinds.ranking,
        label=attrgetter("message"),
        links=links,
        columns=_columns(found, now),
        order=(),
        total=gettext("Total"),
        calls=calls and _all_failures(calls),
    )


def failure_groups(found: Errors) -> Table[Line]:
    return replace(errors_table(found).in_full(), costs=found.total.failed_costs)


def _failures_of(kinds: Kinds, page: Address) -> Callable[[ErrorKind], Address | None]:
    """One that was there only in the period before leads nowhere."""
    return lambda kind: page.having(failure=kind.fingerprint) if kind in kinds.groups else None


def _all_failures(calls: Address) -> Address:
    """The failures of the kind asked for, else of every kind."""
    is_of_one_kind = any(name == "failure" for name, _value in calls.pairs)
    return calls if is_of_one_kind else calls.having(success="false")


def _columns(found: Errors, now: datetime | None = None) -> Columns[Line]:
    zone = reading_zone()

    def group(line: Line) -> FailureGroup | None:
        return found.kinds.groups.get(line.row.key)

    def day(at: datetime) -> str:
        return formatting.day(local_day(at, zone))

    def ago(at: datetime) -> str:
        return formatting.ago(at, now) if now else ""

    def note(line: Line) -> str:
        one = group(line)
        if one is None:
            return ""
        endpoints = _first_endpoint(one)
        last = ago(one.last_at) if one.last_at else formatting.DASH
        return formatting.listed((" ".join(filter(None, (endpoints.text, endpoints.more))), last))

    def endpoint(line: Line) -> Text | str:
        one = group(line)
        return _first_endpoint(one) if one else formatting.DASH

    def moments(name: str) -> Callable[[Line], datetime | None]:
        return lambda line: getattr(group(line), name, None)

    several = OTHERS | TOTAL
    heading: OnPage[Line] = OnPage(
        text=_message, link=attrgetter("url"), note=note, is_heading=True
    )
    count: OnPage[Line] = OnPage(
        phone=Phone.LAST,
        classes=MAIN,
        link=attrgetter("calls_url"),
        class_of=lambda line: "failure" if group(line) else "",
    )
    endpoints: OnPage[Line] = OnPage(phone=Phone.HIDDEN, blank_in=several, text=endpoint)
    return [
        Column("error_message", Kind.TEXT, attrgetter("label"), _("Message"), heading),
        Column("failed_calls", Kind.NUMBER, attrgetter("sums.failures"), _("Failures"), count),
        *changes(found.kinds.ranking, found.base),
        Column(
            "endpoints",
            Kind.TEXT,
            lambda line: _failures_per_endpoint(group(line)),
            _("Endpoint"),
            endpoints,
        ),
        moment("first_at", moments("first_at"), _("First seen"), day, several),
        moment("last_at", moments("last_at"), _("Last seen"), ago, several),
        *compared_with(found.base),
    ]


def message(text: str) -> Text:
    """An error message; a long one is cut."""
    shown = Truncator(text).chars(SHOWN) if text else gettext("no message")
    return Text(shown, hint=Truncator(text).chars(ON_HOVER), is_cut=True)


def _message(line: Line) -> Text | str:
    return message(line.label) if line.part is RowKind.ROW else line.label


def _first_endpoint(group: FailureGroup) -> Text:
    endpoint, *others = group.per_endpoint
    if not others:
        return Text(endpoint)
    more = ngettext("and %(count)s more", "and %(count)s more", len(others))
    return Text(endpoint, more=wording.counted(more, len(others)))


def _failures_per_endpoint(group: FailureGroup | None) -> str:
    counts = group.per_endpoint.items() if group else ()
    return ", ".join(f"{endpoint} ({count})" for endpoint, count in counts)


def failed_calls(found: UserReport | Job | Endpoint) -> Table[Any]:
    """The failed calls of one user, job or endpoint."""
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
    heading: OnPage[APIUsageStats] = OnPage(
        text=lambda call: message(call.error_message or ""),
        link=lambda call: str(address.call(call.pk)),
        is_heading=True,
    )
    when: OnPage[APIUsageStats] = OnPage(
        text=lambda call: formatting.moment(call.created_at, now) if call.created_at else ""
    )
    columns: Columns[APIUsageStats] = [
        Column("error_message", Kind.TEXT, attrgetter("error_message"), _("Message"), heading),
        Column("api_endpoint", Kind.TEXT, attrgetter("api_endpoint"), _("Endpoint"), ON_WIDE_PAGES),
        Column("user", Kind.TEXT, lambda call: users[call.user_id], _("User"), ON_WIDE_PAGES),
        Column("created_at", Kind.MOMENT, attrgetter("created_at"), _("Time"), when),
    ]
    return drawn("errors", columns, Rows(lines=calls))
