"""Figures of the calls in plain SQL, independent of `stats`."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

_TOKENS = (
    "(COALESCE(prompt_tokens, 0) + COALESCE(completion_tokens, 0) + COALESCE(total_tokens, 0))"
)
_FREE = "COALESCE(cost, 0) = 0"
_UNPRICED = f"{_TOKENS} > 0 AND {_FREE} AND COALESCE(prompt_unit_price, 0) = 0"
_ROUNDED_AWAY = f"{_TOKENS} > 0 AND {_FREE} AND COALESCE(prompt_unit_price, 0) <> 0"
_NO_USAGE = f"success = 1 AND {_TOKENS} = 0 AND {_FREE}"
_FIGURES = f"""
    COUNT(*),
    SUM(CASE WHEN success = 1 THEN 1 ELSE 0 END),
    SUM(COALESCE(prompt_tokens, 0)),
    SUM(COALESCE(completion_tokens, 0)),
    SUM(COALESCE(total_tokens, 0)),
    SUM(COALESCE(response_time_ms, 0)),
    COUNT(response_time_ms),
    SUM(CASE WHEN {_UNPRICED} THEN 1 ELSE 0 END),
    SUM(CASE WHEN {_UNPRICED} THEN COALESCE(total_tokens, 0) ELSE 0 END),
    SUM(CASE WHEN {_ROUNDED_AWAY} THEN 1 ELSE 0 END),
    SUM(CASE WHEN {_ROUNDED_AWAY} THEN COALESCE(total_tokens, 0) ELSE 0 END),
    SUM(CASE WHEN {_NO_USAGE} THEN 1 ELSE 0 END)
"""
CURRENCY = "COALESCE(prompt_price_unit, 'none')"


def day_of_taipei() -> str:
    """SQL for the local day of a call."""
    if connection.vendor == "sqlite":
        return "date(created_at, '+8 hours')"
    return "DATE_FORMAT(created_at + INTERVAL 8 HOUR, '%%Y-%%m-%%d')"


@dataclass
class Sums:
    """Sums over calls, by the API's names if it has one."""

    total_calls: int = 0
    successful_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    response_ms: int = 0
    timed_calls: int = 0
    unpriced_calls: int = 0
    unpriced_tokens: int = 0
    rounded_away_calls: int = 0
    rounded_away_tokens: int = 0
    no_usage_calls: int = 0
    costs: dict[str, Decimal] = field(default_factory=dict)
    failed_costs: dict[str, Decimal] = field(default_factory=dict)

    @property
    def failed_calls(self) -> int:
        return self.total_calls - self.successful_calls

    @property
    def success_rate(self) -> float | None:
        return self.successful_calls * 100 / self.total_calls if self.total_calls else None

    @property
    def avg_response_time(self) -> float | None:
        return self.response_ms / self.timed_calls if self.timed_calls else None

    @property
    def total_cost(self) -> Decimal:
        return sum(self.costs.values(), Decimal(0))


_COUNTED = [name for name, kind in Sums.__annotations__.items() if kind is int]


def _sums(figures: Iterable[Any]) -> Sums:
    sums = Sums()
    for name, value in zip(_COUNTED, figures, strict=True):
        setattr(sums, name, int(value))
    return sums


def together(parts: Iterable[Sums]) -> Sums:
    """The sums of disjoint sets of calls."""
    total = Sums()
    for part in parts:
        for name in _COUNTED:
            setattr(total, name, getattr(total, name) + getattr(part, name))
        for costs, more in ((total.costs, part.costs), (total.failed_costs, part.failed_costs)):
            for currency, cost in more.items():
                costs[currency] = costs.get(currency, Decimal(0)) + cost
    return total


@dataclass(frozen=True)
class Calls:
    """The calls that match conditions in SQL."""

    where: tuple[str, ...] = ("1 = 1",)
    values: tuple[Any, ...] = ()

    def that(self, condition: str, *values: Any) -> "Calls":
        return Calls((*self.where, condition), (*self.values, *values))

    def during(self, interval: tuple[datetime, datetime]) -> "Calls":
        start, end = (
            moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ") for moment in interval
        )
        return self.that("created_at >= %s", start).that("created_at <= %s", end)

    def in_currency(self, currency: str) -> "Calls":
        return self.that(f"{CURRENCY} = %s", currency) if currency else self

    def ask(self, what: str, rest: str = "") -> list[tuple[Any, ...]]:
        statement = (
            f"SELECT {what} FROM dt_api_usage_stats AS c WHERE {' AND '.join(self.where)} {rest}"
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, self.values)
            return list(cursor.fetchall())

    def by(self, key: str) -> dict[Any, Sums]:
        """The sums per value of an expression."""
        found = {
            row[0]: _sums(row[1:]) for row in self.ask(f"{key}, {_FIGURES}", f"GROUP BY {key}")
        }
        for failed, name in ((False, "costs"), (True, "failed_costs")):
            calls = self.that("COALESCE(success, 0) = 0") if failed else self
            cost = "SUM(ROUND(cost * 10000))"
            for value, currency, units in calls.that(f"NOT ({_FREE})").ask(
                f"{key}, {CURRENCY}, {cost}", f"GROUP BY {key}, {CURRENCY}"
            ):
                getattr(found[value], name)[currency] = Decimal(int(units)) / 10_000
        return found

    @property
    def total(self) -> Sums:
        return self.by("'all'").get("all", Sums())

    def percentile(self, percent: int) -> float | None:
        """The percentile by nearest rank, in ms."""
        times = [
            time
            for (time,) in self.that("response_time_ms IS NOT NULL").ask(
                "response_time_ms", "ORDER BY response_time_ms"
            )
        ]
        return float(times[math.ceil(len(times) * percent / 100) - 1]) if times else None

    def distinct(self, key: str) -> set[Any]:
        return {value for (value,) in self.ask(f"DISTINCT {key}")}


def as_day(text: str) -> date:
    return date.fromisoformat(text)
