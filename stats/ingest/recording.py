"""The only writer of calls: one call becomes a row, an array all its rows or none."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
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
from stats.db.lasting import refusal
from stats.db.rows import existing_ids, insert_and_read_row, insert_row, insert_rows
from stats.db.statements import Statement, compiled
from stats.ingest import closed_months, columns, currencies
from stats.ingest.columns import InvalidFieldsError
from stats.ingest.validation import (
    CLOSED_MONTH,
    COLUMN_NAMES,
    CURRENCY_UNKNOWN,
    NO_USAGE,
    UNPRICED,
    NewCall,
    parse_call,
)
from stats.models import APIUsageStats, EndUser, TranslationJob

TABLE = APIUsageStats._meta.db_table
USERS, JOBS = EndUser._meta.db_table, TranslationJob._meta.db_table
# The foreign keys of a call: column, table, its column. An adopted table may lack them.
REFERENCES = frozenset({("user_id", USERS, "id"), ("job_id", JOBS, "id")})

# Warnings of values that were not given, or of a late call. Other warnings: a value that was given
# is not stored.
GAPS = {NO_USAGE, UNPRICED, CLOSED_MONTH}

logger = logging.getLogger(__name__)
_values_but_time = attrgetter(*COLUMN_NAMES[:-1])


class InvalidBatchError(ValueError):
    """Nothing was written: `errors` maps the index of each bad item to its errors by field."""

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
    """Write one call; `metadata` holds its usage object in any shape (spec §2, §8).

    `usage_warnings` of the result has the warnings, `unknown_keys` some keys of a usage object that
    were not understood. If a given value is not stored, the log says so too. Raises
    `InvalidFieldsError`, naming every bad field; then nothing is written.
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
        keys = f"; keys: {' '.join(call.unknown_keys)}" if call.unknown_keys else ""
        warnings = ", ".join(call.usage_warnings)
        logger.warning("Call %s is stored, but: %s%s", call.pk, warnings, keys)
    return call


def record_call(given: object, now: datetime) -> APIUsageStats:
    """Write one call in any form of `stats.ingest.validation`.

    Raises `InvalidFieldsError`, naming every bad field; then nothing is written.
    """
    call_id, new = write_call(check_call(given, now))
    values = (call_id, *_values_but_time(new), new.created_at)
    call = APIUsageStats.from_db(connection.alias, ("id", *COLUMN_NAMES), values)
    call.usage_warnings, call.unknown_keys = new.warnings, new.unknown_keys
    return call


def check_call(given: object, now: datetime) -> NewCall:
    """The row to write for one call. Raises `InvalidFieldsError`, naming every bad field.

    Does not look for the user and the job if foreign keys make `write_call` fail without them.
    """
    try:
        (new,) = _checked([given], now, has_references=has_references(TABLE, REFERENCES))
    except InvalidBatchError as error:
        raise InvalidFieldsError(error.errors[0]) from None
    return new


def check_calls(given: Sequence[object], now: datetime) -> list[NewCall]:
    """The rows to write. Raises `InvalidBatchError`, naming every bad item and field."""
    return _checked(given, now, has_references=False)


def _checked(given: Sequence[object], now: datetime, *, has_references: bool) -> list[NewCall]:
    new_calls: dict[int, NewCall] = {}
    errors: dict[int, dict[str, str]] = {}
    zone, narrow = column_zone(), narrow_columns(TABLE)
    for index, item in enumerate(given):
        try:
            new_calls[index] = _parse(item, zone, now, narrow)
        except InvalidFieldsError as error:
            errors[index] = error.errors
    if not has_references:
        errors |= _unknown_references(new_calls)
    if errors:
        raise InvalidBatchError(dict(sorted(errors.items())))
    unknown = currencies.unknown({call.prompt_price_unit for call in new_calls.values()})
    if unknown:
        for call in new_calls.values():
            if call.prompt_price_unit in unknown:
                call.warnings += (CURRENCY_UNKNOWN,)
    closed_months.warn(new_calls.values())
    return list(new_calls.values())


