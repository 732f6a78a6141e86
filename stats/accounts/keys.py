"""API keys: create, look up, rotate, revoke."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from stats.db.statements import Statement, compiled
from stats.ingest.groups import NOT_PRINTABLE
from stats.models import APIKey

SCOPES = ("record", "read")
_TABLE = APIKey._meta.db_table
# A column has the name of its field.
_NAMES = [field.attname for field in APIKey._meta.concrete_fields]
_BY_PREFIX = f"SELECT {', '.join(_NAMES)} FROM {_TABLE} WHERE prefix = %s"  # noqa: S608
# Size of the cache of key objects.
MOST_KEPT = 1_000
# Default time that a rotated key still works.
OVERLAP = timedelta(days=1)
LONGEST_OVERLAP = timedelta(days=36_500)
TOO_LONG = f"The overlap must not be longer than {LONGEST_OVERLAP.days} days."


def create(
    name: str,
    scopes: Collection[str],
    expires: datetime | None,
    now: datetime,
    rate: int | None = None,
) -> tuple[APIKey, str]:
    """A new key for the service `name`, and its secret, which is stored only as a hash.

    `rate` is requests a minute; None means API_RATE. Raises `ValueError` for a name that
    is empty, too long or not of one line, a missing or unknown scope, a past expiry, or a rate that
    is below 1 or does not fit its column.
    """
    length = APIKey._meta.get_field("name").max_length or 0
    if not 0 < len(name.strip()) <= length:
        raise ValueError(f"The name must have 1 to {length} characters.")
    if not name.strip().isprintable():
        raise ValueError(NOT_PRINTABLE)
    if not scopes or not set(scopes) <= set(SCOPES):
        raise ValueError(f"The scopes must be among {', '.join(SCOPES)}.")
    if expires is not None and expires <= now:
        raise ValueError("The expiry date lies in the past.")
    if rate is not None:
        _check_rate(rate)
    key = APIKey(
        name=name.strip(),
        may_record="record" in scopes,
        may_read="read" in scopes,
        expiry_date=expires,
        rate=rate,
    )
    secret = APIKey.objects.assign_key(key)
    key.save(force_insert=True)
    return key, secret


def _check_rate(rate: int) -> None:
    if rate < 1:
        raise ValueError("The rate must be at least 1 request a minute.")
    try:
        # Those of the database's column, too.
        APIKey._meta.get_field("rate").run_validators(rate)
    except ValidationError as error:
        raise ValueError(f"The rate does not fit its column: {error.messages[0]}") from error


def usable(secret: str) -> APIKey | None:
    """The key with this secret; None if it is unknown, revoked or expired."""
    # Every API request comes here. An ORM query takes three times as long, `raw()` nearly twice.
    row = _row(secret.partition(".")[0])
    key = _key_in(row) if row else None
    if key is None or not key.is_valid(secret) or key.revoked or key.has_expired:
        return None
    return key


@lru_cache(maxsize=MOST_KEPT)
def _key_in(row: tuple[Any, ...]) -> APIKey:
    """The key of a row. Cached, since no code changes the key object of a request."""
    (values,) = _columns().converted([row])
    return APIKey.from_db(connection.alias, _NAMES, values)


def _row(prefix: str) -> tuple[Any, ...] | None:
    # Usually the first statement of a request, so it doubles as the health check of the connection.
    # Django's own check took a tenth of the time of a POST.
    connection.health_check_done = True  # type: ignore[attr-defined] # Django's own mark
    try:
        return _selected(prefix)
    except OperationalError:
        if connection.in_atomic_block:
            raise
        # The connection broke while it was idle.
        connection.close()
        return _selected(prefix)


def _selected(prefix: str) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(_BY_PREFIX, [prefix])
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


@cache
def _columns() -> Statement:
    return compiled(APIKey.objects.values_list(*_NAMES))


def rotate(old: APIKey, overlap: timedelta, now: datetime) -> tuple[APIKey, str]:
    """A new key like `old`, and its secret. `old` still works for `overlap`.

    The new key lives as long as `old` was meant to. Raises `ValueError` if `old` is revoked or
    expired, or if the overlap is negative or longer than a hundred years.
    """
    if old.revoked or old.has_expired:
        raise ValueError("This key is revoked or expired: make a new one.")
    if overlap < timedelta():
        raise ValueError("The overlap must not be negative.")
    if overlap > LONGEST_OVERLAP:
        raise ValueError(TOO_LONG)
    expires = old.expiry_date and now + (old.expiry_date - old.created)
    with transaction.atomic():
        made = create(old.name, old.scopes, expires, now, old.rate)
        ends = now + overlap
        old.expiry_date = min(old.expiry_date or ends, ends)
        old.save(update_fields=["expiry_date"])
    return made


def revoke(found: QuerySet[APIKey]) -> int:
    """Revoke these keys; returns how many were not revoked before."""
    return found.filter(revoked=False).update(revoked=True)
