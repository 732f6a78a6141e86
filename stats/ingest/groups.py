"""The only writer of groups of users, standalone only: each holds from a day on."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from django.db import transaction
from django.utils.translation import gettext_noop

from stats.core.periods import DAY, EARLIEST
from stats.ingest import closed_months, columns
from stats.models import EndUser
from stats.models.users_and_jobs import GROUP_LENGTH, NO_END

# Of a user: groups, each with the day since which and the day until which it holds.
History = list[tuple[str, date, date]]
# The API says it in English, the admin in the reader's language.
NOT_PRINTABLE = gettext_noop("Line breaks and other control characters are not possible.")


def group(value: object) -> str:
    """The name of a group, stripped; empty for none. Raises `ValueError`."""
    name = columns.line(value, GROUP_LENGTH)
    if not name.isprintable():
        raise ValueError(NOT_PRINTABLE)
    return name


def since(value: object, today: date) -> date:
    """The local day from which a group holds, as an ISO 8601 text. Raises `ValueError`."""
    try:
        day = date.fromisoformat(value if type(value) is str else "")
    except ValueError:
        raise ValueError("A date in ISO 8601 is needed, like 2026-11-24.") from None
    return checked(day, today)


def checked(day: date, today: date) -> date:
    """The day, if a group may hold from it on. Raises `ValueError`."""
    if not EARLIEST <= day <= today:
        raise ValueError(f"The day must lie between {EARLIEST} and today, {today}; this is {day}.")
    return day


def set_group(user_id: int, name: str, since: date | None, today: date) -> list[date]:
    """Put a user into a group (empty: into none) from a local day on, in place of what was set for
    later days. None is today, unless it is their group already. The closed months of which this
    changes the lines: each gets an adjustment."""
    with transaction.atomic():
        user = EndUser.objects.select_for_update().get(pk=user_id)
        if since is None and name == user.group:
            return []
        before = _history(user)
        _keep(user, name, since or today)
        EndUser.objects.filter(pk=user_id).update(group=name)
        return closed_months.with_calls(user_id, _moved(before, _history(user)))


def _history(user: EndUser) -> History:
    return list(user.memberships.order_by("since").values_list("group", "since", "until"))


def _moved(before: History, after: History) -> Iterator[tuple[date, date]]:
    """The first and last days of the times when the group is another one."""
    changes = {day for _group, *days in (*before, *after) for day in days}
    for first, end in pairwise(sorted(changes)):
        if _group_on(first, before) != _group_on(first, after):
            yield first, end - DAY


def _group_on(day: date, history: History) -> str:
    return next((group for group, since, until in history if since <= day < until), "")


def _keep(user: EndUser, name: str, since: date) -> None:
    user.memberships.filter(since__gte=since).delete()
    user.memberships.filter(until__gt=since).update(until=since)
    # A membership that ends on this day in this group goes on.
    goes_on = name and user.memberships.filter(group=name, until=since).update(until=NO_END)
    if name and not goes_on:
        user.memberships.create(group=name, since=since)
