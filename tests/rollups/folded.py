"""The sums as whole tables: as they stand, and as they must be by the oracle."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from stats.core.money import CostKind
from stats.core.percentiles import bucket_of
from stats.models import (
    UNDATED,
    APIUsageStats,
    CurrencyName,
    DayFailure,
    EndpointName,
    FailureKind,
)
from stats.rollups import grains, rebuilding, verifying
from stats.rollups.chunk import CHUNK_CALLS
from stats.rollups.counters import NO_JOB
from stats.rollups.failures import MESSAGE_LENGTH, fingerprint
from stats.rollups.folding import fold
from stats.rollups.grains import Grain
from tests.ledger import write
from tests.oracle import (
    UNKNOWN_COST,
    Row,
    Rows,
    Zones,
    currency,
    endpoint,
    plain_cost,
    sums_of,
)

# Later than any generated row.
NOW = datetime(2030, 1, 15, 12, tzinfo=UTC)
LATENCY_COUNTERS = ("timed_calls",)
KINDS = {
    "unpriced": CostKind.UNPRICED,
    "rounded_away": CostKind.ROUNDED_AWAY,
    "no_usage": CostKind.NO_USAGE,
}

Table = dict[tuple[Any, ...], tuple[Any, ...]]


def fold_all(most_calls: int = CHUNK_CALLS, now: datetime = NOW) -> int:
    """Fold until there is nothing left; how many calls."""
    calls = 0
    while (folded := fold(now, most_calls)).calls or folded.has_more:
        calls += folded.calls
    return calls


def write_with_ids(rows: Iterable[Row]) -> Rows:
    """Into the table; each row with the id that it got."""
    newest = max(ids(), default=0)
    written = write(*rows)
    new = [id for id in ids() if id > newest]
    return [{**row, "id": id} for row, id in zip(written, new, strict=True)]


def ids() -> list[int]:
    return list(APIUsageStats.objects.order_by("pk").values_list("pk", flat=True))


def rebuild_all_days() -> None:
    for first, last in verifying.spans():
        rebuilding.rebuild(first, last)


# ── as they stand ───────────────────────────────────────────────────────────────────────────────


def tables() -> dict[str, Table]:
    """Every rollup: counters by key, numbers of texts replaced by the texts."""
    found = {grain.model.__name__: _stored(grain) for grain in grains.GRAINS}
    return found | {"DayFailure": _stored_failures()}


def _stored(grain: Grain) -> Table:
    texts: dict[str, dict[int, str]] = {
        "endpoint_id": dict(EndpointName.objects.values_list("pk", "text")),
        "currency_id": dict(CurrencyName.objects.values_list("pk", "text")),
    }
    rows = grain.model._default_manager.values(*grain.keys, *grain.counters)
    return {
        tuple(texts[key][row[key]] if key in texts else row[key] for key in grain.keys): tuple(
            row[name] for name in grain.counters
        )
        for row in rows
    }


def _stored_failures() -> Table:
    kinds = dict(FailureKind.objects.values_list("pk", "fingerprint"))
    endpoints = dict(EndpointName.objects.values_list("pk", "text"))
    return {
        (row.day, kinds[row.kind_id], endpoints[row.endpoint_id]): (
            row.failures,
            row.first_at,
            row.last_at,
        )
        for row in DayFailure.objects.all()
    }


# ── as they must be ─────────────────────────────────────────────────────────────────────────────


def expected_tables(rows: Rows, zones: Zones) -> dict[str, Table]:
    """What `tables` must give where exactly these rows are folded."""
    keys: dict[str, Callable[[Row], Any]] = {
        "day": lambda row: _day(row, zones),
        "month": lambda row: _day(row, zones).replace(day=1),
        "hour": lambda row: _hour(row["created_at"]),
        "user_id": lambda row: row["user_id"],
        "job_id": lambda row: NO_JOB if row["job_id"] is None else row["job_id"],
        "endpoint_id": endpoint,
        "currency_id": currency,
        "success": lambda row: bool(row["success"]),
        "cost_kind": cost_kind,
        "bucket": lambda row: bucket_of(row["response_time_ms"]),
    }
    timed = [row for row in rows if row["response_time_ms"] is not None]
    expected = {"DayFailure": _expected_failures(rows, zones)}
    for grain in grains.GRAINS:
        is_latency = grain.counters == LATENCY_COUNTERS
        groups = grouped(timed if is_latency else rows, [keys[name] for name in grain.keys])
        expected[grain.model.__name__] = {
            key: tuple(_counters(group)[name] for name in grain.counters)
            for key, group in groups.items()
        }
    return expected


def _day(row: Row, zones: Zones) -> date:
    return zones.day(row) or UNDATED


def _hour(moment: datetime | None) -> int:
    """Hours of the column's clock since the year 1; 0 without a time."""
    return (moment.toordinal() - 1) * 24 + moment.hour if moment else 0


def grouped(rows: Rows, keys: Iterable[Callable[[Row], Any]]) -> dict[tuple[Any, ...], Rows]:
    groups: dict[tuple[Any, ...], Rows] = {}
    for row in rows:
        groups.setdefault(tuple(key(row) for key in keys), []).append(row)
    return groups


def _counters(rows: Rows) -> dict[str, int]:
    failed = [row for row in rows if not row["success"]]
    return {
        **sums_of(rows),
        "cost_units": int(plain_cost(rows) * 10_000),
        "costed_calls": sum(1 for row in rows if row["cost"]),
        "failed_cost_units": int(plain_cost(failed) * 10_000),
        "failed_costed_calls": sum(1 for row in failed if row["cost"]),
    }


def cost_kind(row: Row) -> CostKind:
    if row["cost"]:
        return CostKind.COSTED
    kinds = (kind for name, kind in KINDS.items() if UNKNOWN_COST[name](row))
    return next(kinds, CostKind.FREE)


def failure_kind(row: Row) -> str:
    return fingerprint((row["error_message"] or "")[:MESSAGE_LENGTH])


def times(rows: Rows, zones: Zones) -> list[datetime]:
    """Aware, as the database gives them."""
    zone = ZoneInfo(zones.column)
    return sorted(row["created_at"].replace(tzinfo=zone) for row in rows if row["created_at"])


def _expected_failures(rows: Rows, zones: Zones) -> Table:
    failed = [row for row in rows if not row["success"]]
    groups = grouped(failed, [lambda row: _day(row, zones), failure_kind, endpoint])
    return {
        key: (len(group), *first_and_last(times(group, zones))) for key, group in groups.items()
    }


def first_and_last(moments: list[datetime]) -> tuple[datetime | None, datetime | None]:
    return (moments[0], moments[-1]) if moments else (None, None)


def days_that_differ(before: dict[str, Table], after: dict[str, Table]) -> set[date]:
    """The days on which two sets of rollups differ."""
    return {
        key[0]
        for name in before
        if not name.startswith("Month")
        for key, _counters in before[name].items() ^ after[name].items()
    }
