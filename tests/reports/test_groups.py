"""Groups are the users' sums once more: nobody is lost, and nobody counted twice."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from stats.query.sums import Sums, together
from stats.reports.groups import by_group
from stats.reports.ranking import Measure

amounts = st.decimals(0, 100, places=4)
parts = st.dictionaries(st.tuples(st.integers(1, 9), st.sampled_from(["", "A", "B"])), amounts)
Parts = dict[tuple[int, str], Sums]


def sums(costs: dict[tuple[int, str], Decimal]) -> Parts:
    return {part: Sums(calls=1, costs={"USD": cost}) for part, cost in costs.items()}


@given(parts.map(sums), st.none() | parts.map(sums))
def test_groups_add_up_to_their_users(now: Parts, before: Parts | None) -> None:
    found = by_group(now, before, Measure.COST)
    assert found.ranking.total.sums == together(now.values(), Sums)
    assert found.ranking.total.before == (
        None if before is None else together(before.values(), Sums)
    )
    assert found.ranking.is_compared == (before is not None)
    assert sum(found.members.values()) == len(now)


def test_ranked_as_the_users_are_what_was_in_no_group_among_them() -> None:
    found = by_group(
        {
            (1, "Sales"): Sums(calls=9, costs={"USD": Decimal(1)}),
            (2, "Research"): Sums(calls=1, costs={"USD": Decimal(5)}),
            (3, ""): Sums(calls=1),
            (1, ""): Sums(calls=2),
        },
        {(2, "Research"): Sums(calls=1), (4, "Sales"): Sums(calls=1)},
        Measure.CALLS,
    )
    assert [(row.key, row.value, row.value_before) for row in found.ranking.rows] == [
        ("Sales", 9, 1),
        ("", 3, 0),
        ("Research", 1, 1),
    ]
    assert found.members == {"Sales": 1, "Research": 1, "": 2}
