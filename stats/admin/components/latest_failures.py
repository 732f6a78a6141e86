"""The latest failures, as calls and not as sums."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from stats.admin.components import names
from stats.admin.components.links import Address
from stats.core import formatting
from stats.core.periods import common, local_day, range_of_days
from stats.core.zones import reading_zone
from stats.models import APIUsageStats, EndUser
from stats.query import listing
from stats.reports.figures import Figures

ROWS = 6


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed call: what it said, where, for whom and when."""

    message: str
    url: str
    endpoint: str
    user: str
    when: str


def failed_calls(figures: Figures) -> tuple[APIUsageStats, ...]:
    """The newest calls of a page's selection that did not succeed."""
    days = _last_days_with_failures(figures)
    if figures.request.selection.success or not days:
        return ()
    first, last = days[-1], days[0]
    calls = sum(day.sums.calls for day in figures.days if first <= day.date <= last)
    failed = replace(figures.request.selection, success=False)
    within = common(failed.range, range_of_days(first, last, reading_zone()))
    return tuple(listing.newest(failed.during(within), ROWS, calls))


def _last_days_with_failures(figures: Figures) -> list[date]:
    """The last ones, newest first, that have as many failures as are shown."""
    days: list[date] = []
    missing = ROWS
    for day in reversed(figures.days):
        if missing > 0 and day.sums.failures:
            days.append(day.date)
            missing -= day.sums.failures
    return days


def failures(
    calls: Sequence[APIUsageStats],
    people: Mapping[int, EndUser],
    now: datetime,
    address: Address,
) -> list[Failure]:
    """The rows of `calls`, whose users are among `people`; from a call one comes to the calls under
    the filters of `address`."""
    today = local_day(now, reading_zone())
    return [
        Failure(
            call.error_message or "",
            str(address.call(call.pk)),
            call.api_endpoint,
            str(people[call.user_id]),
            formatting.moment(call.created_at, reading_zone(), today) if call.created_at else "",
        )
        for call in calls
    ]


def failures_of(figures: Figures, now: datetime, address: Address) -> list[Failure]:
    """The newest failures of a page's selection."""
    calls = failed_calls(figures)
    return failures(calls, names.users(call.user_id for call in calls), now, address)
