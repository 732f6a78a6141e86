"""The rollups as data. The models declare their keys and counters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import F, Model, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from stats.db import sql
from stats.db.dialects import dialect
from stats.models import sums
from stats.models.sums import SPLIT, CallSums, CurrencySums
from stats.rollups.counters import (
    COST_KIND_OF_OUTCOME,
    COUNTERS,
    NO_JOB,
    SUCCESS_OF_OUTCOME,
    SUCCESS_PLACE,
    conditional_sums,
)

# In the rows of a chunk, one number holds outcome, currency and endpoint, from the right: to group
# by three numbers took two thirds of the time of six.
CURRENCY_PLACE, ENDPOINT_PLACE = 1 << 4, 1 << 20
ENDPOINT_OF_KIND = "kind_ >> 20"
FAILED_OF_KIND = f"({SUCCESS_OF_OUTCOME.format('kind_')}) = 0"
_of_kind = {
    "endpoint_id": ENDPOINT_OF_KIND,
    "currency_id": "(kind_ >> 4) & 65535",
    "success": SUCCESS_OF_OUTCOME.format("kind_"),
    "cost_kind": COST_KIND_OF_OUTCOME.format("kind_"),
}
# The outcome of a row of `CallSums`.
OUTCOME_OF_ROW = f"(success * {SUCCESS_PLACE} + cost_kind)"


@dataclass(frozen=True, eq=False)
class Grain:
    """A rollup, and how a chunk of calls gives its rows.

    These are first made in a temporary table. Its columns end in "_", since calls have columns of
    the same names.
    """

    model: type[Model]
    # The grain whose rows its own are sums of; None if they are made of the calls.
    finer: "Grain | None" = None
    # What a chunk gathers of a call for this grain, besides what it gathers anyway.
    gathered: Mapping[str, Combinable] = field(default_factory=dict)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.model._meta.pk_fields)

    @cached_property
    def counters(self) -> tuple[str, ...]:
        fields = self.model._meta.concrete_fields
        return tuple(field.name for field in fields if field.name not in self.keys)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of a chunk's rows that make up a key."""
        if not issubclass(self.model, CallSums):
            return tuple(f"{key}_" for key in self.keys)
        in_kind = {"endpoint_id", *SPLIT}
        return (*(f"{key}_" for key in self.keys if key not in in_kind), "kind_")

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def chunk(self) -> str:
        """The temporary table with its rows of a chunk."""
        return f"usage_chunk_{self.model._meta.model_name}"

    @property
    def chunk_keys(self) -> dict[str, str]:
        """Each key, and the SQL for it in `chunk`."""
        of_kind = _of_kind if "kind_" in self.columns else {}
        return {key: of_kind.get(key, f"{key}_") for key in self.keys}

    @property
    def chunk_counters(self) -> dict[str, str]:
        """Each counter, and the SQL for it in `chunk`."""
        return {name: f"{name}_" for name in self.counters}

    @property
    def groups(self) -> dict[str, str]:
        """Each of `columns`, and the SQL for it in what the rows are sums of."""
        return {name: self._reduced.get(name, name) for name in self.columns}

    @property
    def groups_of_calls(self) -> dict[str, str]:
        """What calls are grouped by, and the SQL for it in the gathered ones: more than its rows
        are, if these have columns for outcomes."""
        if not self._separates:
            return self.groups
        names = (*(name for name in self.columns if name != "currency_id_"), "kind_")
        return {name: self._reduced.get(name, name) for name in names}

    @property
    def counters_of_calls(self) -> tuple[str, ...]:
        """What is counted of calls in these groups."""
        return tuple(COUNTERS) if self._separates else self.counters

    def of_groups(self, select: str) -> str:
        """The SELECT of its rows of a chunk from that of calls in these groups."""
        if not self._separates:
            return select
        return self._summed(f"({select}) AS split", self.counters_of_calls)

    @property
    def summed(self) -> tuple[str, Sequence[Any]] | None:
        """The SELECT of its rows of a chunk from those of the finer grain; None without one."""
        if self.finer is None:
            return None
        return self._summed(self.finer.chunk, self.finer.counters), ()

    def _summed(self, source: str, counters: Sequence[str]) -> str:
        counted = {name: f"{name}_" for name in counters}
        if self._separates:
            counted |= conditional_sums(counted, "kind_")
        return sql.grouped(
            source, self.groups, {f"{name}_": counted[name] for name in self.counters}
        )

    def of_finer(self, condition: str) -> str:
        """The SELECT of its rows from stored rows of the finer grain."""
        assert self.finer is not None  # noqa: S101 (else there is nothing to sum up)
        counted = {name: name for name in self.finer.counters}
        if self._separates:
            counted |= conditional_sums(counted, OUTCOME_OF_ROW)
        groups = {key: key for key in self.keys}
        if self.is_by_month:
            groups["month"] = dialect().month_of("day")
        counters = {name: counted[name] for name in self.counters}
        return sql.grouped(self.finer.table, groups, counters, condition)

    @property
    def is_by_month(self) -> bool:
        """True if a row is of a month, else it is of a day or an hour."""
        return "month" in self.keys

    @property
    def _separates(self) -> bool:
        """True if it has columns for what the finer grain's rows, or calls, are split by."""
        is_split = self.finer is None or issubclass(self.finer.model, CallSums)
        return is_split and issubclass(self.model, CurrencySums)

    @property
    def _reduced(self) -> Mapping[str, str]:
        reduced = {"month_": dialect().month_of("day_")}
        if self.finer is None:
            reduced["endpoint_id_"] = _of_kind["endpoint_id"]
        if self._separates:
            reduced["currency_id_"] = _of_kind["currency_id"]
        if "endpoint_id" not in self.keys:
            reduced["kind_"] = f"kind_ & {ENDPOINT_PLACE - 1}"
        return reduced


