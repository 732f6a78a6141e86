"""Who was in which group when, for questions over days: standalone, groups are kept with dates."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Q

from stats.core.periods import DAY, Range, last_of_month, local_day
from stats.core.zones import reading_zone
from stats.models import Membership
from stats.models.users_and_jobs import NO_END
from stats.query.coverage import Days
from stats.query.selection import Selection


@dataclass(frozen=True, slots=True)
class CutMonths:
    """Months within which users changed their group: the condition for rows of these months, and
    the one for rows of their days."""

    months: Q
    days: Q


def cut_months(selection: Selection, days: Days) -> CutMonths | None:
    """Such months within `days`, of the users of a selection; None without any."""
    users: defaultdict[date, set[int]] = defaultdict(set)
    for user, day in _changes(selection, days):
        if day.day > 1:
            users[day.replace(day=1)].add(user)
    if not users:
        return None
    cut = sorted((month, sorted(some)) for month, some in users.items())
    of_month = [Q(month=month, user_id__in=some) for month, some in cut]
    of_days = [Q(day__range=(month, last_of_month(month)), user_id__in=some) for month, some in cut]
    return CutMonths(reduce(or_, of_month), reduce(or_, of_days))


def _changes(selection: Selection, days: Days) -> Iterator[tuple[int, date]]:
    """The users, and the days on which they are in another group than the day before."""
    bounds = days.first or date.min, days.last or NO_END - DAY
    memberships = Membership.objects.filter(Q(since__range=bounds) | Q(until__range=bounds))
    if selection.user_ids:
        memberships = memberships.filter(user_id__in=selection.user_ids)
    for user, *its_days in memberships.values_list("user_id", "since", "until"):
        yield from ((user, day) for day in its_days if bounds[0] <= day <= bounds[1])


def memberships_during(range: Range) -> dict[int, list[Membership]]:
    """Those that hold on a local day that the range touches, per user in the order of time."""
    zone = reading_zone()
    first = local_day(range.start, zone) if range.start else date.min
    last = local_day(range.end, zone) if range.end else date.max
    found: defaultdict[int, list[Membership]] = defaultdict(list)
    for one in Membership.objects.filter(since__lte=last, until__gt=first).order_by("since"):
        found[one.user_id].append(one)
    return found


def is_whole(memberships: list[Membership], range: Range) -> bool:
    """True if one membership holds on all days of the range."""
    zone, (one, *others) = reading_zone(), memberships
    begins = range.start is not None and one.since <= local_day(range.start, zone)
    ends = one.until == NO_END or (range.end is not None and local_day(range.end, zone) < one.until)
    return begins and ends and not others
