"""A set of calls, aggregated into tables of this connection's own, then added to the rollups."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, F, Max, Min, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Left

from stats import sql
from stats.counters import (
    COUNTERS,
    CURRENCY,
    ENDPOINT,
    FAILED,
    FLOAT_COUNTERS,
    OUTCOME,
    SUMMED_COLUMNS,
)
from stats.local_days import first_and_last_time, local_day_of
from stats.models import (
    UNDATED,
    APIUsageStats,
    CurrencyName,
    DayFailure,
    EndpointName,
    FailureKind,
)
from stats.rollups.failures import MESSAGE_LENGTH, fingerprint
from stats.rollups.grains import (
    CURRENCY_PLACE,
    DAY_LATENCY,
    DAY_TOTAL,
    DAY_USER,
    DAY_USER_ENDPOINT,
    ENDPOINT_PLACE,
    GRAINS,
    HOUR_ENDPOINT,
    Grain,
)
from stats.sql import ExactText, HourNumber, LatencyBucket, LocalDay, TextNumber

Calls = QuerySet[APIUsageStats]
CALLS_TABLE = APIUsageStats._meta.db_table
# Calls at a time; few enough for `FLOAT_COUNTERS` to be exact.
CHUNK_IDS = 500_000
Names = type[EndpointName | CurrencyName]
# The texts that have numbers, how a call gives each, and the column that it is mostly in.
TEXTS: dict[Names, tuple[Any, str]] = {
    EndpointName: (ENDPOINT, "api_endpoint"),
    CurrencyName: (CURRENCY, "prompt_price_unit"),
}


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


def aggregate(calls: Calls, grains: Sequence[Grain], *, along_ids: bool = False) -> Chunk:
    """Aggregate calls into the `chunk` tables of grains, by plain reads that lock nothing.

    `along_ids` says that the calls are a stretch of at most `CHUNK_IDS` ids. Each statement sees
    what is committed when it starts; raises `ChangedMeanwhileError` where that was not the same for
    all.
    """
    day = _local_day()
    _make_sums(calls, day, along_ids)
    _make(DAY_LATENCY, _latency(calls, day), along_ids)
    for grain in grains:
        if summed := grain.summed:
            sql.make_temporary_table(grain.chunk, summed)
    failures = tuple(_failures(calls, day))
    totals = _totals(DAY_TOTAL)
    if (
        _totals(DAY_USER) != totals
        or _totals(DAY_LATENCY)["timed_calls"] != totals["timed_calls"]
        or sum(group.count for group in failures) != totals["calls"] - totals["successes"]
        or _local_day().pieces != day.pieces
    ):
        raise ChangedMeanwhileError
    return Chunk(totals["calls"], _days(), failures)


def add(chunk: Chunk, grains: Iterable[Grain]) -> None:
    """Add the aggregated chunk to rollups, inside the transaction of the caller."""
    with connection.cursor() as cursor:
        for grain in grains:
            cursor.execute(
                sql.upsert_sums(grain.table, grain.chunk_keys, grain.chunk_counters, grain.chunk)
            )
    _add_failures(chunk.failures)
    discard()


def rows_for(grain: Grain) -> set[tuple[Any, ...]]:
    """What the aggregated chunk amounts to in a rollup: keys and counters."""
    columns = ", ".join([*grain.chunk_keys.values(), *grain.chunk_counters.values()])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {grain.chunk}")  # noqa: S608 (our own names)
        return {comparable(row) for row in cursor.fetchall()}


def comparable(row: Iterable[Any]) -> tuple[Any, ...]:
    """A row of a rollup as every database would give it: a date, then numbers."""
    first, *numbers = row
    return (str(first), *(int(number) for number in numbers))


def discard() -> None:
    """Drop the aggregated chunk."""
    for grain in GRAINS:
        sql.drop_temporary_table(grain.chunk)


def days_of(calls: Calls) -> set[date]:
    """The local days that calls lie on, `UNDATED` for those without a time."""
    return set(calls.order_by().values_list(_local_day(), flat=True).distinct())


def _local_day() -> LocalDay:
    return local_day_of("created_at", *first_and_last_time(), UNDATED)


def _number(names: Names) -> TextNumber:
    known = names._default_manager.order_by("pk").values_list("text", "pk")
    return TextNumber(*TEXTS[names], names, dict(known[: sql.MOST_LITERALS + 1]))


def _make_sums(calls: Calls, day: LocalDay, along_ids: bool) -> None:
    may_be_floats = along_ids and sql.have_ten_digits(CALLS_TABLE, SUMMED_COLUMNS)
    counters = FLOAT_COUNTERS if may_be_floats else COUNTERS

    def make(grain: Grain, **key: Combinable) -> bool:
        """Whether all texts have a number."""
        _make(grain, _sums(calls, {"day_": day, **key}, counters), along_ids)
        return not _has_new_texts(grain)

    if not EndpointName.objects.exists():
        _name_texts(calls)
    hour = HourNumber("created_at")
    if not make(HOUR_ENDPOINT, hour_=hour):
        _name_texts(calls)
        if not make(HOUR_ENDPOINT, hour_=hour):
            raise ChangedMeanwhileError
    if not make(DAY_USER_ENDPOINT, user_id_=F("user_id")):
        raise ChangedMeanwhileError


def _sums(calls: Calls, keys: Mapping[str, Combinable], counters: Mapping[str, Combinable]) -> Any:
    kind = _number(EndpointName) * ENDPOINT_PLACE + _number(CurrencyName) * CURRENCY_PLACE + OUTCOME
    counted = {f"{name}_": counter for name, counter in counters.items()}
    return calls.order_by().values(**keys, kind_=kind).annotate(**counted)


def _latency(calls: Calls, day: LocalDay) -> Any:
    timed = calls.filter(response_time_ms__isnull=False).order_by()
    keys = {
        "day_": day,
        "endpoint_id_": _number(EndpointName),
        "bucket_": LatencyBucket("response_time_ms"),
    }
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


def _make(grain: Grain, query: Any, along_ids: bool) -> None:
    text, params = query.query.sql_with_params()
    if along_ids:
        text = sql.read_along_the_primary_key(text, CALLS_TABLE)
    sql.make_temporary_table(grain.chunk, text, params)


def _days() -> tuple[date, ...]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT day_ FROM {DAY_TOTAL.chunk} ORDER BY 1")  # noqa: S608
        return tuple(date.fromisoformat(str(day)) for (day,) in cursor.fetchall())


def _totals(grain: Grain) -> dict[str, int]:
    """Each counter over all rows of the aggregated chunk."""
    totals = ", ".join(f"COALESCE(SUM({name}), 0)" for name in grain.chunk_counters.values())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {totals} FROM {grain.chunk}")  # noqa: S608 (our own names)
        return dict(zip(grain.counters, map(int, cursor.fetchone()), strict=True))


def _has_new_texts(grain: Grain) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {grain.chunk} WHERE kind_ IS NULL LIMIT 1")  # noqa: S608
        return cursor.fetchone() is not None


def _name_texts(calls: Calls) -> None:
    """Give each text that has no number yet its own; another process may be at it too."""
    for names, (text, _column) in TEXTS.items():
        found = set(calls.order_by().values_list(text, flat=True).distinct())
        known = names._default_manager.filter(text__in=found).values_list("text", flat=True)
        new: list[Any] = [names(text=text) for text in sorted(found.difference(known))]
        names._default_manager.bulk_create(new, ignore_conflicts=True)


def keyed(failures: Iterable[Failures]) -> dict[tuple[date, int, int], Failures]:
    """Failures by day, number of the kind and number of the endpoint; one message for each."""
    keyed: dict[tuple[date, int, int], Failures] = {}
    for key, group in _with_keys(failures):
        keyed[key] = _together(keyed[key], group) if key in keyed else group
    return keyed


def _together(one: Failures, other: Failures) -> Failures:
    moments = [one.first_at, one.last_at, other.first_at, other.last_at]
    given = [moment for moment in moments if moment is not None]
    return replace(
        one,
        count=one.count + other.count,
        first_at=min(given, default=None),
        last_at=max(given, default=None),
    )


def _add_failures(failures: Iterable[Failures]) -> None:
    adapt = connection.ops.adapt_datetimefield_value
    params = [
        (*key, group.count, adapt(group.first_at), adapt(group.last_at))
        for key, group in sorted(keyed(failures).items())
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql.upsert_failures(DayFailure._meta.db_table), params)


def _with_keys(
    failures: Iterable[Failures],
) -> Iterator[tuple[tuple[date, int, int], Failures]]:
    groups = tuple(failures)
    prints = {
        message: fingerprint(message)
        for message in dict.fromkeys(group.message for group in groups)
    }
    kinds = _failure_kinds({print_: message for message, print_ in prints.items()})
    endpoints = dict(EndpointName.objects.values_list("text", "pk"))
    for group in groups:
        yield (group.day, kinds[prints[group.message]], endpoints[group.endpoint]), group


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
