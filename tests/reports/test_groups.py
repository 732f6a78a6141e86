"""Groups are the users' sums once more: nobody is lost, and nobody counted twice."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from stats.query.sums import Sums
from stats.reports.groups import by_group
from stats.reports.ranking import Measure, ranking

amounts = st.decimals(0, 100, places=4)
users = st.dictionaries(st.integers(1, 9), amounts, max_size=9)


def sums(costs: dict[int, Decimal]) -> dict[int, Sums]:
    return {user: Sums(calls=1, costs={"USD": cost}) for user, cost in costs.items()}


@given(users, st.none() | users, st.dictionaries(st.integers(1, 9), st.sampled_from("ABC")))
def test_groups_add_up_to_their_users(
    now: dict[int, Decimal], before: dict[int, Decimal] | None, group_of: dict[int, str]
) -> None:
    ranked = ranking(Sums, sums(now), None if before is None else sums(before), Measure.COST)
    found = by_group(ranked, group_of)
    assert found.ranking.total.sums == ranked.total.sums
    assert found.ranking.total.before == ranked.total.before
    assert found.ranking.is_compared == (before is not None)
    assert sum(found.members.values()) == len(now)


def test_ranked_as_the_users_are_those_without_a_group_among_them() -> None:
    ranked = ranking(
        Sums,
        {
            1: Sums(calls=9, costs={"USD": Decimal(1)}),
            2: Sums(calls=1, costs={"USD": Decimal(5)}),
            3: Sums(calls=1),
        },
        {2: Sums(calls=1), 4: Sums(calls=1)},
        Measure.CALLS,
    )
    found = by_group(ranked, {1: "Sales", 2: "Research", 4: "Sales"})
    assert [(row.key, row.value, row.value_before) for row in found.ranking.rows] == [
        ("Sales", 9, 1),
        ("", 1, 0),
        ("Research", 1, 1),
    ]
    assert found.members == {"Sales": 1, "Research": 1, "": 1}
