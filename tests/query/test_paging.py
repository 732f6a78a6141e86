import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.models import APIUsageStats
from stats.query.paging import Order, Page, scan
from stats.query.paging import page as page_of
from tests.generated import COLUMN_ZONES
from tests.ledger import in_zones, rolled_back, row, write
from tests.oracle import Zones

pytestmark = pytest.mark.django_db
SECOND = datetime(2026, 3, 10, 12, 0)


def calls(by_time: bool) -> Any:
    every = APIUsageStats.objects.all()
    return every.filter(created_at__isnull=False) if by_time else every


def page(cursor: str = "", *, by_time: bool, newest_first: bool, size: int) -> Page:
    order = Order(by_time, newest_first)
    position = order.position_of(cursor)
    return page_of(scan(calls(by_time), order, position, size + 1), order, position, size)


def walk(first: Page, cursor: str, **how: Any) -> Iterator[Page]:
    """Page by page along `next_cursor` or `previous_cursor`."""
    found = first
    while True:
        yield found
        if not getattr(found, cursor):
            return
        found = page(getattr(found, cursor), **how)


def ids(pages: Iterator[Page] | list[Page]) -> list[int]:
    return [call.pk for found in pages for call in found.calls]


def in_order(by_time: bool, newest_first: bool) -> list[int]:
    """By the definition, sorted in Python."""
    keys = [
        (call.created_at if by_time else None, call.pk)
        for call in APIUsageStats.objects.all()
        if call.created_at or not by_time
    ]
    return [pk for _time, pk in sorted(keys, reverse=newest_first)]


times = st.none() | st.integers(0, 3).map(lambda n: SECOND + timedelta(seconds=n))


@given(
    st.lists(times, max_size=14),
    st.integers(1, 5),
    st.booleans(),
    st.booleans(),
    st.sampled_from(COLUMN_ZONES),
)
@settings(max_examples=60)
def test_there_and_back_each_call_is_visited_once(
    moments: list[datetime | None], size: int, by_time: bool, newest_first: bool, zone: str
) -> None:
    how: dict[str, Any] = {"by_time": by_time, "newest_first": newest_first, "size": size}
    with in_zones(Zones("UTC", zone)), rolled_back():
        write(*(row(created_at=moment) for moment in moments))
        expected = in_order(by_time, newest_first)
        there = list(walk(page(**how), "next_cursor", **how))
        assert ids(there) == expected
        assert all(len(found.calls) == size for found in there[:-1])
        back = list(walk(there[-1], "previous_cursor", **how))
        assert ids(back[::-1]) == expected


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("by_time", [True, False])
def test_thousands_of_calls_in_one_second(by_time: bool, newest_first: bool) -> None:
    write(*(row(created_at=SECOND) for _call in range(3_000)), row(created_at=None))
    how: dict[str, Any] = {"by_time": by_time, "newest_first": newest_first, "size": 500}
    assert ids(walk(page(**how), "next_cursor", **how)) == in_order(by_time, newest_first)


def test_calls_that_come_in_meanwhile_move_nothing() -> None:
    how: dict[str, Any] = {"by_time": True, "newest_first": True, "size": 2}
    write(*(row(created_at=SECOND + timedelta(seconds=n)) for n in range(4)))
    first = page(**how)
    expected = in_order(by_time=True, newest_first=True)[2:]
    write(row(created_at=SECOND + timedelta(seconds=9)))
    assert ids([page(first.next_cursor, **how)]) == expected


def test_an_empty_ledger_is_one_empty_page() -> None:
    assert page(by_time=True, newest_first=True, size=5) == Page([], "", "")


def cursor_of(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


TAMPERED = [
    "x",
    "####",
    "%00",
    "é",
    "null",
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    cursor_of(),
    cursor_of(True, 1),
    cursor_of(True, 1, None, None),
    cursor_of(1, 1, None),
    cursor_of(True, "1", None),
    cursor_of(True, 1.0, None),
    cursor_of(True, True, None),
    cursor_of(True, 2**63, None),
    cursor_of(True, 1, "yesterday"),
    cursor_of(True, 1, 5),
    cursor_of(True, 1, "2026-03-10T12:00:00"),
    cursor_of(True, 1, "0001-01-01T00:00:00+14:00"),
    cursor_of(True, 1, "9999-12-31T23:59:59-14:00"),
]


@pytest.mark.parametrize("by_time", [True, False])
@pytest.mark.parametrize("cursor", TAMPERED)
def test_a_cursor_that_is_not_ours_is_a_value_error(cursor: str, by_time: bool) -> None:
    write(row())
    with pytest.raises(ValueError, match="no cursor of ours"):
        page(cursor, by_time=by_time, newest_first=True, size=5)


def test_a_cursor_without_time_does_not_page_by_time() -> None:
    with pytest.raises(ValueError, match="no cursor of ours"):
        page(cursor_of(True, 1, None), by_time=True, newest_first=True, size=5)


@given(st.text())
def test_any_text_is_a_page_or_a_value_error(text: str) -> None:
    if text:
        with pytest.raises(ValueError, match="no cursor of ours"):
            page(text, by_time=True, newest_first=True, size=5)


@pytest.mark.parametrize("by_time", [True, False])
def test_a_page_is_one_statement_that_counts_and_skips_nothing(by_time: bool) -> None:
    write(*(row(created_at=SECOND + timedelta(seconds=n)) for n in range(50)))
    how: dict[str, Any] = {"by_time": by_time, "newest_first": True, "size": 3}
    with CaptureQueriesContext(
        connection,
    ) as queries:
        visited = list(walk(page(**how), "next_cursor", **how))
    assert len(queries) == len(visited) == 17
    for query in queries:
        for word in ("COUNT(", "OFFSET", "DISTINCT"):
            assert word not in query["sql"].upper()
