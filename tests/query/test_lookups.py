"""Rows looked up one by one are those of their days and members."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stats.models import UNDATED, DayUser, MonthUser
from stats.models.users_and_jobs import NO_END
from stats.query.coverage import Days
from stats.query.lookups import MOST_LOOKED_UP, on_days
from stats.query.members import EVERYBODY, Members
from stats.rollups.grains import DAY_USER

DAY = timedelta(1)
SINCE = date(2024, 2, 25)
ALL_DAYS = [SINCE + n * DAY for n in range(12)]
USERS = (3, 7, 11)
KNOWN = Days(date(2024, 2, 28), date(2024, 3, 2))
MODELS: dict[str, Any] = {"day": DayUser, "month": MonthUser}


@pytest.fixture
def rows(db: None) -> None:
    """Sums of each user on each of some days, of three months, and without a time."""
    months = [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]
    counters = dict.fromkeys(DAY_USER.counters, 1)
    for column, days in (("day", ALL_DAYS), ("month", months)):
        MODELS[column]._default_manager.bulk_create(
            MODELS[column](**{column: day}, user_id=user, currency_id=1, **counters)
            for day in [*days, UNDATED]
            for user in USERS
        )


def test_those_beyond_the_known_days_too(rows: None) -> None:
    found = _found("day", on_days(Days(None, None), "day", EVERYBODY, 1, KNOWN))
    assert found == {(day, user) for day in [*ALL_DAYS, UNDATED] for user in USERS}


def test_too_many_are_not_looked_up() -> None:
    days = Days(date(2024, 2, 28), date(2024, 3, 2))
    many = on_days(days, "day", EVERYBODY, MOST_LOOKED_UP, KNOWN)
    assert many == days.condition("day")
    assert "day__in" not in str(on_days(days, "day", Members(tuple(range(9000))), 0, KNOWN))
    assert "day__in" in str(on_days(days, "day", Members(tuple(range(7000))), 0, KNOWN))


some_days = st.none() | st.sampled_from(ALL_DAYS)
some_users = st.lists(st.sampled_from(USERS), unique=True).map(tuple)
spans = st.tuples(
    st.sampled_from(ALL_DAYS), st.sampled_from([*ALL_DAYS, NO_END]), some_users
).filter(lambda span: span[0] < span[1])
some_members = st.builds(Members, some_users, st.lists(spans, max_size=2).map(tuple), st.booleans())


@given(
    st.tuples(some_days, some_days),
    st.sampled_from(list(MODELS)),
    some_members,
    st.sampled_from([0, 1, MOST_LOOKED_UP]),
    st.sampled_from([KNOWN, Days(None, None), Days(ALL_DAYS[0], ALL_DAYS[-1])]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_they_are_those_of_the_days_and_members(
    rows: None,
    bounds: tuple[date | None, date | None],
    column: str,
    members: Members,
    users: int,
    known: Days,
) -> None:
    first, last = bounds
    if first and last:
        first, last = min(first, last), max(first, last)
    days = Days(first, last)
    plain = _found(column, days.condition(column) & members.of_sums(column))
    assert _found(column, on_days(days, column, members, users, known)) == plain


def _found(column: str, which: Any) -> set[tuple[date, int]]:
    rows = MODELS[column]._default_manager.filter(which).values_list(column, "user_id")
    found = list(rows)
    assert len(found) == len(set(found))
    return set(found)
