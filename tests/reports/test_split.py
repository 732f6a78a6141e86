"""The split of a difference of cost: it adds up exactly, whatever the two periods hold."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stats.core.money import COST_STEP

from stats.reports.split import Split, Usage, split

costs = st.integers(-(10**6), 10**13).map(lambda units: units * COST_STEP)
usages = st.builds(
    Usage,
    calls=st.integers(0, 10**9),
    tokens=st.integers(0, 10**13),
    cost=costs | st.just(Decimal(0)),
)


def parts(of: Split) -> tuple[Decimal, Decimal, Decimal]:
    return of.calls, of.tokens_per_call, of.cost_per_token


@given(usages, usages)
def test_parts_add_up_exactly_to_the_step(now: Usage, before: Usage) -> None:
    found = parts(split(now, before))
    assert sum(found) == now.cost - before.cost
    assert all(part == part.quantize(COST_STEP) for part in found)


@given(usages)
def test_nothing_changed(usage: Usage) -> None:
    assert set(parts(split(usage, usage))) == {Decimal(0)}


@given(usages, usages)
def test_back_is_the_opposite_but_for_the_last_step(now: Usage, before: Usage) -> None:
    there, back = parts(split(now, before)), parts(split(before, now))
    assert all(abs(one + other) <= COST_STEP for one, other in zip(there, back, strict=True))


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        # Twice the calls, else alike.
        (Usage(20, 200, Decimal(2)), Usage(10, 100, Decimal(1)), ("1", "0", "0")),
        # Twice as long.
        (Usage(10, 200, Decimal(2)), Usage(10, 100, Decimal(1)), ("0", "1", "0")),
        # Twice as dear.
        (Usage(10, 100, Decimal(2)), Usage(10, 100, Decimal(1)), ("0", "0", "1")),
        # Twice the calls at half the price leave the cost as it was.
        (Usage(20, 200, Decimal(1)), Usage(10, 100, Decimal(1)), ("0.6931", "0", "-0.6931")),
        # Half and half: log-mean weights prefer neither.
        (Usage(20, 400, Decimal(4)), Usage(10, 100, Decimal(1)), ("1.5", "1.5", "0")),
        # Rules where there is no logarithm.
        (Usage(5, 50, Decimal(3)), Usage(0, 0, Decimal(0)), ("3", "0", "0")),
        (Usage(0, 0, Decimal(0)), Usage(5, 50, Decimal(3)), ("-3", "0", "0")),
        (Usage(5, 50, Decimal(3)), Usage(9, 50, Decimal(0)), ("0", "0", "3")),
        (Usage(10, 0, Decimal(2)), Usage(5, 50, Decimal(1)), ("1", "0", "0")),
    ],
)
def test_what_each_factor_does(now: Usage, before: Usage, expected: tuple[str, ...]) -> None:
    assert parts(split(now, before)) == tuple(map(Decimal, expected))
