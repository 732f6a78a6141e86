"""The only writer of unusual days: each is kept once, and may be said to have been expected."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal

from stats.core.money import COST_STEP
from stats.core.periods import DAY, local_day
from stats.core.zones import reading_zone
from stats.models import ExaminedDays, UnusualDay
from stats.models.unusual import Measure, SubjectKind
from stats.reports.measured import Figure
from stats.unusual.finding import Expected, Found, find
from stats.unusual.subjects import Subject, first_known_day

logger = logging.getLogger(__name__)
# The last days that are over are looked at again: calls may come late.
DAYS_LOOKED_AT = 3
# So far back days are looked at that were not yet: at first, and after the jobs stood still.
MOST_DAYS_BACK = 35
STATE = 1


def find_and_keep(now: datetime, go_on: Callable[[], object] = lambda: None) -> int:
    """Keep what was unusual of the days to be looked at and is not kept yet; how many.

    Safe to run in several processes at once: the row of an unusual day is unique, and stays as it
    was found. `go_on` is called after each.
    """
    days = _days_to_look_at(local_day(now, reading_zone()) - DAY)
    count, expected = 0, _expected()
    for day in days:
        for found in find(day, expected):
            count += _keep(found, now)
            go_on()
        go_on()
    if days:
        _note_examined(days[-1], days[0])
    return count


def _days_to_look_at(last: date) -> list[date]:
    """Of those through the last one that is over, the newest first. A day without a history is
    like no other."""
    known = first_known_day(last)
    if known is None:
        return []
    first = last - (MOST_DAYS_BACK - 1) * DAY
    if examined := ExaminedDays.objects.first():
        again = last - (DAYS_LOOKED_AT - 1) * DAY
        first = max(first, min(again, examined.through + DAY))
    return [last - n * DAY for n in range((last - max(first, known)).days + 1)]


def _note_examined(first: date, last: date) -> None:
    examined = ExaminedDays.objects.first()
    is_joined = examined is not None and first <= examined.through + DAY
    since = min(first, examined.since) if examined and is_joined else first
    ExaminedDays.objects.update_or_create(pk=STATE, defaults={"since": since, "through": last})


def forget(rows: Iterable[UnusualDay]) -> None:
    """Remove days whose calls are gone, or partly: the last days are looked at anew."""
    UnusualDay.objects.filter(pk__in=[row.pk for row in rows]).delete()
    ExaminedDays.objects.all().delete()


def expect(pk: int, by: str, note: str, now: datetime) -> bool:
    """Note that a day was expected, and by whom: it is no news then, and nothing is learnt from it.
    False if there is none, or if somebody has said so before."""
    found = UnusualDay.objects.filter(pk=pk, expected_at=None)
    return bool(found.update(expected_at=now, expected_by=by, note=note))


def take_back(pk: int) -> bool:
    """Let a day count as unusual again. False if it does."""
    found = UnusualDay.objects.filter(pk=pk, expected_at__isnull=False)
    return bool(found.update(expected_at=None, expected_by="", note=""))


def _expected() -> Expected:
    found: defaultdict[tuple[Subject, Figure], set[date]] = defaultdict(set)
    for row in UnusualDay.objects.filter(expected_at__isnull=False):
        subject = Subject(SubjectKind(row.kind), row.key)
        found[subject, Figure(Measure(row.measure), row.currency)].add(row.day)
    return found


def _keep(found: Found, now: datetime) -> bool:
    """False if it is kept."""
    far = found.far
    row, is_new = UnusualDay.objects.get_or_create(
        day=far.day,
        kind=found.subject.kind,
        key=found.subject.key,
        measure=found.figure.measure,
        currency=found.figure.currency,
        defaults={
            "observed": found.observed,
            "usual": Decimal(far.usual).quantize(COST_STEP),
            "made_by": [[one.key, str(one.amount), str(one.usual)] for one in found.made_by],
            "found_at": now,
        },
    )
    if is_new:
        logger.info("Unusual: %s", row)
    return is_new
