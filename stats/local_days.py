"""The local day of a column, in this deployment's zones."""

from datetime import date, datetime, time, tzinfo
from functools import lru_cache

from django.db.models import F

from stats.periods import OffsetPiece, offset_pieces
from stats.sql import LocalDay
from stats.zones import column_zone, reading_zone

NO_OFFSET = (OffsetPiece(None, 0),)


def local_day_of(
    column: str, first: datetime | None, last: datetime | None, undated: date | None = None
) -> LocalDay:
    """The day of TIME_ZONE for values between two aware times (None: there are no values).

    A NULL is on `undated`, or on no day.
    """
    if first is None or last is None:
        return LocalDay(F(column), NO_OFFSET, undated)
    zone = column_zone()
    first_day, last_day = (moment.astimezone(zone).date() for moment in (first, last))
    return LocalDay(F(column), _pieces(first_day, last_day, zone, reading_zone()), undated)


@lru_cache(maxsize=512)
def _pieces(first: date, last: date, naive_zone: tzinfo, zone: tzinfo) -> tuple[OffsetPiece, ...]:
    return offset_pieces(
        datetime.combine(first, time.min), datetime.combine(last, time.max), naive_zone, zone
    )
