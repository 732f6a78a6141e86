"""Compares closed months with what is known now. What differs becomes an adjustment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from stats.closings import chain, zone
from stats.closings.chain import ClosingError, Signer
from stats.closings.lines import known_beyond
from stats.models import ClosingEntry
from stats.models.closings import EntryKind
from stats.rollups import rebuilding, verifying


@dataclass(frozen=True, slots=True)
class Settled:
    """What a verification did for closed months: `rebuilt` days, and the adjustments."""

    rebuilt: list[date]
    adjustments: list[ClosingEntry]


def settle(differing: Iterable[date], now: datetime) -> Settled:
    """After a verification: rebuild the days of closed months that differ, since an adjustment now
    keeps what changed, then compare all closed months. Raises `ClosingError` and
    `RollupsBusyError`."""
    days = list(differing)
    closed = ClosingEntry.objects.closed_months()
    rebuilt = [day for day in days if day.replace(day=1) in closed]
    if rebuilt:
        verifying.repair(rebuilt, now, left=[day for day in days if day not in rebuilt])
    return Settled(rebuilt, compare(now))


def compare(now: datetime) -> list[ClosingEntry]:
    """Write an adjustment for each closed month that differs from the sums. Raises `ClosingError`
    and `RollupsBusyError`."""
    if sentence := zone.change():
        raise ClosingError(sentence)
    closed = ClosingEntry.objects.closed_months()
    found = (_compare(month, place, now) for month, place in closed.items())
    return [entry for entry in found if entry]


def written_since(place: int) -> list[int]:
    """The places of a closing and of its adjustments: together they are the month as known."""
    adjustments = ClosingEntry.objects.filter(kind=EntryKind.ADJUSTMENT, refers_to=place)
    return [place, *adjustments.order_by("place").values_list("place", flat=True)]


def _compare(month: date, place: int, now: datetime) -> ClosingEntry | None:
    with transaction.atomic():
        held = rebuilding.lock_or_refuse()
        if ClosingEntry.objects.closed_months().get(month) != place:
            # Reopened meanwhile.
            return None
        places = written_since(place)
        differences = known_beyond(month, places, held.folded_to)
        if not differences:
            return None
        return chain.append(
            EntryKind.ADJUSTMENT,
            month,
            now,
            signer=Signer(),
            refers_to=place,
            lines=differences,
        )