DAY_USER_ENDPOINT = Grain(sums.DayUserEndpoint)
DAY_USER_OUTCOME = Grain(sums.DayUserOutcome, DAY_USER_ENDPOINT)
DAY_USER = Grain(sums.DayUser, DAY_USER_OUTCOME)
HOUR_ENDPOINT = Grain(sums.HourEndpoint)
DAY_ENDPOINT = Grain(sums.DayEndpoint, HOUR_ENDPOINT)
DAY_TOTAL = Grain(sums.DayTotal, DAY_ENDPOINT)
DAY_LATENCY = Grain(sums.DayLatency)
MONTH_USER_ENDPOINT = Grain(sums.MonthUserEndpoint, DAY_USER_ENDPOINT)
MONTH_USER_OUTCOME = Grain(sums.MonthUserOutcome, DAY_USER_OUTCOME)
MONTH_USER = Grain(sums.MonthUser, DAY_USER)
MONTH_LATENCY = Grain(sums.MonthLatency, DAY_LATENCY)

DAY_JOB = Grain(sums.DayJob, gathered={"job_id_": Coalesce(F("job_id"), Value(NO_JOB))})

# Every version has these, so they are as far as the state row says. Later ones have a fill state
# (`stats.rollups.fills`).
FIRST_GRAINS: tuple[Grain, ...] = (
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
# From fine to coarse: each after its finer one. A question reads the last one that has its keys.
GRAINS: tuple[Grain, ...] = (DAY_JOB, *FIRST_GRAINS)


def by_day() -> tuple[Grain, ...]:
    """Those by day or hour."""
    return tuple(grain for grain in GRAINS if not grain.is_by_month)


def by_month() -> tuple[Grain, ...]:
    """Those by month, each the sum of its finer grain's days."""
    return tuple(grain for grain in GRAINS if grain.is_by_month)


def later() -> tuple[Grain, ...]:
    """Those that were added to ledgers in use."""
    return tuple(grain for grain in GRAINS if grain not in FIRST_GRAINS)
