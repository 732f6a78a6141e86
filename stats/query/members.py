"""Who is in some groups during a range: standalone on each day, adopted today.

A condition names the users, instead of asking a table about each row: an index then leads to the
calls of these users, and to their sums.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial, reduce
from operator import and_, or_

from django.db.models import Q

from stats.core.periods import DAY, Range, end_of_day, local_day, start_of_day
from stats.core.zones import reading_zone
from stats.models import GROUPS_ARE_DATED, EndUser, Membership
from stats.models.users_and_jobs import NO_END
from stats.query.conditions import NO_GROUP
from stats.query.coverage import Days
from stats.rollups.folding import read_once
from stats.rollups.local_days import is_within

ALWAYS = date.min, NO_END
# No row lacks its user.
NOBODY = Q(user_id__isnull=True)


@dataclass(frozen=True, slots=True)
class Members:
    """`users` are in the groups on all days of the range. Others are so in spans, from a local day
    to before another. If these users are `left_out`, all others are meant, at any other time."""

    users: tuple[int, ...] = ()
    spans: tuple[tuple[date, date, tuple[int, ...]], ...] = ()
    are_left_out: bool = False

    def parts(self, days: Days) -> Iterator[tuple[Days, tuple[int, ...]]]:
        """Users, with those of the days on which they are in the groups."""
        if self.users:
            yield days, self.users
        for since, until, users in self.spans:
            first = max(since, days.first or since)
            last = min(until - DAY, days.last or until)
            if first <= last:
                yield Days(first, last), users

    def of_calls(self) -> Q:
        """The condition for calls of the range."""
        return self._condition(lambda since, until: is_within(_range(since, until)))

    def of_sums(self, column: str) -> Q:
        """The condition for rows of a rollup, with their day or month in a column."""
        return self._condition(
            lambda since, until: Q((f"{column}__gte", since), (f"{column}__lt", until))
        )

    def _condition(self, during: Callable[[date, date], Q]) -> Q:
        parts = [Q(user_id__in=self.users)] if self.users else []
        parts += [Q(user_id__in=users) & during(*days) for *days, users in self.spans]
        if self.are_left_out:
            return reduce(and_, (~one for one in parts), Q())
        return reduce(or_, parts) if parts else NOBODY


EVERYBODY = Members(are_left_out=True)


def members(groups: Collection[str], range: Range) -> Members:
    """Who is in these groups, or in none (`NO_GROUP`); everybody if no group is given."""
    if not groups:
        return EVERYBODY
    # All but those in another group are in none: a user without a row too.
    are_left_out = NO_GROUP in groups
    these = Q(group__in=groups)
    rows = read_once((members, groups), partial(_memberships, ~these if are_left_out else these))
    zone = reading_zone()
    first = local_day(range.start, zone) if range.start else date.min
    last = min(local_day(range.end, zone), NO_END - DAY) if range.end else NO_END - DAY
    whole: list[int] = []
    spans: defaultdict[tuple[date, date], list[int]] = defaultdict(list)
    for user, since, until in rows:
        if since <= first and last < until:
            whole.append(user)
        elif since <= last and first < until:
            spans[since, until].append(user)
    return Members(
        tuple(whole),
        tuple((*days, tuple(users)) for days, users in sorted(spans.items())),
        are_left_out,
    )


def _memberships(these: Q) -> list[tuple[int, date, date]]:
    """Users, each with the first day in a group and the first one no more in it."""
    if GROUPS_ARE_DATED:
        rows = Membership.objects.filter(these).order_by("user_id")
        return list(rows.values_list("user_id", "since", "until"))
    users = EndUser._default_manager.filter(these).order_by("pk").values_list("pk", flat=True)
    return [(user, *ALWAYS) for user in users]


def _range(since: date, until: date) -> Range:
    zone = reading_zone()
    end = None if until == NO_END else end_of_day(until - DAY, zone)
    return Range(start_of_day(since, zone), end)
