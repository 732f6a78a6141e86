"""Hypothesis' ledgers: few users, endpoints and moments, so that they meet, and NULLs everywhere."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from stats.periods import Range
from stats.reports.selection import UNKNOWN_COST, Selection
from tests.oracle import Row, Rows, Zones

READING_ZONES = [
    "UTC",
    "Asia/Taipei",
    "Asia/Kolkata",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
]
COLUMN_ZONES = ["UTC", "Asia/Taipei", "Europe/Berlin"]
# Days around which clocks change somewhere: New York, Berlin, Lord Howe, São Paulo (at midnight).
EVENTFUL_DAYS = [
    "2024-03-10",
    "2024-11-03",
    "2024-03-31",
    "2024-10-27",
    "2024-04-07",
    "2024-10-06",
    "2018-02-18",
    "2018-11-04",
    "2024-02-29",
    "2026-01-01",
]
ENDPOINTS = [
    "/chat-messages",
    "/Chat-Messages",
    "/straße",
    "/strasse",
    "/straße  ",
    "/café",
    "/cafe",
    "/tab\t",
    "",
    " ",
]
CURRENCIES = [None, "", " ", "USD", "usd", "USD ", "RMB", "none"]

zones = st.builds(Zones, st.sampled_from(READING_ZONES), st.sampled_from(COLUMN_ZONES))
amounts = st.sampled_from(
    [None, Decimal("0"), Decimal("0.0001"), Decimal("0.3333"), Decimal("12.5"), Decimal("-0.0001")]
) | st.decimals(0, Decimal("999999.9999"), places=4)
tokens = st.sampled_from([None, 0, 1]) | st.integers(0, 2**31 - 1)


@dataclass(frozen=True)
class Ledger:
    """Rows, and moments around which to ask about them, naive as in the column."""

    zones: Zones
    rows: Rows
    middle: datetime

    @property
    def bounds(self) -> "st.SearchStrategy[Any]":
        """What `start_date` and `end_date` may be, in every form."""
        of_rows = [row["created_at"] for row in self.rows if row["created_at"]]
        naive = st.sampled_from([*of_rows, self.middle]) | around(self.middle)
        aware = naive.map(lambda value: value.replace(tzinfo=ZoneInfo(self.zones.column)))
        local = naive.map(lambda value: value.replace(tzinfo=ZoneInfo(self.zones.reading)))
        days = naive.map(datetime.date)
        return st.one_of(
            st.none(),
            naive,
            naive.map(lambda value: value.replace(microsecond=999_999)),
            aware,
            local,
            days,
            aware.map(datetime.isoformat),
            days.map(date.isoformat),
        )

    @property
    def ranges(self) -> "st.SearchStrategy[Range]":
        aware = around(self.middle).map(lambda value: value.replace(tzinfo=UTC))
        of_rows = [row["created_at"] for row in self.rows if row["created_at"]]
        if of_rows:
            zone = ZoneInfo(self.zones.column)
            aware |= st.sampled_from(of_rows).map(lambda value: value.replace(tzinfo=zone))
        both = st.tuples(aware, aware).map(sorted).map(lambda pair: Range(*pair))
        return st.one_of(st.just(Range()), both, st.builds(Range, st.none() | aware, aware))


def around(middle: datetime) -> "st.SearchStrategy[datetime]":
    seconds = st.integers(-2 * 86_400, 2 * 86_400) | st.integers(-30, 30).map(lambda n: n * 3600)
    return seconds.map(lambda value: middle + timedelta(seconds=value))


def rows_around(middle: datetime) -> "st.SearchStrategy[Row]":
    return st.fixed_dictionaries(
        {
            "user_id": st.integers(1, 4),
            "job_id": st.sampled_from([None, 1, 2]),
            "api_endpoint": st.sampled_from(ENDPOINTS),
            "prompt_tokens": tokens,
            "completion_tokens": tokens,
            "total_tokens": tokens,
            "prompt_unit_price": st.sampled_from([None, Decimal("0"), Decimal("0.00000001")]),
            "prompt_price_unit": st.sampled_from(CURRENCIES),
            "cost": amounts,
            "response_time_ms": st.none() | st.integers(0, 100_000),
            "success": st.sampled_from([None, False, True, True]),
            "error_message": st.sampled_from([None, "", " ", "\n", "\tat line 5", "failed"]),
            "created_at": st.none() | around(middle) | around(middle),
        }
    )


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    middle = datetime.fromisoformat(draw(st.sampled_from(EVENTFUL_DAYS)))
    return Ledger(draw(zones), draw(st.lists(rows_around(middle), min_size=8, max_size=12)), middle)


NARROWING: dict[str, st.SearchStrategy[Any]] = {
    "user_ids": st.sampled_from([(1,), (2, 3), (99,), (2**40,)]),
    "job_id": st.sampled_from([1, 2, 99]),
    "endpoint": st.sampled_from(ENDPOINTS),
    "success": st.booleans(),
    "currency": st.sampled_from(["USD", "usd ", "RMB", "none"]),
    "cost_min": st.sampled_from([Decimal("0"), Decimal("0.0001"), Decimal("0.3333")]),
    "cost_max": st.sampled_from([Decimal("0"), Decimal("0.3333"), Decimal("999999")]),
    "response_time_ms_min": st.integers(0, 1000),
    "response_time_ms_max": st.integers(0, 100_000),
    "has_error": st.booleans(),
    "unknown_cost": st.sampled_from(sorted(UNKNOWN_COST)),
}


@st.composite
def selections(draw: st.DrawFn, ledger: Ledger) -> Selection:
    """Narrowed in few ways at once, so that something is left."""
    name = st.sampled_from(sorted(NARROWING))
    names = draw(st.one_of(name.map(lambda one: {one}), st.sets(name, max_size=2)))
    narrowing = draw(st.fixed_dictionaries({name: NARROWING[name] for name in sorted(names)}))
    return Selection(draw(ledger.ranges), **narrowing)
