"""The views for people with SQL: each equals the reports to the last decimal, whatever happens."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from stats.core.periods import range_of_days
from stats.core.zones import reading_zone
from stats.db.dialects import dialect
from stats.ingest.groups import set_group
from stats.models import APIUsageStats, EndUser, FoldedChunk, Membership
from stats.query import engine, sql_views
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.rollups import rebuilding
from stats.rollups.purging import purge
from tests.ledger import in_zones, row, write
from tests.oracle import Row, Rows, Zones, currency, plain_cost, sums_of
from tests.processes import PROJECT
from tests.rollups.folded import fold_all, ids

pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
FIGURES = ["calls", "failures", "prompt_tokens", "completion_tokens", "total_tokens", "cost"]
ZONES = [
    Zones("UTC", "UTC"),
    Zones("Asia/Taipei", "UTC"),
    # Both change their clocks, on different days.
    Zones("Europe/Berlin", "America/New_York"),
]
Table = dict[tuple[Any, ...], tuple[Any, ...]]


@pytest.fixture(params=ZONES, ids=str)
def zones(request: pytest.FixtureRequest, settings: Any) -> Iterator[Zones]:
    settings.FOLD_MARGIN_SECONDS = 0
    with in_zones(request.param):
        sql_views.make_views()
        yield request.param
    sql_views.make_views()


def calls(start: datetime, days: int) -> Rows:
    """On each day around its midnights, of three users and currencies, with all that is odd."""
    currencies = ["USD", "EUR", None, "usd", "USD "]
    return [
        row(
            created_at=start + timedelta(days=day, hours=hour, minutes=30),
            user_id=1 + (day + hour) % 3,
            prompt_price_unit=currencies[(day + hour) % 5],
            cost=[Decimal("0.0001"), Decimal("99999.9999"), None][(day * 5 + hour) % 3],
            prompt_tokens=day * 100 + hour,
            completion_tokens=None if hour == 4 else day,
            total_tokens=day * 101 + hour,
            success=[True, False, None][hour % 3],
        )
        for day in range(days)
        for hour in (0, 4, 15, 23)
    ]


# The nights in which each of the two zones changes its clock, and the turn of a year.
OLD = [
    *calls(datetime(2025, 10, 25), 10),
    *calls(datetime(2025, 12, 30), 4),
    *calls(datetime(2026, 3, 7), 3),
    *calls(datetime(2026, 3, 28), 3),
    row(created_at=None),
    row(created_at=None, prompt_price_unit=None, success=False),
]
NEW = [*calls(datetime(2026, 3, 30), 4), row(created_at=None, cost="0.5"), row(user_id=77)]


def read(view: str, keys: list[str]) -> Table:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {view}")
        names = [column[0] for column in cursor.description]
        assert names == [*keys, *FIGURES]
        found = {}
        for values in cursor.fetchall():
            *told, cost = values
            by_name = dict(zip(names, values, strict=True))
            assert all(type(by_name[name]) is int for name in FIGURES[:-1])
            assert type(cost) is (Decimal if connection.vendor == "mysql" else float)
            key = (as_date(told[0]), *told[1 : len(keys)])
            assert key not in found
            found[key] = (*told[len(keys) :], Decimal(str(cost)).quantize(Decimal("0.0001")))
        return found


def as_date(value: Any) -> date:
    return date.fromisoformat(value) if connection.vendor == "sqlite" else value


def by_day() -> Table:
    return read("usage_by_day", ["day", "currency"])


def by_user_day() -> Table:
    return read("usage_by_user_day", ["day", "user_id", "user_name", "user_group", "currency"])


def of_sums(sums: Sums, name: str) -> tuple[Any, ...]:
    figures = (getattr(sums, figure) for figure in FIGURES[:-1])
    return (*figures, sums.costs.get(name, Decimal("0.0000")))


def reports_by_day() -> Table:
    names = {currency({"prompt_price_unit": text}) for text in ("USD", "EUR", None, "usd")}
    return {
        (day, name): of_sums(sums, name)
        for name in names
        for day, sums in engine.by_day(Selection(currency=name)).items()
    }


def reports_by_user_day() -> Table:
    names = dict(EndUser.objects.values_list("pk", "name"))
    found = {}
    for day in engine.by_day(Selection()):
        selection = Selection(range_of_days(day, day, reading_zone()))
        for user, of_user in engine.by_user_per_currency(selection).items():
            for name, sums in of_user.items():
                found[day, user, names.get(user), group_on(user, day), name] = of_sums(sums, name)
    return found


def group_on(user: int, day: date | None) -> str | None:
    its = Membership.objects.filter(user_id=user)
    groups = [one.group for one in its if day and one.since <= day < one.until]
    return groups[0] if groups else None


def counted(rows: Rows, key: Callable[[Row], tuple[Any, ...]], zones: Zones) -> Table:
    """The same, row by row."""
    groups: dict[tuple[Any, ...], Rows] = {}
    for one in rows:
        if one["created_at"] is not None:
            groups.setdefault((zones.day(one), *key(one), currency(one)), []).append(one)
    found = {}
    for group, members in groups.items():
        sums = sums_of(members)
        failures = sums["calls"] - sums["successes"]
        figures = [failures if name == "failures" else sums[name] for name in FIGURES[:-1]]
        found[group] = (*figures, plain_cost(members))
    return found


def check(zones: Zones, rows: Rows | None = None) -> None:
    """Views and reports are alike; both are as these rows, if any are given."""
    assert by_day() == reports_by_day()
    assert by_user_day() == reports_by_user_day()
    if rows is not None:
        assert by_day() == counted(rows, lambda _one: (), zones)
        names = dict(EndUser.objects.values_list("pk", "name"))
        of_user = counted(
            rows,
            lambda one: (
                one["user_id"],
                names[one["user_id"]],
                group_on(one["user_id"], zones.day(one)),
            ),
            zones,
        )
        assert by_user_day() == of_user


def test_they_equal_the_reports_whatever_happens(zones: Zones) -> None:
    """New, folded, newer, late, deleted and purged calls."""
    assert by_day() == by_user_day() == {}
    rows = write(*({**one, "id": 2 * n} for n, one in enumerate(OLD, 1)))
    check(zones, rows)
    fold_all(most_calls=25, now=NOW)
    check(zones, rows)
    rows += write(*({**one, "id": 1_001 + n} for n, one in enumerate(NEW)))
    check(zones, rows)
    set_group(1, "Sales", date(2026, 3, 8), date(2026, 3, 8))
    set_group(1, "", date(2026, 3, 29), date(2026, 3, 29))
    check(zones, rows)
    assert any(key[3] == "Sales" for key in by_user_day())
    # Committed late: below the ids that are folded.
    late = write({**row(cost="0.0321", created_at=datetime(2025, 10, 27, 3)), "id": 5})
    check(zones)
    fold_all(now=NOW)
    check(zones, [*rows, *late])
    gone = next(one["id"] for one in rows if one["created_at"] == datetime(2026, 3, 7, 4, 30))
    APIUsageStats.objects.filter(pk=gone)._raw_delete("default")
    check(zones)
    rebuilding.rebuild(date(2026, 3, 6), date(2026, 3, 8))
    rows = [one for one in [*rows, *late] if one["id"] != gone]
    check(zones, rows)
    FoldedChunk.objects.all().delete()
    assert purge(date(2026, 1, 1), NOW) > 0
    check(zones, rows)
    assert len(ids()) < len(rows)


def test_a_user_without_a_row_stays_without_a_name() -> None:
    write(row(user_id=9))
    with connection.constraint_checks_disabled():
        EndUser.objects.filter(pk=9)._raw_delete("default")
        [(_day, user, name, _group, _currency)] = by_user_day()
        EndUser.objects.create(pk=9, name="back again")
    assert (user, name) == (9, None)


def test_the_days_are_those_of_the_sums_after_a_change_of_zones(settings: Any) -> None:
    settings.FOLD_MARGIN_SECONDS = 0
    late = row(created_at=datetime(2026, 3, 10, 20))
    write(late)
    fold_all(now=NOW)
    taipei = Zones("Asia/Taipei", "UTC")
    with in_zones(taipei):
        # The sums are of UTC still.
        assert list(by_day()) == [(date(2026, 3, 10), "USD")]
        sql_views.make_views()
        check(taipei, [late])
        call_command("rebuild_usage", stdout=StringIO())
        fold_all(now=NOW)
        check(taipei, [late])
        assert list(by_day()) == [(date(2026, 3, 11), "USD")]
    sql_views.make_views()


def test_they_are_made_once_more_and_dropped() -> None:
    sql_views.make_views()
    assert sql_views.own_views() == ("usage_by_day", "usage_by_user_day")
    sql_views.drop_views()
    assert sql_views.own_views() == ()
    call_command("migrate", "-v0")
    assert sql_views.own_views() == ("usage_by_day", "usage_by_user_day")


def test_one_of_another_application_stays_and_a_sentence_says_so() -> None:
    sql_views.drop_views()
    with connection.cursor() as cursor:
        cursor.execute("CREATE VIEW usage_by_day AS SELECT 1 AS one")
    out = StringIO()
    call_command("migrate", stdout=out)
    assert (
        "The views usage_by_day and usage_by_user_day were not made: usage_by_day in this "
        "database is not of this application. All else works without them (docs/sql.md).\n"
    ) in out.getvalue()
    assert dialect().view_definition("usage_by_user_day") is None
    sql_views.drop_views()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM usage_by_day")
        assert cursor.fetchall() in ([(1,)], ((1,),))
        cursor.execute("DROP VIEW usage_by_day")
    sql_views.make_views()


# ── docs/sql.md ─────────────────────────────────────────────────────────────────────────────────

EXAMPLES = re.findall(r"```sql\n(SELECT .*?);\n```", (PROJECT / "docs/sql.md").read_text(), re.S)
LEDGER = [
    row(created_at=datetime(2026, 10, 1), cost="2.5", total_tokens=500_000),
    row(created_at=datetime(2026, 10, 31, 23, 59, 59), cost="0.25", total_tokens=50_000),
    row(created_at=datetime(2026, 10, 9), cost="3", user_id=2, success=False, total_tokens=0),
    row(created_at=datetime(2026, 10, 9), cost="9", user_id=3, prompt_price_unit="EUR"),
    row(created_at=datetime(2026, 11, 2), cost="1", user_id=2, total_tokens=400_000),
]
ANSWERS: list[list[tuple[Any, ...]]] = [
    [("2026-10", "EUR", 9), ("2026-10", "USD", Decimal("5.75")), ("2026-11", "USD", 1)],
    [(2, "number 2", 3, 1), (1, "number 1", Decimal("2.75"), 2)],
    [("Law", "EUR", 9, 1), (None, "USD", 3, 1), ("Sales", "USD", Decimal("2.75"), 1)],
    [("2026-10-09", 2, 1)],
    [(1, "number 1"), (3, "number 3")],
    [
        ("2026-10", "EUR", 600_000),
        ("2026-10", "USD", 5),
        ("2026-11", "USD", Decimal("2.5")),
    ],
]


@pytest.mark.parametrize("is_folded", [False, True])
@pytest.mark.parametrize("place", range(len(ANSWERS)))
def test_the_examples_answer_their_questions(settings: Any, place: int, is_folded: bool) -> None:
    settings.FOLD_MARGIN_SECONDS = 0
    write(*LEDGER)
    for user, group, since in ((1, "Sales", date(2026, 10, 1)), (3, "Law", date(2026, 10, 9))):
        set_group(user, group, since, since)
    if is_folded:
        fold_all(now=NOW)
    assert len(EXAMPLES) == len(ANSWERS)
    with connection.cursor() as cursor:
        cursor.execute(EXAMPLES[place])
        found = [tuple(map(plain, values)) for values in cursor.fetchall()]
    assert found == [tuple(map(plain, values)) for values in ANSWERS[place]]


def plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    is_number = isinstance(value, int | float | Decimal)
    return Decimal(str(value)).normalize() if is_number else value
