"""What fields of several formats hold: times of UTC, seconds, JSON within CSV."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from stats.core import exact_json
from stats.core.periods import iso_datetime
from stats.ingest import columns

A_SENTENCE = "A date and time in ISO 8601 is needed, like 2026-11-24 08:30:00.123."
LONGEST = Decimal(columns.INT_MAX)


def utc(value: object) -> datetime:
    """A date and time, in UTC unless it says otherwise; aware. Raises `ValueError`."""
    if type(value) is not str:
        raise ValueError(A_SENTENCE)
    try:
        moment = iso_datetime(value.strip())
    except ValueError:
        raise ValueError(A_SENTENCE) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def milliseconds(seconds: object) -> int:
    """Whole ones of decimal seconds, rounded half up. Raises `ValueError`."""
    given = columns.decimal(seconds)
    if given > LONGEST:
        raise ValueError("This is too long.")
    return int((given * 1000).quantize(Decimal(1), ROUND_HALF_UP))


def milliseconds_between(start: datetime | None, end: datetime | None) -> int | None:
    """None where one is not known, or where the clock was set back between."""
    if start is None or end is None or end < start:
        return None
    return round((end - start).total_seconds() * 1000)


def mapping(value: object) -> Mapping[str, Any]:
    """An object, in CSV as JSON. Raises `ValueError`."""
    if type(value) is str:
        try:
            value = exact_json.decode(value.encode())
        except exact_json.NotJSONError as error:
            raise ValueError(f"This is no JSON: {error}.") from None
    if not isinstance(value, Mapping):
        raise ValueError("An object is needed.")
    return value
