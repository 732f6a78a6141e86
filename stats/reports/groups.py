"""Users by their groups: standalone those of the days of their calls, adopted that of today."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from stats.models import GROUPS_ARE_DATED, EndUser, Membership
from stats.query import engine
from stats.query.conditions import NO_GROUP
from stats.query.memberships import is_whole, memberships_during
from stats.query.selection import Selection
from stats.query.sums import Sums, together
from stats.reports.leaderboard import Leaderboard
from stats.reports.ranking import Measure, Ranking, ranking

# Between the groups that a user had one after the other.
THEN = " → "
# So many users who changed their group are asked for by their numbers.
FEW = 200
# The sums of each user in each of their groups.
UsersInGroups = Mapping[tuple[int, str], Sums]


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups, ranked as their users are, and the number of users with calls in each."""

    ranking: Ranking[str, Sums]
    members: Mapping[str, int]


def groups_of(found: Leaderboard[int]) -> Groups:
    """The groups of all ranked users."""
    return groups_of_users(found.ranking, found.selection, found.before)


def groups_of_users(
    users: Ranking[int, Sums], selection: Selection, before: Selection | None
) -> Groups:
    """The groups of ranked users, whose calls are those of a selection, and before that those of
    another; None if nothing is compared."""
    now = {row.key: row.sums for row in users.present}
    earlier = {row.key: row.before for row in users.rows if row.before is not None}
    return by_group(
        users_in_groups(now, selection),
        users_in_groups(earlier, before) if before else None,
        users.measure,
    )


def by_group(now: UsersInGroups, before: UsersInGroups | None, measure: Measure) -> Groups:
    """The same, given what each user did in each group."""
    return Groups(
        ranking(
            Sums,
            together_by_group(now),
            None if before is None else together_by_group(before),
            measure,
        ),
        Counter(group for _user, group in now),
    )


def group_of(user_id: int) -> str | None:
    """Today's group of a user; None if they are in none, or are not there."""
    user = EndUser._default_manager.filter(pk=user_id).first()
    return getattr(user, "group", None) or None


def together_by_group(users: UsersInGroups) -> dict[str, Sums]:
    """The sums of all users of each group."""
    found: defaultdict[str, list[Sums]] = defaultdict(list)
    for (_user, group), sums in users.items():
        found[group].append(sums)
    return {group: together(sums, Sums) for group, sums in found.items()}


def users_in_groups(users: Mapping[int, Sums], selection: Selection) -> UsersInGroups:
    """What each user did in each of their groups, `NO_GROUP` included, given what they did.

    Only users who changed their group in the range are asked about again.
    """
    if not GROUPS_ARE_DATED:
        found = EndUser._default_manager.in_bulk(users)
        return {
            (user, getattr(found.get(user), "group", None) or NO_GROUP): sums
            for user, sums in users.items()
        }
    memberships = memberships_during(selection.range)
    stayed: dict[tuple[int, str], Sums] = {}
    moved = []
    for user, sums in users.items():
        its = memberships.get(user)
        if its is None or is_whole(its, selection.range):
            stayed[user, its[0].group if its else NO_GROUP] = sums
        else:
            moved.append(user)
    return {**stayed, **_of_moved(moved, memberships, selection)} if moved else stayed


def _of_moved(
    users: list[int], memberships: Mapping[int, list[Membership]], selection: Selection
) -> UsersInGroups:
    """The same for those who changed their group, from the sums of each membership."""
    asked = replace(selection, user_ids=tuple(users)) if len(users) <= FEW else selection
    groups = {one.pk: (user, one.group) for user, its in memberships.items() for one in its}
    found: defaultdict[tuple[int, str], list[Sums]] = defaultdict(list)
    for key, sums in engine.by_membership(asked).items():
        # One that was made this moment is not known yet.
        user, group = (-key, NO_GROUP) if key < 0 else groups.get(key, (0, NO_GROUP))
        found[user, group].append(sums)
    wanted = {*users, 0}
    return {key: together(sums, Sums) for key, sums in found.items() if key[0] in wanted}


def names_of_groups(selection: Selection) -> dict[int, str]:
    """The groups of each user on the days of a selection, in the order of time; standalone."""
    found = memberships_during(selection.range)
    asked = selection.groups

    def names(user: int) -> str:
        groups = (one.group for one in found[user] if not asked or one.group in asked)
        return THEN.join(dict.fromkeys(groups))

    return {user: names(user) for user in found}
