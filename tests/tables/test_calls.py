"""The calls of a selection as a table: complete, exact, and none twice."""

import csv
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.core.periods import Range
from stats.core.zones import reading_zone
from stats.models import APIUsageStats, EndUser
from stats.query import engine
from stats.query.selection import Selection
from stats.tables import calls
from stats.tables.calls import FIELDS, calls_table
from stats.tables.csvfile import csv_chunks
from tests.generated import Ledger
from tests.ledger import EMPTY, in_zones, rolled_back, row, write

pytestmark = pytest.mark.django_db
EVER, SINCE = Selection(), Selection(Range(datetime(2000, 1, 1, tzinfo=UTC)))
NOON = datetime(2026, 11, 24, 12, 0)


def exported(selection: Selection = EVER, **order: bool) -> list[dict[str, str]]:
    text = "".join(csv_chunks(calls_table(selection, **order)))
    return list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))


def ids(rows: list[dict[str, str]]) -> list[int]:
    return [int(row["id"]) for row in rows]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "PAGE", 3)
    monkeypatch.setattr(calls, "SMALL_PAGE", 2)


def test_headings_are_the_api_s_names() -> None:
    write(row())
    assert tuple(APIUsageStats.objects.get().to_dict()) == FIELDS
    assert tuple(exported()[0]) == (*FIELDS, "created_at_with_offset", "user", "job", "group")


def test_users_and_jobs_are_called_by_name() -> None:
    write(row(user_id=7, job_id=70), row(user_id=8), row(user_id=7))
    EndUser.objects.filter(pk=7).update(name="=Ann")
    found = exported(newest_first=False)
    assert [(one["user"], one["job"]) for one in found] == [
        ("'=Ann", "number 70"),
        ("number 8", ""),
        ("'=Ann", ""),
    ]
    assert [(one["user_id"], one["job_id"]) for one in found] == [
        ("7", "70"), ("8", ""), ("7", ""),
    ]  # fmt: skip


def test_amounts_are_exact_and_times_stand_with_and_without_their_offset(settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Taipei"
    write(row(cost="123456.7891", prompt_unit_price="0", created_at=datetime(2026, 11, 24, 16, 0)))
    (found,) = exported()
    assert found["cost"] == "123456.7891"
    assert found["prompt_unit_price"] == "0.00000000"
    assert found["created_at"] == "2026-11-25 00:00:00"
    assert found["created_at_with_offset"] == "2026-11-25T00:00:00+08:00"


def test_the_hour_that_a_clock_passes_twice_stays_two(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    write(*(row(created_at=datetime(2026, 10, 25, hour, 30)) for hour in (0, 1)))
    found = exported(newest_first=False)
    assert [one["created_at"] for one in found] == ["2026-10-25 02:30:00"] * 2
    assert [one["created_at_with_offset"] for one in found] == [
        "2026-10-25T02:30:00+02:00",
        "2026-10-25T02:30:00+01:00",
    ]


def test_a_null_is_empty() -> None:
    write(EMPTY)
    (found,) = exported()
    assert [found[name] for name in FIELDS[4:]] == [""] * 10


def test_hostile_text_stays_text() -> None:
    write(row(api_endpoint='=1+1",=2', error_message="@SUM(A1)\r\n=1", prompt_price_unit="-x"))
    (found,) = exported()
    assert found["api_endpoint"] == "'=1+1\",=2"
    assert found["prompt_price_unit"] == "'-x"


@settings(max_examples=40)
@given(st.builds(Ledger, st.integers(0, 2**32), st.integers(0, 12)))
def test_as_the_calls_themselves_say(ledger: Ledger) -> None:
    with rolled_back(), in_zones(ledger.zones):
        write(*ledger.rows)
        for found, call in zip(
            exported(newest_first=False), APIUsageStats.objects.order_by("id"), strict=True
        ):
            time = call.created_at and call.created_at.astimezone(reading_zone()).isoformat()
            assert found["created_at_with_offset"] == (time or "")
            assert found["created_at"] == (time or "")[:19].replace("T", " ")
            assert found["success"] == {True: "true", False: "false", None: ""}[call.success]
            assert found["cost"] == ("" if call.cost is None else str(call.cost))


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("selection", [EVER, SINCE])
@pytest.mark.parametrize("newest_first", [True, False])
def test_every_call_is_there_once_whatever_the_page(
    selection: Selection, newest_first: bool
) -> None:
    write(*(row(created_at=NOON) for _n in range(10)))
    in_order = list(APIUsageStats.objects.order_by("id").values_list("id", flat=True))
    expected = in_order[::-1] if newest_first else in_order
    assert ids(exported(selection, newest_first=newest_first)) == expected


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("selection", [EVER, SINCE])
def test_calls_written_meanwhile_neither_double_nor_hide_one(selection: Selection) -> None:
    """New ones, and such as are filled in between."""
    write(*(row(created_at=NOON.replace(minute=n)) for n in range(10)))
    there = set(APIUsageStats.objects.values_list("id", flat=True))
    found: list[int] = []
    for page in calls_table(selection).pages:
        found += [item[0] for item in page]
        write(row(created_at=NOON.replace(minute=30)), row(created_at=NOON.replace(second=7)))
    assert len(found) == len(set(found))
    assert there <= set(found)


def test_costs_are_those_of_the_engine(two_currencies_and_none: None) -> None:
    table = calls_table(EVER)
    assert sum(len(page) for page in table.pages) == 6
    assert table.costs == engine.total(EVER).costs
    assert table.costs == {"USD": Decimal("0.3001"), "RMB": Decimal("2"), "none": Decimal("1")}


@pytest.fixture
def two_currencies_and_none() -> None:
    write(
        row(cost="0.1"),
        row(cost="0.2001", prompt_price_unit="USD  "),
        row(cost="2", prompt_price_unit="RMB"),
        row(cost="1", prompt_price_unit=None),
        row(cost=None, prompt_price_unit="EUR"),
        row(cost="0", prompt_price_unit="JPY"),
    )


def test_pages_shrink_where_messages_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "SMALL_PAGE", 2)
    monkeypatch.setattr(calls, "MESSAGE_CHARACTERS", 1_000)
    write(*(row(error_message="x" * 250) for _n in range(10)), *(row() for _n in range(10)))
    pages = calls_table(EVER, newest_first=False).pages
    assert [len(page) for page in pages] == [2, 4, 4, 4, 6]


def test_a_page_is_one_statement() -> None:
    write(*(row() for _n in range(50)))
    with CaptureQueriesContext(connection) as captured:
        assert len(exported()) == 50
    assert len(captured) == 1
