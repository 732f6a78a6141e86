"""A set of calls, aggregated into tables of this connection's own, then added to the rollups."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    Max,
    Min,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import Combinable, RawSQL
from django.db.models.functions import Coalesce, Left

from stats.db import expressions, sql
from stats.db.catalogue import have_ten_digits
from stats.db.expressions import (
    ExactText,
    HourNumber,
    LatencyBucket,
    LocalDay,
    TextNumber,
)
from stats.db.statements import compiled
from stats.models import (
    UNDATED,
    APIUsageStats,
    DayFailure,
    EndpointName,
    FailureKind,
)
from stats.rollups import grains as rollups
from stats.rollups.counters import (
    COUNTERS,
    FAILED,
    FLOAT_COUNTERS,
    OUTCOME,
    SUMMED_COLUMNS,
)
from stats.rollups.failures import MESSAGE_LENGTH, fingerprint
from stats.rollups.grains import (
    CURRENCY_PLACE,
    DAY_TOTAL,
    ENDPOINT_OF_KIND,
    ENDPOINT_PLACE,
    FAILED_OF_KIND,
    Grain,
)
from stats.rollups.local_days import DATED, first_and_last_time, local_day_of
from stats.rollups.texts import CURRENCIES, ENDPOINTS, Texts

Calls = QuerySet[APIUsageStats]
Gathered = Mapping[str, Combinable]
CALLS_TABLE = APIUsageStats._meta.db_table
# The calls themselves, in few and short columns: read and understood once, grouped three times.
GATHERED = "usage_chunk_calls"
# Calls at a time; few enough for `FLOAT_COUNTERS` to be exact.
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
    """What was aggregated: how many calls, the local days they lie on, and the failures."""

    calls: int
    days: tuple[date, ...]
    failures: tuple[Failures, ...]


class ChangedMeanwhileError(Exception):
    """The statements did not all see the same calls: nothing is known yet."""


def aggregate(calls: Calls, grains: Sequence[Grain], *, along_ids: bool = False) -> Chunk:
    """Aggregate calls into the `chunk` tables of grains, by plain reads that lock nothing.

    `along_ids` says that the calls are the next ones along their ids, at most `CHUNK_CALLS`. Each
    statement sees what is committed when it starts; raises `ChangedMeanwhileError` where that was
    not the same for all, or more than were there before.
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
    """Add what was aggregated to some rollups, and leave failures and the chunk as they are."""
    with connection.cursor() as cursor:
        for grain in grains:
            cursor.execute(
                sql.upsert_sums(grain.table, grain.chunk_keys, grain.chunk_counters, grain.chunk)
            )


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
    for grain in rollups.GRAINS:
        sql.drop_temporary_table(grain.chunk)


def days_of(calls: Calls) -> set[date]:
    """The local days that calls lie on, `UNDATED` for those without a time."""
    return set(calls.order_by().values_list(_local_day(), flat=True).distinct())


def _local_day() -> LocalDay:
    return local_day_of("created_at", *first_and_last_time(), UNDATED)


def _number(texts: Texts) -> Combinable:
    """The number of a call's text, or of the others where none is left for it."""
    names = texts.names._default_manager.order_by("pk").values_list("text", "pk")
    known = dict(names[: expressions.MOST_LITERALS + 1])
    number = TextNumber(texts.exact, texts.column, texts.names, known)
    if not names[texts.most - 1 : texts.most]:
        return number
    others = Subquery(names.filter(text=texts.others).order_by().values("pk"))
    return Coalesce(number, others, output_field=BigIntegerField())


def _gather(calls: Calls, day: LocalDay, gathered: Gathered, along_ids: bool) -> None:
    """Make `GATHERED`, with a number for each text."""
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
        "kind_": endpoint * ENDPOINT_PLACE + currency * CURRENCY_PLACE + OUTCOME,
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
    """The SELECT of a grain's rows from the gathered calls."""
    calls = APIUsageStats.objects.order_by()
    if "bucket" in grain.keys:
        calls = calls.filter(response_time_ms__isnull=False)
    groups = {name: _gathered(found) for name, found in grain.groups.items()}
    counted = {f"{name}_": counters[name] for name in grain.counters}
    text, params = calls.values(**groups).annotate(**counted).query.sql_with_params()
    return sql.read_from(f"{GATHERED} AS {{table}}", text, CALLS_TABLE), params


def _gathered(expression: str, output_field: "Field[Any, Any] | None" = None) -> RawSQL:
    return RawSQL(expression, (), output_field)  # noqa: S611 (our own names)


def _failures() -> Iterable[Failures]:
    """Of the gathered calls; their messages are read along their ids."""
    message = Left(ExactText(Coalesce("error_message", Value(""))), MESSAGE_LENGTH)
    groups = (
        APIUsageStats.objects.filter(FAILED, _gathered(FAILED_OF_KIND, BooleanField()))
        .order_by()
        .values_list(_gathered("day_", DateField()), _gathered(ENDPOINT_OF_KIND), message)
        .annotate(
            failures_=Count("pk"),
            first_at_=Min("created_at", filter=DATED),
            last_at_=Max("created_at", filter=DATED),
        )
    )
    statement = compiled(groups)
    with_messages = f"{GATHERED} JOIN {{table}} ON {{table}}.id = {GATHERED}.id"
    text = sql.read_from(with_messages, statement.text, CALLS_TABLE)
    return (Failures(*group) for group in replace(statement, text=text).rows())


def _days() -> tuple[date, ...]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT day_ FROM {DAY_TOTAL.chunk} ORDER BY 1")  # noqa: S608
        return tuple(date.fromisoformat(str(day)) for (day,) in cursor.fetchall())


def _totals() -> dict[str, int]:
    """Each counter over all rows of the aggregated chunk."""
    counters = DAY_TOTAL.chunk_counters
    totals = ", ".join(f"COALESCE(SUM({name}), 0)" for name in counters.values())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {totals} FROM {DAY_TOTAL.chunk}")  # noqa: S608 (our own names)
        return dict(zip(counters, map(int, cursor.fetchone()), strict=True))


def _has_new_texts() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {GATHERED} WHERE kind_ IS NULL LIMIT 1")  # noqa: S608
        return cursor.fetchone() is not None


def _name_texts(calls: Calls) -> None:
    """Give each text that has no number yet its own, as long as there are any, the most frequent
    first; another process may be at it too."""
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
    for group in groups:
        yield (group.day, kinds[prints[group.message]], group.endpoint_id), group


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
