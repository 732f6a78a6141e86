"""The latest failures, as calls and not as sums."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from stats import formatting
from stats.admin import names
from stats.admin.links import Address
from stats.models import APIUsageStats, EndUser
from stats.paging import page_of
from stats.periods import local_day
from stats.reports.selection import Selection
from stats.zones import reading_zone

ROWS = 6


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed call: what it said, where, for whom and when."""

    message: str
    url: str
    endpoint: str
    user: str
    when: str


def failed_calls(selection: Selection) -> tuple[APIUsageStats, ...]:
    """The newest calls of the selection that did not succeed."""
    if selection.success:
        return ()
    failed = replace(selection, success=False).narrow(APIUsageStats.objects.all())
    by_time = not selection.range.is_all_time
    return tuple(page_of(failed, by_time=by_time, newest_first=True, cursor="", size=ROWS).calls)


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


def failures_of(selection: Selection, now: datetime, address: Address) -> list[Failure]:
    """The newest failures of a selection."""
    calls = failed_calls(selection)
    return failures(calls, names.users(call.user_id for call in calls), now, address)
