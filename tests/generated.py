"""Random ledgers and questions: few users, endpoints and moments, so that rows share them; NULLs
everywhere; times near midnight and clock changes.

Hypothesis only draws seeds for `random`: by itself it would make most rows equal. Each row has its
own seed, so that a failing ledger shrinks to few rows.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from stats.core.periods import Range
from stats.query.selection import Selection
from tests.oracle import UNKNOWN_COST, Bound, Row, Rows, Zones

READING_ZONES = [
    "UTC",
    "Asia/Taipei",
    "Asia/Kolkata",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    # Its midnight is in the hour that Berlin's clock repeats.
    "Atlantic/Cape_Verde",
]
COLUMN_ZONES = ["UTC", "Asia/Taipei", "Europe/Berlin"]
# Most have a clock change: New York, Berlin, Lord Howe, São Paulo (at midnight).
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
    "  /led",
    "",
    " ",
]
CURRENCIES = [None, "", " ", "USD", "USD", "usd", "USD ", "RMB", "none"]
COSTS = [None, "0", "0.0001", "-0.0001", "0.3333", "12.5", "999999.9999"]
TOKENS = [None, 0, 0, 1, 2_000, 2**31 - 1]
MESSAGES = [None, None, "", " ", "\n", "\tat line 5", "failed"]


class Ledger:
    """Rows, zones, and random questions about them."""

    def __init__(self, seed: int, size: int) -> None:
        self.seed = seed
        self.rng = Random(seed)
        self.zones = Zones(self.rng.choice(READING_ZONES), self.rng.choice(COLUMN_ZONES))
        day = datetime.fromisoformat(self.rng.choice(EVENTFUL_DAYS))
        self.midnight = self.zones.in_column(day.replace(tzinfo=ZoneInfo(self.zones.reading)))
        self.rows = [_row(Random(f"{seed}, row {n}"), self.midnight) for n in range(size)]

    def __repr__(self) -> str:
        return f"Ledger({self.seed}, {len(self.rows)}) of {self.zones}: {self.rows}"

    def moment(self) -> datetime:
        """A naive time, often that of a row."""
        times: list[datetime] = [row["created_at"] for row in self.rows if row["created_at"]]
        return self.rng.choice([*times, _moment(self.rng, self.midnight)])

    def bound(self) -> Bound:
        """A value of `start_date` or `end_date`, in any form."""
        naive = self.moment()
        aware = naive.replace(tzinfo=ZoneInfo(self.zones.column))
        return self.rng.choice(
            [
                None,
                naive,
                naive.replace(microsecond=999_999),
                aware,
                aware.astimezone(UTC).isoformat(),
                naive.isoformat(),
                naive.date(),
                naive.date().isoformat(),
            ]
        )

    def range(self) -> Range:
        if self.rng.random() < 0.4:
            return Range()
        zone = ZoneInfo(self.zones.column)
        start, end = sorted(self.moment().replace(tzinfo=zone) for _side in "ab")
        return self.rng.choice([Range(start, end), Range(start, end), Range(None, end)])

    def selection(self) -> Selection:
        """A selection with few filters, so that some calls match."""
        ways = self.rng.sample(sorted(NARROWING), self.rng.choice([0, 1, 1, 1, 2]))
        values = {name: self.rng.choice(NARROWING[name]) for name in ways}
        return Selection.of(values).during(self.range())

    def portions(self) -> Iterator[Rows]:
        """The rows in pieces, in the order in which they come in."""
        left = self.rows
        while left:
            size = self.rng.randint(1, len(left))
            yield left[:size]
            left = left[size:]

    def currency(self) -> str | None:
        return self.rng.choice([None, None, "USD", "usd ", "RMB", "none", "EUR"])


ledgers = st.builds(Ledger, st.integers(0, 2**32), st.integers(0, 16))

NARROWING: dict[str, list[Any]] = {
    "user_id": [(1,), (2, 3), (99,), (2**40,)],
    "job_id": [1, 2, 99],
    "api_endpoint": ENDPOINTS,
    "success": [True, False],
    "currency": ["USD", "usd ", "RMB", "none"],
    "cost_min": [Decimal("0"), Decimal("0.0001"), Decimal("0.3333")],
    "cost_max": [Decimal("0"), Decimal("0.3333"), Decimal("999999.9998")],
    "response_time_ms_min": [0, 1, 50],
    "response_time_ms_max": [0, 50, 100],
    "has_error": [True, False],
    "unknown_cost": sorted(UNKNOWN_COST),
}


def _row(rng: Random, midnight: datetime) -> Row:
    cost = rng.choice([*COSTS, f"{rng.random():.4f}"])
    return {
        "user_id": rng.randint(1, 4),
        "job_id": rng.choice([None, 1, 2]),
        "api_endpoint": rng.choice(ENDPOINTS),
        "prompt_tokens": rng.choice(TOKENS),
        "completion_tokens": rng.choice(TOKENS),
        "total_tokens": rng.choice(TOKENS),
        "prompt_unit_price": rng.choice([None, Decimal("0"), Decimal("0.00000001")]),
        "prompt_price_unit": rng.choice(CURRENCIES),
        "cost": None if cost is None else Decimal(cost),
        "response_time_ms": rng.choice([None, 0, 1, 50, 101]),
        "success": rng.choice([None, False, True, True]),
        "error_message": rng.choice(MESSAGES),
        "created_at": rng.choice([None, *[_moment(rng, midnight)] * 5]),
    }


def _moment(rng: Random, midnight: datetime) -> datetime:
    seconds = [
        rng.randint(-2, 2),
        rng.randint(-2, 2) * 1800,
        rng.randint(-5400, 5400),
        rng.randint(-48, 48) * 3600,
        rng.randint(-2 * 86_400, 2 * 86_400),
    ]
    return midnight + timedelta(seconds=rng.choice(seconds))
