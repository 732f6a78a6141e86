"""Closed months: how each month stands, its story, and what is known beyond what was signed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db.models import Count, QuerySet, Sum

from stats.closings import closing, comparing
from stats.closings.closing import UnknownCost
from stats.core.money import COST_STEP
from stats.core.periods import ALL_TIME, last_of_month, local_day, range_of_days
from stats.core.zones import reading_zone
from stats.models import ClosedLine, ClosedTotal, ClosingEntry
from stats.models.closings import FIGURES, EntryKind
from stats.query import engine
from stats.query.selection import Selection
from stats.query.sums import Sums, together
from stats.rollups.folding import current_rollup_state

# Entries of a month, the newest of them.
MOST_ENTRIES = 200


@dataclass(frozen=True, slots=True)
class Month:
    """A month by its first day, and what is known of it. `closing` is None unless it is closed;
    then `known` is what was `signed`, plus what was `adjusted` since. `request` is None unless
    somebody asks to reopen it."""

    month: date
    is_over: bool
    known: Sums
    closing: ClosingEntry | None = None
    request: ClosingEntry | None = None
    signed: Sums = field(default_factory=Sums)
    adjusted: Sums = field(default_factory=Sums)
    adjustments: int = 0

    @property
    def unknown_cost(self) -> UnknownCost:
        """Calls whose cost is not known."""
        return unknown_cost(self.known)


@dataclass(frozen=True, slots=True)
class Story:
    """A month and what was written of it, the newest entry first. `obstacles` stand in the way of
    closing it."""

    month: Month
    entries: Sequence[ClosingEntry]
    obstacles: Sequence[str]

    def signed_lines(self) -> "QuerySet[ClosedLine]":
        """The lines of the closing that holds, in their order."""
        return ClosedLine.objects.filter(entry__in=self._places[:1]).order_by("number")

    def adjusted_lines(self) -> "QuerySet[ClosedLine]":
        """What was learned since, the newest first."""
        lines = ClosedLine.objects.filter(entry__in=self._places[1:]).select_related("entry")
        return lines.order_by("-entry_id", "number")

    @property
    def _places(self) -> list[int]:
        closing = self.month.closing
        return comparing.written_since(closing.place) if closing else []


@dataclass(frozen=True, slots=True)
class Difference:
    """What is known of a closed month beyond what was signed."""

    month: date
    sums: Sums


def unknown_cost(sums: Sums) -> UnknownCost:
    """The calls of unknown cost among these."""
    return UnknownCost(sums.unpriced_calls, sums.rounded_away_calls, sums.no_usage_calls)


def months(now: datetime, invoiced: Iterable[date] = ()) -> list[Month]:
    """Those with calls or entries, and those `invoiced` that have begun, the newest first."""
    running = running_month(now)
    known: dict[date, list[Sums]] = {month: [] for month in invoiced if month <= running}
    for day, sums in engine.by_day(Selection(ALL_TIME)).items():
        known.setdefault(day.replace(day=1), []).append(sums)
    open_months = {
        month: Month(month, month < running, together(sums, Sums)) for month, sums in known.items()
    }
    found = open_months | _closed(ClosingEntry.objects.closed_months())
    return [found[month] for month in sorted(found, reverse=True)]


def story(month: date, now: datetime) -> Story | None:
    """None of a month that has not begun."""
    running = running_month(now)
    if month > running:
        return None
    written = ClosingEntry.objects.filter(month=month).prefetch_related("totals")
    entries = tuple(written.order_by("-place")[:MOST_ENTRIES])
    if closed := closed_month(month):
        return Story(closed, entries, ())
    days = range_of_days(month, last_of_month(month), reading_zone())
    found = Month(month, month < running, engine.total(Selection(days)))
    return Story(found, entries, tuple(closing.obstacles(month, now)))


def closed_month(month: date) -> Month | None:
    """None of a month that is not closed."""
    place = ClosingEntry.objects.closed_months().get(month)
    return None if place is None else _closed({month: place})[month]


def differences(first: date, last: date) -> list[Difference]:
    """Of the closed months that these days touch, those that were adjusted."""
    found = _differences(current_rollup_state().chain_head)
    return [one for one in found if first.replace(day=1) <= one.month <= last]


@lru_cache(maxsize=1)
def _differences(chain_head: str) -> tuple[Difference, ...]:
    """Of all adjusted months, once for each state of the chain."""
    if not chain_head:
        return ()
    places = ClosingEntry.objects.closed_months()
    adjusted = _totals(_adjustments(places.values()), "entry__month")
    return tuple(Difference(month, sums) for month, sums in sorted(adjusted.items()))


def running_month(now: datetime) -> date:
    """Its first day."""
    return local_day(now, reading_zone()).replace(day=1)


def _closed(places: Mapping[date, int]) -> dict[date, Month]:
    """Closed months, given the place of each closing."""
    closings = ClosingEntry.objects.in_bulk(list(places.values()))
    asked = ClosingEntry.objects.filter(kind=EntryKind.REQUEST, refers_to__in=closings)
    # Of several the last one.
    by_closing = {request.refers_to: request for request in asked.order_by("place")}
    signed = _totals(ClosedTotal.objects.filter(entry__in=closings), "entry_id")
    adjusted = _totals(_adjustments(closings), "entry__refers_to")
    counts = _counts(closings)
    return {
        month: Month(
            month=month,
            is_over=True,
            known=together([signed.get(place, Sums()), adjusted.get(place, Sums())], Sums),
            closing=closings[place],
            request=by_closing.get(place),
            signed=signed.get(place, Sums()),
            adjusted=adjusted.get(place, Sums()),
            adjustments=counts.get(place, 0),
        )
        for month, place in places.items()
    }


def _adjustments(places: Iterable[int]) -> "QuerySet[ClosedTotal]":
    kind = EntryKind.ADJUSTMENT
    return ClosedTotal.objects.filter(entry__kind=kind, entry__refers_to__in=list(places))


def _counts(places: Iterable[int]) -> dict[int | None, int]:
    """The number of adjustments of each closing."""
    entries = ClosingEntry.objects.filter(kind=EntryKind.ADJUSTMENT, refers_to__in=list(places))
    return dict(entries.values_list("refers_to").annotate(Count("pk")).order_by())


def _totals(rows: "QuerySet[ClosedTotal]", key: str) -> dict[Any, Sums]:
    """The sums over all currencies of some totals, by `key`."""
    summed = rows.values_list(key, "currency").annotate(*(Sum(name) for name in FIGURES)).order_by()
    found: dict[Any, list[Sums]] = defaultdict(list)
    for one, currency, *figures in summed:
        found[one].append(_sums_of(currency, dict(zip(FIGURES, map(int, figures), strict=True))))
    return {one: together(all_sums, Sums) for one, all_sums in found.items()}


def sums_of_row(row: ClosedLine | ClosedTotal) -> Sums:
    """The figures of a line or total."""
    return _sums_of(row.currency, {name: getattr(row, name) for name in FIGURES})


def _sums_of(currency: str, figures: dict[str, int]) -> Sums:
    units = figures["cost_units"]
    return Sums(
        calls=figures["calls"],
        successes=figures["calls"] - figures["failures"],
        prompt_tokens=figures["prompt_tokens"],
        completion_tokens=figures["completion_tokens"],
        total_tokens=figures["total_tokens"],
        unpriced_calls=figures["unpriced_calls"],
        rounded_away_calls=figures["rounded_away_calls"],
        no_usage_calls=figures["no_usage_calls"],
        costs={currency: units * COST_STEP} if units else {},
    )
