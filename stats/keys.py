"""Where API keys are made, replaced and revoked."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.query import RawQuerySet

from stats.models import APIKey

SCOPES = ("record", "read")
# How long a key that is replaced goes on working, unless told otherwise.
OVERLAP = timedelta(days=1)


def create(
    name: str,
    scopes: Collection[str],
    expires: datetime | None,
    now: datetime,
    rate: int | None = None,
) -> tuple[APIKey, str]:
    """A key for the service `name` and its secret, which is stored hashed and never seen again.

    `rate` is in requests a minute, None for API_RATE. Raises `ValueError` for a name that is empty
    or too long, an unknown or no scope, a past expiry, a rate below 1.
    """
    length = APIKey._meta.get_field("name").max_length or 0
    if not 0 < len(name.strip()) <= length:
        raise ValueError(f"The name must have 1 to {length} characters.")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise ValueError(f"The scopes must be among {', '.join(SCOPES)}.")
    if expires is not None and expires <= now:
        raise ValueError("The expiry date lies in the past.")
    if rate is not None and rate < 1:
        raise ValueError("The rate must be at least 1 request a minute.")
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


def usable(secret: str) -> APIKey | None:
    """The key with this secret, unless it is revoked or expired.

    Each request asks this, and the ORM's own query would take three times as long.
    """
    prefix = secret.partition(".")[0]
    sql = f"SELECT * FROM {APIKey._meta.db_table} WHERE prefix = %s AND NOT revoked"  # noqa: S608
    found: RawQuerySet[APIKey] = APIKey.objects.raw(sql, [prefix])
    for key in found:
        if key.is_valid(secret) and not key.has_expired:
            return key
    return None


def rotate(old: APIKey, overlap: timedelta, now: datetime) -> tuple[APIKey, str]:
    """A key like `old`, meant to live as long, and its secret; `old` works for `overlap` still.

    Raises `ValueError` for a key that is over already, or a negative overlap.
    """
    if old.revoked or old.has_expired:
        raise ValueError("This key is revoked or expired: make a new one.")
    if overlap < timedelta():
        raise ValueError("The overlap must not be negative.")
    expires = old.expiry_date and now + (old.expiry_date - old.created)
    with transaction.atomic():
        made = create(old.name, old.scopes, expires, now, old.rate)
        ends = now + overlap
        old.expiry_date = min(old.expiry_date or ends, ends)
        old.save(update_fields=["expiry_date"])
    return made


def revoke(found: QuerySet[APIKey]) -> int:
    """End these keys for good; how many were still valid."""
    return found.filter(revoked=False).update(revoked=True)