def write_call(new: NewCall) -> tuple[int, NewCall]:
    """Write a checked call; its id, and the call as an adopted table's triggers stored it.

    Raises `InvalidFieldsError` for an unknown user or job, and for what the database refuses.
    """
    try:
        return _insert(new)
    except DatabaseError as error:
        # Only now: a query beforehand took a tenth of the time of a POST.
        is_of_values = isinstance(error, IntegrityError | DataError)
        if is_of_values and (errors := _unknown_references({0: new})):
            raise InvalidFieldsError(errors[0]) from None
        if refused := _refused(error):
            raise InvalidFieldsError(refused) from error
        raise


def _insert(new: NewCall) -> tuple[int, NewCall]:
    row = _row(new, connection.ops.adapt_datetimefield_value)
    if not settings.ADOPTED:
        return insert_row(TABLE, COLUMN_NAMES, row), new
    call_id, stored = insert_and_read_row(TABLE, COLUMN_NAMES, row)
    (values,) = _all_columns().converted([stored])
    return call_id, replace(new, **dict(zip(COLUMN_NAMES, values, strict=True)))


@cache
def _all_columns() -> Statement:
    return compiled(APIUsageStats.objects.values_list(*COLUMN_NAMES))


def write_calls(new_calls: Sequence[NewCall]) -> None:
    """Write checked calls, all or none. Raises `InvalidBatchError`, naming every item that the
    database refuses."""
    try:
        insert_calls(new_calls)
    except DatabaseError as error:
        if not (refused := _refused(error)):
            raise
        # Some errors concern no single call, such as the end of the ids.
        each = _refused_of(new_calls) or {len(new_calls) - 1: refused}
        raise InvalidBatchError(each) from error


def insert_calls(new_calls: Iterable[NewCall]) -> None:
    """Write checked calls in one transaction, many in one statement."""
    with transaction.atomic():
        # Converting a time to the column's zone is slow, and many calls share a second.
        adapted = cache(connection.ops.adapt_datetimefield_value)
        insert_rows(TABLE, COLUMN_NAMES, (_row(new, adapted) for new in new_calls))


def _row(new: NewCall, adapted: Callable[[datetime | None], Any]) -> tuple[Any, ...]:
    """The values of `COLUMN_NAMES`, adapted for the driver."""
    return (*_values_but_time(new), adapted(new.created_at))


def _refused(error: DatabaseError) -> dict[str, str]:
    """The errors by field; none if the database may accept the call later."""
    found = refusal(error)
    return {found.field: found.sentence} if found else {}


def _refused_of(new_calls: Sequence[NewCall]) -> dict[int, dict[str, str]]:
    """By index: the errors of refused calls. Tries to write each, and rolls back."""
    found = {}
    with transaction.atomic():
        for index, new in enumerate(new_calls):
            try:
                with transaction.atomic():
                    _insert(new)
            except DatabaseError as error:
                if not (refused := _refused(error)):
                    raise
                found[index] = refused
        transaction.set_rollback(True)
    return found


def delete_calls(ids: Collection[int]) -> int:
    """Remove calls; how many there were."""
    deleted, _per_model = APIUsageStats.objects.filter(pk__in=ids).delete()
    return deleted


def _parse(given: object, zone: tzinfo, now: datetime, narrow: Collection[str]) -> NewCall:
    """A call that fits the table; `narrow` are its utf8mb3 columns."""
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
        raise InvalidFieldsError(dict.fromkeys(wide, columns.TOO_WIDE))


def _unknown_references(new_calls: Mapping[int, NewCall]) -> dict[int, dict[str, str]]:
    """By index: the users and jobs that do not exist, found by one query."""
    user_ids = {call.user_id for call in new_calls.values()}
    job_ids = {call.job_id for call in new_calls.values()} - {None}
    users, jobs = existing_ids({USERS: user_ids, JOBS: job_ids})
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
