"""The only maker of API keys."""

from collections.abc import Collection
from datetime import datetime

from stats.models import APIKey

SCOPES = ("record", "read")


def create(
    name: str, scopes: Collection[str], expires: datetime | None, now: datetime
) -> tuple[APIKey, str]:
    """A key for the service `name` and its secret, which is stored hashed and never seen again.

    Raises `ValueError` for a name that is empty or too long, an unknown or no scope, a past expiry.
    """
    length = APIKey._meta.get_field("name").max_length or 0
    if not 0 < len(name.strip()) <= length:
        raise ValueError(f"The name must have 1 to {length} characters.")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise ValueError(f"The scopes must be among {', '.join(SCOPES)}.")
    if expires is not None and expires <= now:
        raise ValueError("The expiry date lies in the past.")
    key = APIKey(
        name=name.strip(),
        may_record="record" in scopes,
        may_read="read" in scopes,
        expiry_date=expires,
    )
    secret = APIKey.objects.assign_key(key)
    key.save(force_insert=True)
    return key, secret
