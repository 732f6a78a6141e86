"""Aggregates a set of calls into temporary tables, then adds these to the rollups."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Count,
    DateField,
    F,
    Field,
    QuerySet,
    Subquery,
)
from django.db.models.expressions import Combinable, RawSQL
from django.db.models.functions import Coalesce

from stats.db import expressions, sql
from stats.db.catalogue import have_ten_digits
from stats.db.expressions import HourNumber, LatencyBucket, LocalDay, TextNumber
from stats.db.statements import Rows, Statement, compiled
from stats.models import UNDATED, APIUsageStats, DayFailure, EndpointName, FailureKind
from stats.rollups import grains as rollups
from stats.rollups.counters import (
    COUNTERS,
    FAILED,
    FAILURE_COUNTERS,
    FLOAT_COUNTERS,
    MESSAGE,
    OUTCOME,
    SUMMED_COLUMNS,
)
from stats.rollups.failures import fingerprint
from stats.rollups.grains import Grain
from stats.rollups.local_days import first_and_last_time, local_day_of
from stats.rollups.texts import CURRENCIES, ENDPOINTS, Texts

Calls = QuerySet[APIUsageStats]
Gathered = Mapping[str, Combinable]
CALLS_TABLE = APIUsageStats._meta.db_table
# The calls in few and short columns: read once, grouped three times.
GATHERED = "usage_chunk_calls"
# So few that `FLOAT_COUNTERS` are exact.
CHUNK_CALLS = 900_000


@dataclass(frozen=True, slots=True)
class Failures:
    """Failures of one day with one message at one endpoint."""

    day: date
    endpoint_id: int
    message: str
    count: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """The number of aggregated calls, their local days, and their failures."""

    calls: int
    days: tuple[date, ...]
    failures: tuple[Failures, ...]


class ChangedMeanwhileError(Exception):
    """The statements did not all see the same calls."""


def aggregate(calls: Calls, grains: Sequence[Grain], *, along_ids: bool = False) -> Chunk:
    """Aggregate calls into the `chunk` tables of grains, by plain reads that lock nothing.

    `along_ids`: the calls are the next ones by id, at most `CHUNK_CALLS`. Each statement sees what
    is committed when it starts. Raises `ChangedMeanwhileError` if that was not the same for all.
    """
    day = _local_day()
    gathered = {name: value for grain in grains for name, value in grain.gathered.items()}
    _gather(calls, day, gathered, along_ids)
    counters = _counters(along_ids)
    for grain in grains:
        sql.make_temporary_table(grain.chunk, *(grain.summed or _of_calls(grain, counters)))
    failures = tuple(_failures())
    sql.drop_temporary_table(GATHERED)
    totals = _totals()
    read, counted = sum(group.count for group in failures), totals["calls"] - totals["successes"]
    if read != counted:
        raise ChangedMeanwhileError(f"{counted} of them failed, and {read} failures are read")
    if _local_day().pieces != day.pieces or (along_ids and totals["calls"] > CHUNK_CALLS):
        raise ChangedMeanwhileError
    return Chunk(totals["calls"], _days(), failures)


def add(chunk: Chunk, grains: Iterable[Grain]) -> None:
    """Add the aggregated chunk to rollups, inside the transaction of the caller."""
    add_sums(grains)
    _add_failures(chunk.failures)
    discard()


def add_sums(grains: Iterable[Grain]) -> None:
    """Add the aggregated chunk to some rollups, without its failures, and keep it."""
    with connection.cursor() as cursor:
        for grain in grains:
            cursor.execute(
                sql.upsert_sums(grain.table, grain.chunk_keys, grain.chunk_counters, grain.chunk)
            )


def rows_for(grain: Grain) -> set[tuple[Any, ...]]:
    """The rows of a rollup that the aggregated chunk makes: keys and counters."""
    columns = ", ".join([*grain.chunk_keys.values(), *grain.chunk_counters.values()])
    rows = _rows(f"SELECT {columns} FROM {grain.chunk}")  # noqa: S608 (our own names)
    return {comparable(row) for row in rows}


def _rows(text: str) -> Rows:
    return Statement(text, ()).rows()


def comparable(row: Iterable[Any]) -> tuple[Any, ...]:
    """A row of a rollup, alike on every database: a date, then numbers."""
    first, *numbers = row
    return (str(first), *(int(number) for number in numbers))


def discard() -> None:
    """Drop the aggregated chunk."""
    for grain in rollups.GRAINS:
        sql.drop_temporary_table(grain.chunk)


def days_of(calls: Calls) -> set[date]:
    """The local days that calls lie on, `UNDATED` for those without a time."""
    return set(calls.order_by().values_list(_local_day(), flat=True).distinct())


def _local_day() -> LocalDay:
    return local_day_of("created_at", *first_and_last_time(), UNDATED)


def _number(texts: Texts) -> Combinable:
    """The id of a call's text; that of the others if no id is left for it."""
    names = texts.names._default_manager.order_by("pk").values_list("text", "pk")
    known = dict(names[: expressions.MOST_LITERALS + 1])
    number = TextNumber(texts.exact, texts.column, texts.names, known)
    if not names[texts.most - 1 : texts.most]:
        return number
    others = Subquery(names.filter(text=texts.others).order_by().values("pk"))
    return Coalesce(number, others, output_field=BigIntegerField())


