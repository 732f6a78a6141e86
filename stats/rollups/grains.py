"""The rollups as data: which table is summed by what, over a chunk of calls."""

from dataclasses import dataclass

from django.db.models import Model

from stats import sql
from stats.counters import COUNTERS
from stats.models import (
    CurrencyName,
    DayEndpoint,
    DayLatency,
    DayUser,
    DayUserEndpoint,
    EndpointName,
    MonthLatency,
    MonthUser,
    MonthUserEndpoint,
)

# The tables of a connection's own that a chunk of calls is aggregated into. Their columns end in
# "_", apart from the names of the calls' own columns.
CHUNK = "usage_chunk"
CHUNK_LATENCY = "usage_chunk_latency"


@dataclass(frozen=True, slots=True)
class Grain:
    """A rollup: what it is keyed by, what it counts, and the chunk table that feeds it."""

    model: type[Model]
    keys: tuple[str, ...]
    counters: tuple[str, ...]
    chunk: str

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def chunk_keys(self) -> dict[str, str]:
        """Each key and how it is found in `source`."""
        found = {
            "month": sql.month_of("day_"),
            "endpoint_id": "endpoint.id",
            "currency_id": "currency.id",
        }
        return {key: found.get(key, f"{key}_") for key in self.keys}

    @property
    def source(self) -> str:
        """The chunk, with the numbers of its texts."""
        names = [("endpoint", EndpointName), ("currency", CurrencyName)]
        return self.chunk + "".join(
            f" JOIN {model._meta.db_table} {name} ON {name}.text = {name}_"
            for name, model in names
            if f"{name}_id" in self.keys or self.chunk == CHUNK
        )


def _sums(model: type[Model], *keys: str) -> Grain:
    return Grain(model, (*keys, "currency_id", "success"), tuple(COUNTERS), CHUNK)


def _latency(model: type[Model], *keys: str) -> Grain:
    return Grain(model, (*keys, "endpoint_id", "bucket"), ("timed_calls",), CHUNK_LATENCY)


DAY_ENDPOINT = _sums(DayEndpoint, "day", "endpoint_id")
DAY_USER = _sums(DayUser, "day", "user_id")
DAY_USER_ENDPOINT = _sums(DayUserEndpoint, "day", "user_id", "endpoint_id")
MONTH_USER = _sums(MonthUser, "month", "user_id")
MONTH_USER_ENDPOINT = _sums(MonthUserEndpoint, "month", "user_id", "endpoint_id")
DAY_LATENCY = _latency(DayLatency, "day")
MONTH_LATENCY = _latency(MonthLatency, "month")

DAY_GRAINS = (DAY_ENDPOINT, DAY_USER, DAY_USER_ENDPOINT, DAY_LATENCY)
# Each by month, with the grain by day that it is the sum of.
MONTH_GRAINS = {
    MONTH_USER: DAY_USER,
    MONTH_USER_ENDPOINT: DAY_USER_ENDPOINT,
    MONTH_LATENCY: DAY_LATENCY,
}
GRAINS = (*DAY_GRAINS, *MONTH_GRAINS)
