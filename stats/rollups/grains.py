"""The rollups as data: which table is summed by what, over a chunk of calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.db.models.expressions import Combinable

from stats.db import sql
from stats.models import (
    DayEndpoint,
    DayLatency,
    DayTotal,
    DayUser,
    DayUserEndpoint,
    DayUserOutcome,
    HourEndpoint,
    MonthLatency,
    MonthUser,
    MonthUserEndpoint,
    MonthUserOutcome,
)
from stats.models.sums import SPLIT
from stats.rollups.counters import (
    COST_KIND_OF_OUTCOME,
    COUNTERS,
    FIGURES,
    SUCCESS_OF_OUTCOME,
    SUCCESS_PLACE,
    conditional_sums,
)

# In the rows of a chunk one number says what a call is besides its day and user: grouping by three
# numbers took two thirds of the time of grouping by six. From the right: `OUTCOME`, currency,
# endpoint.
CURRENCY_PLACE, ENDPOINT_PLACE = 1 << 4, 1 << 20
ENDPOINT_OF_KIND = "kind_ >> 20"
FAILED_OF_KIND = f"({SUCCESS_OF_OUTCOME.format('kind_')}) = 0"
_of_kind = {
    "endpoint_id": ENDPOINT_OF_KIND,
    "currency_id": "(kind_ >> 4) & 65535",
    "success": SUCCESS_OF_OUTCOME.format("kind_"),
    "cost_kind": COST_KIND_OF_OUTCOME.format("kind_"),
}
# Outcome of a stored row that is split by it.
OUTCOME_OF_ROW = f"(success * {SUCCESS_PLACE} + cost_kind)"


@dataclass(frozen=True, slots=True, eq=False)
class Grain:
    """A rollup: what it is keyed by, what it counts, and how a chunk of calls gives its rows.

    They stand in a table of the connection's own, whose columns end in "_", apart from the names
    of the calls' own columns.
    """

    model: type[Model]
    keys: tuple[str, ...]
    counters: tuple[str, ...]
    # The columns of its rows of a chunk that make up a key.
    columns: tuple[str, ...]
    # The grain whose rows its own are the sums of; None where they are made of the calls.
    finer: "Grain | None"
    # What a chunk gathers of a call for this grain, besides what it gathers anyway.
    gathered: Mapping[str, Combinable] = field(default_factory=dict)

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def chunk(self) -> str:
        """The table with its rows of a chunk."""
        return f"usage_chunk_{self.model._meta.model_name}"

    @property
    def chunk_keys(self) -> dict[str, str]:
        """Each key and how it is found in `chunk`."""
        of_kind = _of_kind if "kind_" in self.columns else {}
        return {key: of_kind.get(key, f"{key}_") for key in self.keys}

    @property
    def chunk_counters(self) -> dict[str, str]:
        """Each counter and how it is found in `chunk`."""
        return {name: f"{name}_" for name in self.counters}

    @property
    def groups(self) -> dict[str, str]:
        """Each of `columns`, and how it is found in what its rows are the sums of."""
        return {name: self._reduced.get(name, name) for name in self.columns}

    @property
    def summed(self) -> tuple[str, Sequence[Any]] | None:
        """The SELECT of its rows from those of the finer grain, None where there is none."""
        if self.finer is None:
            return None
        counted = self.finer.chunk_counters
        if self._separates:
            counted |= conditional_sums(counted, "kind_")
        counters = {f"{name}_": counted[name] for name in self.counters}
        return sql.grouped(self.finer.chunk, self.groups, counters), ()

    def of_finer(self, condition: str) -> str:
        """The SELECT of its rows from stored rows of the finer grain; those by month from days."""
        assert self.finer is not None  # noqa: S101 (else there is nothing to sum up)
        counted = {name: name for name in self.finer.counters}
        if self._separates:
            counted |= conditional_sums(counted, OUTCOME_OF_ROW)
        groups = {key: key for key in self.keys}
        if self.is_by_month:
            groups["month"] = sql.month_of("day")
        counters = {name: counted[name] for name in self.counters}
        return sql.grouped(self.finer.table, groups, counters, condition)

    @property
    def is_by_month(self) -> bool:
        """Whether a row is about a month, or else about a day."""
        return "month" in self.keys

    @property
    def _separates(self) -> bool:
        """Whether its columns tell what the rows of the finer grain are split by."""
        return self.finer is not None and self.counters != self.finer.counters

    @property
    def _reduced(self) -> Mapping[str, str]:
        reduced = {"month_": sql.month_of("day_")}
        if self.finer is None:
            reduced["endpoint_id_"] = _of_kind["endpoint_id"]
        if self._separates:
            reduced["currency_id_"] = _of_kind["currency_id"]
        if "endpoint_id" not in self.keys:
            reduced["kind_"] = f"kind_ & {ENDPOINT_PLACE - 1}"
        return reduced


def split_sums(
    finer: Grain | None,
    model: type[Model],
    *keys: str,
    gathered: Mapping[str, Combinable] | None = None,
) -> Grain:
    """A grain of `stats.models.sums.CallSums`, keyed by day or month and more."""
    columns = (*(f"{key}_" for key in keys if key != "endpoint_id"), "kind_")
    return Grain(model, (*keys, *SPLIT), tuple(COUNTERS), columns, finer, gathered or {})


def currency_sums(finer: Grain, model: type[Model], *keys: str) -> Grain:
    """A grain of `stats.models.sums.CurrencySums`, keyed by day or month and more."""
    keys = (*keys, "currency_id")
    return Grain(model, keys, FIGURES, tuple(f"{key}_" for key in keys), finer)


def _latency(finer: Grain | None, model: type[Model], time: str) -> Grain:
    keys = (time, "endpoint_id", "bucket")
    return Grain(model, keys, ("timed_calls",), tuple(f"{key}_" for key in keys), finer)


DAY_USER_ENDPOINT = split_sums(None, DayUserEndpoint, "day", "user_id", "endpoint_id")
DAY_USER_OUTCOME = split_sums(DAY_USER_ENDPOINT, DayUserOutcome, "day", "user_id")
DAY_USER = currency_sums(DAY_USER_OUTCOME, DayUser, "day", "user_id")
HOUR_ENDPOINT = split_sums(None, HourEndpoint, "day", "hour", "endpoint_id")
DAY_ENDPOINT = split_sums(HOUR_ENDPOINT, DayEndpoint, "day", "endpoint_id")
DAY_TOTAL = currency_sums(DAY_ENDPOINT, DayTotal, "day")
DAY_LATENCY = _latency(None, DayLatency, "day")
MONTH_USER_OUTCOME = split_sums(DAY_USER_OUTCOME, MonthUserOutcome, "month", "user_id")
MONTH_USER = currency_sums(DAY_USER, MonthUser, "month", "user_id")
MONTH_USER_ENDPOINT = split_sums(
    DAY_USER_ENDPOINT, MonthUserEndpoint, "month", "user_id", "endpoint_id"
)
MONTH_LATENCY = _latency(DAY_LATENCY, MonthLatency, "month")

# From fine to coarse: each after the one whose rows it sums up. A question reads the last one that
# knows what it asks.
GRAINS: tuple[Grain, ...] = (
    DAY_USER_ENDPOINT,
    DAY_USER_OUTCOME,
    DAY_USER,
    HOUR_ENDPOINT,
    DAY_ENDPOINT,
    DAY_TOTAL,
    DAY_LATENCY,
    MONTH_USER_ENDPOINT,
    MONTH_USER_OUTCOME,
    MONTH_USER,
    MONTH_LATENCY,
)
# Every version that folds has these, so they are as far as the state row says. Later ones have a
# fill state (`stats.rollups.fills`).
FIRST_GRAINS = frozenset(GRAINS)


def by_day() -> tuple[Grain, ...]:
    """Those whose rows are about a day or an hour of it."""
    return tuple(grain for grain in GRAINS if not grain.is_by_month)


def by_month() -> tuple[Grain, ...]:
    """Those whose rows are about a month, each the sum of days of its finer grain."""
    return tuple(grain for grain in GRAINS if grain.is_by_month)


def later() -> tuple[Grain, ...]:
    """Those that were added to ledgers in use."""
    return tuple(grain for grain in GRAINS if grain not in FIRST_GRAINS)