def _gather(calls: Calls, day: LocalDay, gathered: Gathered, along_ids: bool) -> None:
    """Make `GATHERED`, with an id for each text."""
    if not EndpointName.objects.exists():
        _name_texts(calls)
    _make_gathered(calls, day, gathered, along_ids)
    if _has_new_texts():
        _name_texts(calls)
        _make_gathered(calls, day, gathered, along_ids)
        if _has_new_texts():
            raise ChangedMeanwhileError


def _make_gathered(calls: Calls, day: LocalDay, gathered: Gathered, along_ids: bool) -> None:
    endpoint, currency = map(_number, (ENDPOINTS, CURRENCIES))
    keys = {
        "day_": day,
        "hour_": HourNumber("created_at"),
        "user_id_": F("user_id"),
        "kind_": endpoint * rollups.ENDPOINT_PLACE + currency * rollups.CURRENCY_PLACE + OUTCOME,
        "bucket_": LatencyBucket("response_time_ms"),
        **gathered,
    }
    text, params = (
        calls.order_by().values("id", "cost", *SUMMED_COLUMNS, **keys).query.sql_with_params()
    )
    if along_ids:
        text = sql.read_along_the_primary_key(text, CALLS_TABLE)
    sql.make_temporary_table(GATHERED, text, params, in_memory=along_ids)


def _counters(along_ids: bool) -> Mapping[str, Combinable]:
    are_exact = along_ids and have_ten_digits(CALLS_TABLE, SUMMED_COLUMNS)
    return FLOAT_COUNTERS if are_exact else COUNTERS


def _of_calls(grain: Grain, counters: Mapping[str, Combinable]) -> tuple[str, Sequence[Any]]:
    """The SELECT that makes a grain's rows of the gathered calls."""
    calls = APIUsageStats.objects.order_by()
    if "bucket" in grain.keys:
        calls = calls.filter(response_time_ms__isnull=False)
    groups = {name: _gathered(found) for name, found in grain.groups_of_calls.items()}
    counted = {f"{name}_": counters[name] for name in grain.counters_of_calls}
    text, params = calls.values(**groups).annotate(**counted).query.sql_with_params()
    text = sql.read_from(f"{GATHERED} AS {{table}}", text, CALLS_TABLE)
    return grain.of_groups(text), params


def _gathered(expression: str, output_field: "Field[Any, Any] | None" = None) -> RawSQL:
    return RawSQL(expression, (), output_field)  # noqa: S611 (our own names)


