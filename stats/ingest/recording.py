"""The only writer of calls: a call as posted → one row, a batch → all rows or none."""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError, connection, transaction
from django.utils import timezone

from stats.core.texts import is_narrow, narrowed
from stats.core.zones import column_zone
from stats.db.catalogue import has_references, narrow_columns
from stats.db.rows import existing_ids, insert_row, insert_rows
from stats.ingest import columns, currencies, refusing
from stats.ingest.usage import MOST_KEYS
from stats.ingest.validation import (
    CURRENCY_UNKNOWN,
    NO_USAGE,
    UNPRICED,
    InvalidCallError,
    NewCall,
    parse_call,
)
from stats.models import APIUsageStats, EndUser, TranslationJob

COLUMN_NAMES = (
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

# The foreign keys of a call, where the database has them: column, table, its column.
REFERENCES = frozenset(
    {
        ("user_id", EndUser._meta.db_table, "id"),
        ("job_id", TranslationJob._meta.db_table, "id"),
    }
)

# Warnings that tell of a gap in what was given. The others tell that something of it is not stored.
GAPS = {NO_USAGE, UNPRICED}

logger = logging.getLogger(__name__)
_values_but_time = attrgetter(*COLUMN_NAMES[:-1])


@dataclass(frozen=True, slots=True)
class RecordedBatch:
    """How many calls were written, how often each warning was due, and some of the keys of usage
    objects that were not understood."""

    created: int
    warnings: Counter[str]
    unknown_keys: tuple[str, ...] = ()


class InvalidBatchError(ValueError):
    """Nothing was written: `errors` maps the index of each bad item to its fields' errors."""

    def __init__(self, errors: dict[int, dict[str, str]]) -> None:
        super().__init__(f"{len(errors)} of the calls cannot be recorded.")
        self.errors = errors


def record_api_call(
    user_id: int,
    job_id: int | None,
    api_endpoint: str,
    metadata: Mapping[str, Any] | None,
    response_time_ms: int | None,
    success: bool = True,
    error_message: str | None = None,
) -> APIUsageStats:
    """Write one call with the usage that `metadata` reports, in any shape (spec §2, §8).

    `usage_warnings` of what is returned has what is noteworthy; where something that was given is
    not stored, the log says so too. Raises `InvalidCallError`, naming every bad field; then nothing
    is written.
    """
    arguments = {
        "user_id": user_id,
        "job_id": job_id,
        "api_endpoint": api_endpoint,
        "metadata": metadata,
        "response_time_ms": response_time_ms,
        "success": success,
        "error_message": error_message,
    }
    call = record_call(arguments, timezone.now())
    if not GAPS.issuperset(call.usage_warnings):
        logger.warning("Call %s is stored, but: %s", call.pk, ", ".join(call.usage_warnings))
    return call


def record_call(given: object, now: datetime) -> APIUsageStats:
    """Write one call in any form of `stats.ingest.validation`.

    Raises `InvalidCallError`, naming every bad field; then nothing is written.
    """
    new = check_call(given, now)
    values = (write_call(new), *_values_but_time(new), new.created_at)
    call = APIUsageStats.from_db(connection.alias, ("id", *COLUMN_NAMES), values)
    call.usage_warnings = new.warnings
    return call


def check_call(given: object, now: datetime) -> NewCall:
    """The row to write for one call. Raises `InvalidCallError`, naming every bad field.

    Unknown users and jobs are left to foreign keys, where there are any, and `write_call`.
    """
    narrow = narrow_columns(APIUsageStats._meta.db_table)
    new = _parse(given, column_zone(), now, narrow)
    if not has_references(APIUsageStats._meta.db_table, REFERENCES):
        _check_references(new)
    _warn_of_currencies([new])
    return new


def check_calls(given: Sequence[object], now: datetime) -> list[NewCall]:
    """The rows to write. Raises `InvalidBatchError`, naming every bad item and field."""
    new_calls, errors = _parse_all(given, now)
    errors |= _unknown_references(new_calls)
    if errors:
        raise InvalidBatchError(dict(sorted(errors.items())))
    checked = list(new_calls.values())
    _warn_of_currencies(checked)
    return checked


def _warn_of_currencies(new_calls: Iterable[NewCall]) -> None:
    unknown = currencies.unknown({call.prompt_price_unit for call in new_calls})
    if not unknown:
        return
    for call in new_calls:
        if call.prompt_price_unit in unknown:
            call.warnings += (CURRENCY_UNKNOWN,)


def write_call(new: NewCall) -> int:
    """Write a checked call; its id. What the other application's trigger made of it is in `new`.

    Raises `InvalidCallError` for an unknown user or job, and for what the database refuses.
    """
    try:
        call_id = _insert(new)
    except DatabaseError as error:
        if isinstance(error, IntegrityError | DataError):
            # Asked only now: a query beforehand took a tenth of all the time of a post.
            _check_references(new)
        if refused := refusing.refused(error):
            raise InvalidCallError(refused) from error
        raise
    if settings.ADOPTED:
        _take_what_is_stored(new, call_id)
    return call_id


def _insert(new: NewCall) -> int:
    row = _row(new, connection.ops.adapt_datetimefield_value)
    return insert_row(APIUsageStats._meta.db_table, COLUMN_NAMES, row)


def _take_what_is_stored(new: NewCall, call_id: int) -> None:
    stored = APIUsageStats.objects.filter(pk=call_id).values(*COLUMN_NAMES).first()
    for name, value in (stored or {}).items():
        setattr(new, name, value)


def write_calls(new_calls: Sequence[NewCall]) -> RecordedBatch:
    """Write checked calls, all in one transaction or none.

    Raises `InvalidBatchError`, naming every item that the database refuses.
    """
    try:
        insert_calls(new_calls)
    except DatabaseError as error:
        if not (refused := refusing.refused(error)):
            raise
        # Of all together, such as of ids that are left for some, no single one can tell.
        each = refusing.refused_of(new_calls, _insert) or {len(new_calls) - 1: refused}
        raise InvalidBatchError(each) from error
    warnings = Counter(warning for call in new_calls for warning in call.warnings)
    # Each once, in the order in which they came.
    keys = dict.fromkeys(key for call in new_calls for key in call.unknown_keys)
    return RecordedBatch(len(new_calls), warnings, tuple(keys)[:MOST_KEYS])


def insert_calls(new_calls: Iterable[NewCall]) -> None:
    """Write checked calls in one transaction, many in one statement."""
    with transaction.atomic():
        insert_rows(APIUsageStats._meta.db_table, COLUMN_NAMES, _rows(new_calls))


def _rows(new_calls: Iterable[NewCall]) -> Iterator[tuple[Any, ...]]:
    # The calls of one second share the conversion to the column's zone, which takes longer than
    # all else here.
    adapted = cache(connection.ops.adapt_datetimefield_value)
    return (_row(new, adapted) for new in new_calls)


def _row(new: NewCall, adapted: Callable[[datetime | None], Any]) -> tuple[Any, ...]:
    """The values of `COLUMN_NAMES` as the driver takes them."""
    return (*_values_but_time(new), adapted(new.created_at))


def delete_calls(ids: Collection[int]) -> int:
    """Remove calls, for a purge or with demo data; how many there were."""
    deleted, _per_model = APIUsageStats.objects.filter(pk__in=ids).delete()
    return deleted


def _parse_all(
    given: Sequence[object], now: datetime
) -> tuple[dict[int, NewCall], dict[int, dict[str, str]]]:
    """Per index, the calls that can be read, and the errors of the others."""
    new_calls: dict[int, NewCall] = {}
    errors: dict[int, dict[str, str]] = {}
    zone, narrow = column_zone(), narrow_columns(APIUsageStats._meta.db_table)
    for index, item in enumerate(given):
        try:
            new_calls[index] = _parse(item, zone, now, narrow)
        except InvalidCallError as error:
            errors[index] = error.errors
    return new_calls, errors


def _parse(given: object, zone: tzinfo, now: datetime, narrow: Collection[str]) -> NewCall:
    """A call as the table will hold it, whose texts may be utf8mb3 in an adopted database."""
    new = parse_call(given, zone, now)
    if settings.NORMALIZE_ENDPOINTS:
        new.api_endpoint = columns.without_ids(new.api_endpoint)
    if narrow:
        _check_narrow(new, narrow)
    return new


def _check_narrow(new: NewCall, narrow: Collection[str]) -> None:
    if "error_message" in narrow and new.error_message:
        new.error_message = narrowed(new.error_message)
    wide = {name for name in narrow if not is_narrow(getattr(new, name, None))}
    if wide:
        raise InvalidCallError(dict.fromkeys(wide, columns.TOO_WIDE))


def _check_references(new: NewCall) -> None:
    if errors := _unknown_references({0: new}):
        raise InvalidCallError(errors[0])


def _unknown_references(new_calls: Mapping[int, NewCall]) -> dict[int, dict[str, str]]:
    """Per index, the users and jobs that do not exist: one query for both tables."""
    user_ids = {call.user_id for call in new_calls.values()}
    job_ids = {call.job_id for call in new_calls.values()} - {None}
    users, jobs = existing_ids(
        {EndUser._meta.db_table: user_ids, TranslationJob._meta.db_table: job_ids}
    )
    if user_ids <= users and job_ids <= jobs:
        return {}
    errors: dict[int, dict[str, str]] = {}
    for index, call in new_calls.items():
        unknown: dict[str, str] = {}
        if call.user_id not in users:
            unknown["user_id"] = f"There is no user {call.user_id}."
        if call.job_id is not None and call.job_id not in jobs:
            unknown["job_id"] = f"There is no job {call.job_id}."
        if unknown:
            errors[index] = unknown
    return errors
