"""Rows of rollups whose key begins with day (or month) and user: looked up one by one if they are
few, instead of reading all users of the days."""

from collections.abc import Iterator
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Q

from stats.core.periods import DAY
from stats.query.coverage import Days
from stats.query.members import Members

# MariaDB looks up no more: it would read all users of each day.
MOST_LOOKED_UP = 30_000


def on_days(days: Days, column: str, members: Members, users: int, known: Days) -> Q:
    """The condition for rows of these days and members, with their day or month in `column`.

    A filter names so many `users` (0: there is none). `known` are the days that have sums.
    """
    everything = days.condition(column) & members.of_sums(column)
    if users:
        named = _named(days, column, known)
        if len(named) * users >= MOST_LOOKED_UP:
            return everything
        return _looked_up(days, column, named) & members.of_sums(column)
    if members.are_left_out:
        return everything
    parts = [(some, _named(some, column, known), ids) for some, ids in members.parts(days)]
    if not parts or sum(len(named) * len(ids) for _some, named, ids in parts) >= MOST_LOOKED_UP:
        return everything
    conditions = (
        _looked_up(some, column, named) & Q(user_id__in=ids) for some, named, ids in parts
    )
    return reduce(or_, conditions)


def _named(days: Days, column: str, known: Days) -> list[date]:
    """The days, or first days of months, that have sums."""
    if known.first is None or known.last is None:
        return []
    is_by_month = column == "month"
    start = known.first.replace(day=1) if is_by_month else known.first
    first, last = max(start, days.first or start), min(known.last, days.last or known.last)
    every_day = (first + n * DAY for n in range((last - first).days + 1))
    return [day for day in every_day if day.day == 1 or not is_by_month]


def _looked_up(days: Days, column: str, named: list[date]) -> Q:
    """The condition for the rows of `days`, of which these are named. Beyond them it stays a range,
    since sums may be added."""
    if not named:
        return days.condition(column)
    return reduce(or_, _beyond(days, column, named), Q((f"{column}__in", named)))


def _beyond(days: Days, column: str, named: list[date]) -> Iterator[Q]:
    if days.last is None or days.last > named[-1]:
        yield Days(named[-1] + DAY, days.last).condition(column)
    if days.first is None or days.first < named[0]:
        # All days include the calls without a time.
        is_of_all = days.first is None and days.last is None
        before = Days(days.first, named[0] - DAY).condition(column)
        yield Q((f"{column}__lt", named[0])) if is_of_all else before
