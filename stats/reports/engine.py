"""The one reader of aggregates: a selection and dimensions in, sums per group out."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, tzinfo
from functools import lru_cache
from typing import Any

from django.db.models import F, Max, Min, QuerySet
from django.db.models.expressions import Combinable

from stats.models import APIUsageStats
from stats.periods import OffsetPiece, offset_pieces
from stats.reports.selection import CURRENCY, ENDPOINT, Selection
from stats.reports.sums import COUNTERS, Sums
from stats.sql import LocalDay
from stats.zones import column_zone, reading_zone


def total(selection: Selection) -> Sums:
    """The sums over all calls of the selection."""
    return _grouped(_calls(selection), {}).get((), Sums())


def by_user(selection: Selection) -> dict[int, Sums]:
    """Per user id."""
    return _by_one(_calls(selection), F("user_id"))


def by_job(selection: Selection) -> dict[int | None, Sums]:
    """Per job id; None for calls without a job."""
    return _by_one(_calls(selection), F("job_id"))


def by_endpoint(selection: Selection) -> dict[str, Sums]:
    """Per endpoint, exact but for trailing blanks."""
    return _by_one(_calls(selection), ENDPOINT)


def by_day(selection: Selection) -> dict[date, Sums]:
    """Per local day of TIME_ZONE that has calls, ascending; calls without a time are in none."""
    calls = _calls(selection).filter(created_at__isnull=False)
    bounds = _bounds(selection, calls)
    if bounds is None:
        return {}
    sums = _by_one(calls, LocalDay("created_at", _pieces(*bounds)))
    return dict(sorted(sums.items()))


def _calls(selection: Selection) -> QuerySet[APIUsageStats]:
    return selection.narrow(APIUsageStats.objects.all())


def _by_one(calls: QuerySet[APIUsageStats], dimension: Combinable) -> dict[Any, Sums]:
    return {key: sums for (key,), sums in _grouped(calls, {"dimension": dimension}).items()}


def _grouped(
    calls: QuerySet[APIUsageStats], dimensions: dict[str, Combinable]
) -> dict[tuple[Any, ...], Sums]:
    """One statement, grouped by currency as well, so that no two are ever added up unseen."""
    rows: Iterable[Mapping[str, Any]] = (
        calls.order_by()
        .values(currency_key=CURRENCY, **dimensions)
        .annotate(**{f"{name}_": counter for name, counter in COUNTERS.items()})
    )
    groups: dict[tuple[Any, ...], Sums] = {}
    for row in rows:
        sums = groups.setdefault(tuple(row[name] for name in dimensions), Sums())
        sums.add(row["currency_key"], {name: row[f"{name}_"] for name in COUNTERS})
    return groups


def _bounds(
    selection: Selection, calls: QuerySet[APIUsageStats]
) -> tuple[datetime, datetime] | None:
    """The first and last moment that the selected calls can have; None where there are none."""
    start, end = selection.range.start, selection.range.end
    if start is None or end is None:
        found = calls.aggregate(first=Min("created_at"), last=Max("created_at"))
        start, end = found["first"], found["last"]
    return (start, end) if start is not None and end is not None else None


def _pieces(start: datetime, end: datetime) -> tuple[OffsetPiece, ...]:
    zone = column_zone()
    first, last = (moment.astimezone(zone).date() for moment in (start, end))
    return _cached_pieces(first, last, zone, reading_zone())


@lru_cache(maxsize=512)
def _cached_pieces(
    first: date, last: date, naive_zone: tzinfo, zone: tzinfo
) -> tuple[OffsetPiece, ...]:
    return offset_pieces(
        datetime.combine(first, time.min), datetime.combine(last, time.max), naive_zone, zone
    )
