"""The statistics of spec §4 in plain Python, row by row.

Slow, obvious and independent: it shares no code with `stats`. A row is a dictionary by the names of
the table's columns, with a naive `created_at`. `Zones` has the column's zone and that of days.

A row's day is the local date of its time. An hour that the column's clock repeats is read as its
first pass. A bare date as a bound is compared with that day. A time as a bound is compared with the
column; in the second pass of a repeated hour, it includes all of the first pass. A time that the
column's clock skips counts as the first moment after the gap.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
Rows = list[Row]
Bound = date | datetime | str | None
Groups = dict[Any, dict[str, Any]]

COLUMNS = (
    "user_id",
    "job_id",
    "api_endpoint",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "prompt_unit_price",
    "prompt_price_unit",
    "cost",
    "response_time_ms",
    "success",
    "error_message",
    "created_at",
)


@dataclass(frozen=True)
class Zones:
    """TIME_ZONE and DATABASE_TIME_ZONE."""

    reading: str = "UTC"
    column: str = "UTC"

    def day(self, row: Row) -> date | None:
        if row["created_at"] is None:
            return None
        instant = row["created_at"].replace(tzinfo=ZoneInfo(self.column)).astimezone(UTC)
        local: datetime = instant.astimezone(ZoneInfo(self.reading))
        return local.date()

    def is_repeated(self, naive: datetime) -> bool:
        """True if the column's clock shows this time twice."""
        zone = ZoneInfo(self.column)
        passes = {naive.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}
        return (
            len(passes) == 2
            and naive.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None)
            == naive
        )

    def is_second_pass(self, moment: datetime) -> bool:
        return moment.tzinfo is not None and bool(moment.astimezone(ZoneInfo(self.column)).fold)

    def is_left_out(self, naive: datetime) -> bool:
        """True if the column's clock skips this time."""
        aware = naive.replace(tzinfo=ZoneInfo(self.column))
        return aware.astimezone(UTC).astimezone(aware.tzinfo).replace(tzinfo=None) != naive

    def in_column(self, moment: datetime) -> datetime:
        """The moment as the column holds it: naive, in whole seconds."""
        if moment.tzinfo is not None:
            moment = moment.astimezone(ZoneInfo(self.column)).replace(tzinfo=None)
        return moment.replace(microsecond=0)

    def begin_in_column(self, moment: datetime) -> datetime:
        """The same for a start; at the end of a gap of the clock, the start of the gap."""
        begin = self.in_column(moment)
        if not self.is_left_out(begin):
            while self.is_left_out(begin - timedelta(seconds=1)):
                begin -= timedelta(minutes=1)
        return begin


# ── which rows ──────────────────────────────────────────────────────────────────────────────────


def is_between(row: Row, start: Bound, end: Bound, zones: Zones) -> bool:
    """True if a row is in the range, both ends included. Without bounds, rows without time are."""
    if start is None and end is None:
        return True
    if row["created_at"] is None:
        return False
    return _is_from(row, start, zones) and _is_until(row, end, zones)


def _is_from(row: Row, start: Bound, zones: Zones) -> bool:
    start = _read(start)
    if start is None:
        return True
    if not isinstance(start, datetime):
        return bool(zones.day(row) >= start)  # type: ignore[operator]
    if zones.is_second_pass(start) and zones.is_repeated(row["created_at"]):
        return False
    return bool(row["created_at"] >= zones.begin_in_column(start))


def _is_until(row: Row, end: Bound, zones: Zones) -> bool:
    end = _read(end)
    if end is None:
        return True
    if not isinstance(end, datetime):
        return bool(zones.day(row) <= end)  # type: ignore[operator]
    if zones.is_second_pass(end) and zones.is_repeated(row["created_at"]):
        return True
    return bool(row["created_at"] <= zones.in_column(end))


def _read(bound: Bound) -> date | datetime | None:
    if isinstance(bound, str):
        is_date = "T" not in bound and " " not in bound
        return date.fromisoformat(bound) if is_date else datetime.fromisoformat(bound)
    return bound


def currency(row: Row) -> str:
    return (row["prompt_price_unit"] or "").rstrip(" ") or "none"


def endpoint(row: Row) -> str:
    text: str = row["api_endpoint"]
    return text.rstrip(" ")


def has_tokens(row: Row) -> bool:
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    return any((row[name] or 0) > 0 for name in names)