def _failures() -> Iterable[Failures]:
    """Those of the gathered calls; their messages are read along their ids."""
    groups = (
        APIUsageStats.objects.filter(FAILED, _gathered(rollups.FAILED_OF_KIND, BooleanField()))
        .order_by()
        .values_list(_gathered("day_", DateField()), _gathered(rollups.ENDPOINT_OF_KIND), MESSAGE)
        .annotate(**FAILURE_COUNTERS)
    )
    statement = compiled(groups)
    with_messages = f"{GATHERED} JOIN {{table}} ON {{table}}.id = {GATHERED}.id"
    text = sql.read_from(with_messages, statement.text, CALLS_TABLE)
    return (Failures(*group) for group in replace(statement, text=text).rows())


def _days() -> tuple[date, ...]:
    rows = _rows(f"SELECT DISTINCT day_ FROM {rollups.DAY_TOTAL.chunk} ORDER BY 1")  # noqa: S608
    return tuple(date.fromisoformat(str(day)) for (day,) in rows)


def _totals() -> dict[str, int]:
    """Each counter over all rows of the aggregated chunk."""
    counters = rollups.DAY_TOTAL.chunk_counters
    totals = ", ".join(f"COALESCE(SUM({name}), 0)" for name in counters.values())
    (row,) = _rows(f"SELECT {totals} FROM {rollups.DAY_TOTAL.chunk}")  # noqa: S608 (our own names)
    return dict(zip(counters, map(int, row), strict=True))


def _has_new_texts() -> bool:
    return bool(_rows(f"SELECT 1 FROM {GATHERED} WHERE kind_ IS NULL LIMIT 1"))  # noqa: S608


def _name_texts(calls: Calls) -> None:
    """Give ids to new texts, the most frequent first, while there are ids left. Another process may
    do so at the same time."""
    for texts in (ENDPOINTS, CURRENCIES):
        names = texts.names._default_manager
        known = set(names.values_list("text", flat=True))
        found = calls.order_by().values_list(texts.exact).annotate(calls=Count("pk"))
        ranked = sorted(found, key=lambda group: (-group[1], group[0]))
        new = [text for text, _calls in ranked if text not in known]
        left = max(0, texts.most - len(known))
        if len(new) > left:
            new = [*new[: max(0, left - 1)], *{texts.others}.difference(known)]
        rows: list[Any] = [texts.names(text=text) for text in sorted(new)]
        names.bulk_create(rows, ignore_conflicts=True)


def keyed(failures: Sequence[Failures]) -> dict[tuple[date, int, int], Failures]:
    """Failures by day, id of the kind and id of the endpoint; one message for each."""
    messages = dict.fromkeys(group.message for group in failures)
    prints = {message: fingerprint(message) for message in messages}
    kinds = _failure_kinds({print_: message for message, print_ in prints.items()})
    keyed: dict[tuple[date, int, int], Failures] = {}
    for group in failures:
        key = group.day, kinds[prints[group.message]], group.endpoint_id
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


def _add_failures(failures: Sequence[Failures]) -> None:
    adapt = connection.ops.adapt_datetimefield_value
    params = [
        (*key, group.count, adapt(group.first_at), adapt(group.last_at))
        for key, group in sorted(keyed(failures).items())
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql.upsert_failures(DayFailure._meta.db_table), params)


def _failure_kinds(messages: Mapping[str, str]) -> dict[str, int]:
    """The id of each kind, by fingerprint; a new kind keeps the message it came with."""
    ids = FailureKind.objects.filter(fingerprint__in=messages).values_list("fingerprint", "pk")
    known = dict(ids)
    new = [
        FailureKind(fingerprint=print_, message=message)
        for print_, message in sorted(messages.items())
        if print_ not in known
    ]
    FailureKind.objects.bulk_create(new)
    return dict(ids.all()) if new else known
