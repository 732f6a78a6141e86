"""What the ledger knows of a month, by days of UTC and of TIME_ZONE."""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stats.core.periods import DAY, start_of_day
from stats.invoices.explaining import Edges, Known, Ledger
from stats.invoices.ledger import EDGE, explanation_of, ledger_of
from tests.invoices.faults import NOW, OCTOBER, calls, costs, invoice
from tests.ledger import in_zones, row, write
from tests.oracle import Row, Zones
from tests.rollups.folded import fold_all

MaxQueries = Callable[[int], AbstractContextManager[None]]
# Clocks that are an hour, half an hour and no hour apart; that change within October, and at its
# end; of days that no full hour of the column begins.
ZONES = [
    Zones("UTC", "UTC"),
    Zones("Asia/Taipei", "UTC"),
    Zones("Asia/Taipei", "Asia/Taipei"),
    Zones("America/New_York", "Europe/Berlin"),
    Zones("Europe/London", "Atlantic/Azores"),
    Zones("Asia/Kolkata", "UTC"),
    Zones("UTC", "Asia/Kolkata"),
    Zones("Australia/Lord_Howe", "Australia/Lord_Howe"),
]


def some_calls(rng: random.Random) -> list[Row]:
    """Of all kinds; many within the seconds around full and half hours."""
    begin = datetime(2026, 9, 30)
    return [
        row(
            created_at=begin
            + timedelta(minutes=30 * rng.randrange(33 * 48), seconds=rng.choice((-1, 0, 1, 600))),
            cost=rng.choice(("0.0001", "3.2100", "0", None)),
            prompt_price_unit=rng.choice(("USD", "USD", "EUR", None)),
            prompt_unit_price=rng.choice((None, "0.001")),
            success=rng.random() < 0.7,
        )
        for _n in range(900)
    ]


def counted(rows: list[Row], zone: tzinfo, column: tzinfo) -> Ledger:
    """Call by call."""
    of_days: dict[object, list[Row]] = {OCTOBER + n * DAY: [] for n in range(31)}
    edges = [Decimal()] * 4
    start, end = start_of_day(OCTOBER, zone), start_of_day(OCTOBER + 31 * DAY, zone)
    limits = (start - EDGE, start, start + EDGE), (end - EDGE, end, end + EDGE)
    for one in rows:
        at = one["created_at"].replace(tzinfo=column).astimezone(UTC)
        of_days.get(at.astimezone(zone).date(), []).append(one)
        for place, (first, middle, last) in enumerate(limits):
            if one["prompt_price_unit"] == "USD" and first <= at < last:
                edges[2 * place + (at >= middle)] += one["cost"] or 0
    days = {day: known(found) for day, found in of_days.items()}
    return Ledger(days, Edges(*edges))  # type: ignore[arg-type]


def known(rows: list[Row]) -> Known:
    def cost(found: list[Row]) -> Decimal:
        return sum((one["cost"] or Decimal() for one in found), Decimal())

    free = [one for one in rows if not one["cost"]]
    unpriced = [one for one in free if one["prompt_unit_price"] is None]
    others = {name or "none": cost(of(rows, name)) for name in ("EUR", None)}
    return Known(
        calls=len(rows),
        cost=cost(of(rows, "USD")),
        others={name: cost for name, cost in others.items() if cost},
        failed_cost=cost([one for one in of(rows, "USD") if not one["success"]]),
        tokens=15 * (len(rows) - len(free)),
        unpriced_calls=len(unpriced),
        unpriced_tokens=15 * len(unpriced),
        rounded_away_calls=len(free) - len(unpriced),
    )


def of(rows: list[Row], currency: str | None) -> list[Row]:
    return [one for one in rows if one["prompt_price_unit"] == currency]


@pytest.mark.django_db(transaction=True, reset_sequences=True)
@pytest.mark.parametrize("zones", ZONES, ids=lambda zones: f"{zones.reading} {zones.column}")
def test_each_day_and_edge_is_as_counted(zones: Zones, settings: Any) -> None:
    settings.FOLD_MARGIN_SECONDS = 0
    rng = random.Random(5)
    with in_zones(zones):
        rows = write(*some_calls(rng))
        fold_all(now=NOW)
        rows += write(*some_calls(rng)[:50])
        for zone in (UTC, ZoneInfo(zones.reading)):
            expected = counted(rows, zone, ZoneInfo(zones.column))
            assert ledger_of(OCTOBER, zone, "USD") == expected


@pytest.mark.django_db
def test_statements_do_not_grow_with_days(django_assert_max_num_queries: MaxQueries) -> None:
    """Days of another zone were asked one by one, which took half a second."""
    with in_zones(Zones("Asia/Taipei")):
        rows = write(*calls(a_day=2))
        billed = invoice(costs(rows))
        with django_assert_max_num_queries(16):
            explanation_of(billed, NOW)