def is_unpriced(row: Row) -> bool:
    return has_tokens(row) and not row["cost"] and not row["prompt_unit_price"]


def is_rounded_away(row: Row) -> bool:
    return has_tokens(row) and not row["cost"] and bool(row["prompt_unit_price"])


def is_without_usage(row: Row) -> bool:
    return bool(row["success"]) and not has_tokens(row) and not row["cost"]


UNKNOWN_COST: dict[str, Callable[[Row], bool]] = {
    "unpriced": is_unpriced,
    "rounded_away": is_rounded_away,
    "no_usage": is_without_usage,
}


def selected(rows: Iterable[Row], selection: Any, zones: Zones) -> Rows:
    """The rows of a `stats.query.selection.Selection`, except for groups of users."""
    return [row for row in rows if all(_conditions(row, selection, zones))]


def _conditions(row: Row, selection: Any, zones: Zones) -> Iterator[bool]:
    yield is_between(row, selection.range.start, selection.range.end, zones)
    yield not selection.user_ids or row["user_id"] in selection.user_ids
    yield selection.job_id is None or row["job_id"] == selection.job_id
    yield selection.endpoint is None or endpoint(row) == selection.endpoint.rstrip(" ")
    yield selection.currency is None or currency(row) == selection.currency.rstrip(" ")
    yield selection.success is None or bool(row["success"]) == selection.success
    others = dict(selection.others)
    has_error = others.get("has_error")
    yield has_error is None or bool(row["error_message"]) == has_error
    for name in ("cost", "response_time_ms"):
        yield _is_within(row[name], others.get(f"{name}_min"), others.get(f"{name}_max"))
    yield selection.messages is None or _has_failed_with(row, selection.messages)
    kind = selection.unknown_cost
    yield kind is None or UNKNOWN_COST[kind](row)


def _has_failed_with(row: Row, messages: Collection[str]) -> bool:
    return not row["success"] and (row["error_message"] or "").rstrip(" ")[:500] in messages


def _is_within(value: Any, least: Any, most: Any) -> bool:
    if value is None:
        return least is None and most is None
    return (least is None or value >= least) and (most is None or value <= most)


# ── sums ────────────────────────────────────────────────────────────────────────────────────────


def sums(rows: Rows, selection: Any, by: str, zones: Zones) -> Groups:
    """The fields of `stats.query.sums.Sums` as a dictionary, per `user`, `job`, `endpoint`, `day`
    or `currency`, or in `total`."""
    keys: dict[str, Callable[[Row], Any]] = {
        "total": lambda row: (),
        "user": lambda row: row["user_id"],
        "job": lambda row: row["job_id"],
        "endpoint": endpoint,
        "currency": currency,
        "day": zones.day,
    }
    groups = _grouped(selected(rows, selection, zones), keys[by])
    if by == "day":
        groups.pop(None, None)
    if by == "total":
        groups.setdefault((), [])
    return {key: sums_of(group) for key, group in groups.items()}


def _grouped(rows: Rows, key: Callable[[Row], Any]) -> dict[Any, Rows]:
    groups: dict[Any, Rows] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def sums_of(rows: Rows) -> dict[str, Any]:
    unpriced = [row for row in rows if is_unpriced(row)]
    rounded_away = [row for row in rows if is_rounded_away(row)]
    return {
        "calls": len(rows),
        "successes": sum(1 for row in rows if row["success"]),
        "prompt_tokens": _sum(rows, "prompt_tokens"),
        "completion_tokens": _sum(rows, "completion_tokens"),
        "total_tokens": _sum(rows, "total_tokens"),
        "response_ms": _sum(rows, "response_time_ms"),
        "timed_calls": sum(1 for row in rows if row["response_time_ms"] is not None),
        "unpriced_calls": len(unpriced),
        "unpriced_tokens": _sum(unpriced, "total_tokens"),
        "rounded_away_calls": len(rounded_away),
        "rounded_away_tokens": _sum(rounded_away, "total_tokens"),
        "no_usage_calls": sum(1 for row in rows if is_without_usage(row)),
        "costs": costs(rows),
        "failed_costs": costs([row for row in rows if not row["success"]]),
    }


def costs(rows: Rows) -> dict[str, Decimal]:
    """The cost per currency, without zeros."""
    groups = _grouped([row for row in rows if row["cost"]], currency)
    return {name: plain_cost(group) for name, group in groups.items()}


