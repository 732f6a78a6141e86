"""The list of calls: under any filter each page reads a bounded number, and all pages all calls."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.core.periods import Range
from stats.query.listing import listed
from stats.query.paging import Page
from stats.query.selection import Selection
from tests.generated import Ledger, ledgers
from tests.ledger import cleared, in_zones, row, write
from tests.oracle import selected
from tests.rollups.folded import fold_all, write_with_ids

NOON = datetime(2026, 3, 10, 12)
CALLS, MOST = 3_000, 200
PATH = "/admin/stats/apiusagestats/?period=90d"


def walk(selection: Selection, cursor: str, page: Page, **how: Any) -> Iterator[Page]:
    yield page
    while getattr(page, cursor):
        page = listed(selection, cursor=getattr(page, cursor), **how)
        yield page


def ids(pages: list[Page]) -> list[int]:
    return [call.pk for page in pages for call in page.calls]


@pytest.mark.django_db(transaction=True)
@given(ledgers, st.integers(1, 4), st.booleans(), st.sampled_from([2, 4, 8]), st.integers(0, 16))
@settings(max_examples=150)
def test_pages_that_are_cut_short_have_each_call_once(
    ledger: Ledger, size: int, newest_first: bool, most: int, folded: int
) -> None:
    selection = ledger.selection()
    how: dict[str, Any] = {"newest_first": newest_first, "size": size}
    with cleared(), in_zones(ledger.zones), override_settings(MOST_CALLS_READ=most):
        rows = write_with_ids(ledger.rows[:folded])
        fold_all()
        rows += write_with_ids(ledger.rows[folded:])
        by_time = not selection.range.is_all_time
        expected = [
            each["id"]
            for each in sorted(
                selected(rows, selection, ledger.zones),
                key=lambda each: (each["created_at"] if by_time else 0, each["id"]),
                reverse=newest_first,
            )
        ]
        there = list(walk(selection, "next_cursor", listed(selection, cursor="", **how), **how))
        assert ids(there) == expected
        back = list(walk(selection, "previous_cursor", there[-1], **how))
        assert ids(back[::-1]) == expected


@pytest.fixture
def many(transactional_db: None, settings: Any) -> None:
    """A call a minute over two days, by users in turn; one of a rare endpoint among the oldest."""
    settings.MOST_CALLS_READ = MOST
    # Of a user who has all calls the server may read all: an index on users promises it nothing.
    rows = [row(user_id=1 + n % 5, created_at=NOON + timedelta(minutes=n)) for n in range(CALLS)]
    rows[1_000] = {**rows[1_000], "api_endpoint": "/rare"}
    write(*rows)
    fold_all()
    if connection.vendor == "mysql":
        with connection.cursor() as cursor:
            # Else the plan hangs on when the server has last looked at the table by itself.
            cursor.execute("ANALYZE TABLE dt_api_usage_stats")
            cursor.fetchall()


def rows_read(ask: Any) -> int:
    """By the session, as the server counts them."""
    before = _handled()
    ask()
    return _handled() - before


def _handled() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%%'")
        # What reading the status itself reads is in a table of its own: `rnd_next`.
        return sum(int(value) for name, value in cursor.fetchall() if "rnd" not in name)


@pytest.mark.django_db(transaction=True)
def test_a_day_whose_calls_all_lie_outside_is_passed_over(settings: Any) -> None:
    settings.MOST_CALLS_READ = 2
    day = timedelta(days=1)
    write(
        row(created_at=NOON - day),
        row(created_at=NOON, success=False),
        row(created_at=NOON + timedelta(hours=1)),
        row(created_at=NOON + timedelta(hours=2)),
    )
    fold_all()
    selection = Selection(Range(None, (NOON + timedelta(minutes=1)).astimezone()), success=True)
    how: dict[str, Any] = {"newest_first": True, "size": 1}
    pages = list(walk(selection, "next_cursor", listed(selection, cursor="", **how), **how))
    assert [call.created_at for page in pages for call in page.calls] == [(NOON - day).astimezone()]


RANGES = [Range(), Range(NOON.astimezone(), (NOON + timedelta(days=9)).astimezone())]


@pytest.mark.database("server")
@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("range", RANGES, ids=["by id", "by time"])
@pytest.mark.parametrize(
    "filters",
    [
        {"api_endpoint": "/nowhere"},
        {"currency": "XXX"},
        {"cost_min": Decimal(999_999)},
        {"response_time_ms_max": 0},
        {"has_error": True},
        {"unknown_cost": "unpriced"},
        {"success": False},
    ],
    ids=lambda filters: " and ".join(filters),
)
def test_a_filter_that_matches_nothing_reads_a_bounded_number(
    range: Range, filters: dict[str, Any]
) -> None:
    def ask() -> None:
        selection = Selection.of(filters).during(range)
        assert listed(selection, newest_first=True, cursor="", size=50).calls == []

    ask()
    # Calls, each twice, in the index and in the table, and the sums of two days.
    assert rows_read(ask) <= 3 * MOST


@pytest.mark.database("server")
@pytest.mark.usefixtures("many")
def test_so_do_the_calls_of_one_user_by_time() -> None:
    def ask() -> None:
        selection = Selection(RANGES[1], user_ids=(1,), endpoint="/nowhere")
        assert listed(selection, newest_first=True, cursor="", size=50).calls == []

    ask()
    assert rows_read(ask) <= 3 * MOST


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("filters", [{"api_endpoint": "/nowhere"}, {"currency": "XXX"}])
@pytest.mark.parametrize("range", RANGES, ids=["by id", "by time"])
def test_what_no_sum_knows_is_nowhere(range: Range, filters: dict[str, Any]) -> None:
    page = listed(Selection.of(filters).during(range), newest_first=True, cursor="", size=50)
    assert (page.calls, page.next_cursor, page.cut_at) == ([], "", None)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("newest_first", [True, False])
def test_the_sums_lead_to_a_rare_call_at_once(newest_first: bool) -> None:
    selection = Selection(RANGES[1], endpoint="/rare")
    page = listed(selection, newest_first=newest_first, cursor="", size=50)
    assert ([call.api_endpoint for call in page.calls], page.next_cursor) == (["/rare"], "")


@pytest.mark.usefixtures("many")
def test_a_page_that_is_cut_short_says_so_and_goes_on(admin_client: Client) -> None:
    address = "/admin/stats/apiusagestats/?created_at_after=2026-03-10&created_at_before=2026-03-12"
    page = admin_client.get(f"{address}&cost_min=999").content.decode()
    # Of 3,000 calls a minute apart, the 200 newest.
    assert "Checked as far as 12 Mar 10:40." in " ".join(page.split())
    assert "the next page continues from there" in page
    assert "cursor=" in page


@pytest.mark.usefixtures("many")
def test_the_api_leads_on_from_a_page_that_is_cut_short(admin_client: Client) -> None:
    answer = admin_client.get("/api/v1/calls/?cost_min=999").json()
    pages = 1
    assert answer["results"] == []
    while answer["next"]:
        answer = admin_client.get(answer["next"]).json()
        assert answer["results"] == []
        pages += 1
    assert pages == CALLS // MOST + 1
