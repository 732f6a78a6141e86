"""A set of calls, aggregated into tables of this connection's own, then added to the rollups."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, F, Max, Min, QuerySet, Value
from django.db.models.functions import Coalesce, Left

from stats import sql
from stats.counters import COUNTERS, CURRENCY, ENDPOINT, FAILED, SUCCEEDED
from stats.local_days import local_day_of
from stats.models import (
    UNDATED,
    APIUsageStats,
    CurrencyName,
    DayFailure,
    EndpointName,
    FailureKind,
)
from stats.rollups.failures import MESSAGE_LENGTH, fingerprint
from stats.rollups.grains import CHUNK, CHUNK_LATENCY, Grain
from stats.sql import ExactText, LatencyBucket, LocalDay

Calls = QuerySet[APIUsageStats]
CALLS_TABLE = APIUsageStats._meta.db_table


@dataclass(frozen=True, slots=True)
class Failures:
    """Failures of one day with one message at one endpoint."""

    day: date
    endpoint: str
    message: str
    count: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """What was aggregated: how many calls, the local days they lie on, and the failures."""

    calls: int
    days: tuple[date, ...]
    failures: tuple[Failures, ...]


class ChangedMeanwhileError(Exception):
    """The statements did not all see the same calls: nothing is known yet."""


def aggregate(calls: Calls) -> Chunk:
    """Aggregate calls into `CHUNK` and `CHUNK_LATENCY`, by plain reads that lock nothing.

    Each statement sees what is committed when it starts; raises `ChangedMeanwhileError` where
    that was not the same for all.
    """
    bounds = calls.aggregate(calls=Count("pk"), first=Min("created_at"), last=Max("created_at"))
    day = local_day_of("created_at", bounds["first"], bounds["last"], UNDATED)
    _make(CHUNK, _sums(calls, day))
    _make(CHUNK_LATENCY, _latency(calls, day))
    failures = tuple(_failures(calls, day))
    sums = _aggregated()
    if (sums.calls, sums.timed_calls, sums.failures) != (
        bounds["calls"],
        _aggregated_latency(),
        sum(group.count for group in failures),
    ):
        raise ChangedMeanwhileError
    return Chunk(sums.calls, sums.days, failures)


def add(chunk: Chunk, grains: Iterable[Grain]) -> None:
    """Add the aggregated chunk to rollups, inside the transaction of the caller."""
    name_texts()
    with connection.cursor() as cursor:
        for grain in grains:
            counters = {name: f"{name}_" for name in grain.counters}
            cursor.execute(sql.upsert_sums(grain.table, grain.chunk_keys, counters, grain.source))
    _add_failures(chunk.failures)
    discard()


def rows_for(grain: Grain) -> set[tuple[Any, ...]]:
    """What the aggregated chunk amounts to in a rollup: keys and counters."""
    keys = ", ".join(grain.chunk_keys.values())
    counters = ", ".join(f"SUM({name}_)" for name in grain.counters)
    positions = ", ".join(str(n) for n in range(1, len(grain.keys) + 1))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {keys}, {counters} FROM {grain.source} GROUP BY {positions}")  # noqa: S608
        return {comparable(row) for row in cursor.fetchall()}


def comparable(row: Iterable[Any]) -> tuple[Any, ...]:
    """A row of a rollup as every database would give it: a date, then numbers."""
    first, *numbers = row
    return (str(first), *(int(number) for number in numbers))


def name_texts() -> None:
    """Give each text of the chunk that has no number yet its own."""
    _name_texts(EndpointName, "endpoint_")
    _name_texts(CurrencyName, "currency_")


def discard() -> None:
    """Drop the aggregated chunk."""
    for name in (CHUNK, CHUNK_LATENCY):
        sql.drop_temporary_table(name)


def days_of(calls: Calls) -> set[date]:
    """The local days that calls lie on, `UNDATED` for those without a time."""
    bounds = calls.aggregate(first=Min("created_at"), last=Max("created_at"))
    day = local_day_of("created_at", bounds["first"], bounds["last"], UNDATED)
    return set(calls.order_by().values_list(day, flat=True).distinct())


def _sums(calls: Calls, day: LocalDay) -> Any:
    keys = {
        "day_": day,
        "user_id_": F("user_id"),
        "endpoint_": ENDPOINT,
        "currency_": CURRENCY,
        "success_": SUCCEEDED,
    }
    counters = {f"{name}_": counter for name, counter in COUNTERS.items()}
    return calls.order_by().values(**keys).annotate(**counters)


def _latency(calls: Calls, day: LocalDay) -> Any:
    timed = calls.filter(response_time_ms__isnull=False).order_by()
    keys = {"day_": day, "endpoint_": ENDPOINT, "bucket_": LatencyBucket("response_time_ms")}
    return timed.values(**keys).annotate(timed_calls_=Count("pk"))


def _failures(calls: Calls, day: LocalDay) -> Iterable[Failures]:
    message = Left(ExactText(Coalesce("error_message", Value(""))), MESSAGE_LENGTH)
    groups = (
        calls.filter(FAILED)
        .order_by()
        .values_list(day, ENDPOINT, message)
        .annotate(Count("pk"), Min("created_at"), Max("created_at"))
    )
    return (Failures(*group) for group in groups)


def _make(name: str, query: Any) -> None:
    text, params = query.query.sql_with_params()
    sql.make_temporary_table(name, sql.read_along_the_primary_key(text, CALLS_TABLE), params)


@dataclass(frozen=True, slots=True)
class _Aggregated:
    calls: int
    timed_calls: int
    failures: int
    days: tuple[date, ...]


def _aggregated() -> _Aggregated:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day_, SUM(calls_), SUM(timed_calls_), "  # noqa: S608 (our own name)
            f"SUM(CASE WHEN success_ = 0 THEN calls_ ELSE 0 END) FROM {CHUNK} GROUP BY 1 ORDER BY 1"
        )
        rows = cursor.fetchall()
    days = tuple(date.fromisoformat(str(day)) for day, *_sums in rows)
    calls, timed_calls, failures = (sum(int(row[n]) for row in rows) for n in (1, 2, 3))
    return _Aggregated(calls, timed_calls, failures, days)


def _aggregated_latency() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COALESCE(SUM(timed_calls_), 0) FROM {CHUNK_LATENCY}")  # noqa: S608
        return int(cursor.fetchone()[0])


def _name_texts(names: type[EndpointName | CurrencyName], column: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT {column} FROM {CHUNK} ORDER BY 1")  # noqa: S608
        texts = [text for (text,) in cursor.fetchall()]
    known = set(names._default_manager.filter(text__in=texts).values_list("text", flat=True))
    new: list[Any] = [names(text=text) for text in texts if text not in known]
    names._default_manager.bulk_create(new)


def failures_per_key(failures: Iterable[Failures]) -> dict[tuple[date, int, int], int]:
    """How many failures there are per day, number of the kind and number of the endpoint."""
    counted: Counter[tuple[date, int, int]] = Counter()
    for key, group in _keyed(failures):
        counted[key] += group.count
    return dict(counted)


def _add_failures(failures: Iterable[Failures]) -> None:
    adapt = connection.ops.adapt_datetimefield_value
    params = sorted(
        (*key, group.count, adapt(group.first_at), adapt(group.last_at))
        for key, group in _keyed(failures)
    )
    with connection.cursor() as cursor:
        cursor.executemany(sql.upsert_failures(DayFailure._meta.db_table), params)


def _keyed(
    failures: Iterable[Failures],
) -> Iterator[tuple[tuple[date, int, int], Failures]]:
    prints = [(fingerprint(group.message), group) for group in failures]
    kinds = _failure_kinds({print_: group.message for print_, group in prints})
    endpoints = dict(EndpointName.objects.values_list("text", "pk"))
    for print_, group in prints:
        yield (group.day, kinds[print_], endpoints[group.endpoint]), group


def _failure_kinds(messages: dict[str, str]) -> dict[str, int]:
    """The number of each kind, by fingerprint; a new kind keeps the message it came with."""
    known = dict(
        FailureKind.objects.filter(fingerprint__in=messages).values_list("fingerprint", "pk")
    )
    new = [
        FailureKind(fingerprint=print_, message=message)
        for print_, message in sorted(messages.items())
        if print_ not in known
    ]
    FailureKind.objects.bulk_create(new)
    return known | dict(
        FailureKind.objects.filter(fingerprint__in=[kind.fingerprint for kind in new]).values_list(
            "fingerprint", "pk"
        )
    )