def plain_cost(rows: Rows) -> Decimal:
    return sum((row["cost"] for row in rows if row["cost"] is not None), Decimal("0.0000"))


def _sum(rows: Rows, name: str) -> int:
    return sum(row[name] or 0 for row in rows)


def average(rows: Rows) -> float:
    times = [row["response_time_ms"] for row in rows if row["response_time_ms"] is not None]
    return sum(times) / len(times) if times else 0.0


# ── the five statistics ─────────────────────────────────────────────────────────────────────────


class Statistics:
    """The five functions of spec §4 over `rows`."""

    def __init__(self, rows: Rows, zones: Zones) -> None:
        self.rows = rows
        self.zones = zones

    def user(self, user_id: int, start: Bound, end: Bound, currency: str | None) -> dict[str, Any]:
        rows = [row for row in self._between(start, end, currency) if row["user_id"] == user_id]
        successes = sum(1 for row in rows if row["success"])
        return {
            **_counts(rows),
            "success_rate": successes / len(rows) * 100 if rows else 0.0,
            "total_tokens": _sum(rows, "total_tokens"),
            "total_cost": float(plain_cost(rows)),
            "avg_response_time": average(rows),
            **_costs_if_mixed(rows, rows),
        }

    def daily(self, start: Bound, end: Bound, currency: str | None) -> list[dict[str, Any]]:
        return [
            {
                "date": day.isoformat(),
                **_counts(rows),
                "total_tokens": _sum(rows, "total_tokens"),
                "total_cost": float(plain_cost(rows)),
                **_costs_if_mixed(rows, everything),
            }
            for day, rows, everything in self._days(start, end, currency)
        ]

    def cost_trend(self, start: Bound, end: Bound, currency: str | None) -> list[dict[str, Any]]:
        return [
            {
                "date": day.isoformat(),
                "cost": float(plain_cost(rows)),
                **_costs_if_mixed(rows, everything),
            }
            for day, rows, everything in self._days(start, end, currency)
        ]

    def top_users(
        self, limit: int, start: Bound, end: Bound, currency: str | None
    ) -> list[dict[str, Any]]:
        everything = self._between(start, end, currency)
        groups = _grouped(everything, lambda row: row["user_id"])
        ranked = sorted(groups.items(), key=lambda item: (-plain_cost(item[1]), item[0]))
        return [
            {
                "user_id": user_id,
                "total_calls": len(rows),
                "total_tokens": _sum(rows, "total_tokens"),
                "total_cost": float(plain_cost(rows)),
                **_costs_if_mixed(rows, everything),
            }
            for user_id, rows in ranked[:limit]
        ]

    def endpoints(self, start: Bound, end: Bound, currency: str | None) -> list[dict[str, Any]]:
        everything = self._between(start, end, currency)
        groups = _grouped(everything, endpoint)
        ranked = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
        return [
            {
                "endpoint": name,
                "total_calls": len(rows),
                "total_cost": float(plain_cost(rows)),
                "avg_response_time": average(rows),
                **_costs_if_mixed(rows, everything),
            }
            for name, rows in ranked
        ]

    def _between(self, start: Bound, end: Bound, only: str | None) -> Rows:
        return [
            row
            for row in self.rows
            if is_between(row, start, end, self.zones)
            and (only is None or currency(row) == only.rstrip(" "))
        ]

    def _days(
        self, start: Bound, end: Bound, currency: str | None
    ) -> Iterator[tuple[date, Rows, Rows]]:
        dated = [row for row in self._between(start, end, currency) if row["created_at"]]
        for day, rows in sorted(_grouped(dated, self.zones.day).items()):
            yield day, rows, dated


def last_days(days: int, now: datetime) -> tuple[datetime, datetime]:
    """The bounds of `days`: exactly `days` × 24 hours."""
    return now - timedelta(hours=24 * days), now


def _counts(rows: Rows) -> dict[str, int]:
    successes = sum(1 for row in rows if row["success"])
    return {
        "total_calls": len(rows),
        "successful_calls": successes,
        "failed_calls": len(rows) - successes,
    }


def _costs_if_mixed(rows: Rows, everything: Rows) -> dict[str, dict[str, float]]:
    if len(costs(everything)) < 2:
        return {}
    return {"costs": {name: float(cost) for name, cost in costs(rows).items()}}
