"""The users of a leaderboard by their group of today."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from stats.models import EndUser
from stats.query.conditions import NO_GROUP
from stats.query.sums import Sums, together
from stats.reports.ranking import Ranking, ranking


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups, ranked as their users are, and the number of users with calls in each."""

    ranking: Ranking[str, Sums]
    members: Mapping[str, int]


def groups_of(users: Ranking[int, Sums]) -> Groups:
    """The groups of all ranked users, if USER_GROUP_COLUMN names a column."""
    found = EndUser._default_manager.in_bulk([row.key for row in users.rows])
    return by_group(
        users, {pk: getattr(user, "group", None) or NO_GROUP for pk, user in found.items()}
    )


def by_group(users: Ranking[int, Sums], group_of: Mapping[int, str]) -> Groups:
    """The same, given the group of each user; the others are in `NO_GROUP`."""
    now: defaultdict[str, list[Sums]] = defaultdict(list)
    before: defaultdict[str, list[Sums]] = defaultdict(list)
    for row in users.rows:
        group = group_of.get(row.key, NO_GROUP)
        if not row.is_gone:
            now[group].append(row.sums)
        if row.before is not None:
            before[group].append(row.before)
    return Groups(
        ranking(
            Sums,
            {group: together(sums, Sums) for group, sums in now.items()},
            {group: together(sums, Sums) for group, sums in before.items()}
            if users.is_compared
            else None,
            users.measure,
        ),
        Counter({group: len(sums) for group, sums in now.items()}),
    )
