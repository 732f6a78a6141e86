"""The list of calls under any filters, at any size of the table: each page reads a bounded number.

An index leads to the calls of a user, a job or a stretch of time; any other filter is sought call
by call. So a page first looks at some calls. Where too few of these match, the sums are asked where
there are more, if they know the filters, and only there the search goes on; they also know that
there are none. What is still missing then is left to the next page.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import or_

from django.conf import settings
from django.db.models import Q

from stats.core.periods import (
    HOUR,
    SECOND,
    Range,
    end_of_day,
    local_day,
    range_of_days,
    start_of_day,
)
from stats.core.zones import column_zone, reading_zone
from stats.models import APIUsageStats
from stats.query import engine
from stats.query.answer import are_distinct_in_rollups
from stats.query.paging import Bound, Order, Page, Position, Scan, page, scan
from stats.query.selection import Selection
from stats.rollups.folding import current_rollup_state
from stats.rollups.local_days import first_in_column, is_between, last_in_column

# Of time, that one statement names.
MOST_INTERVALS = 60
# Beyond any that a call can have.
FARTHEST_ID = 2**62
EVERYWHERE = Q()
NOWHERE = Q(pk__in=())
# The first and last second, naive as the column has them.
Interval = tuple[datetime, datetime]


def listed(selection: Selection, *, newest_first: bool, cursor: str, size: int) -> Page:
    """The page of up to `size` calls of the selection behind `cursor` (empty: the first one).

    By time where the selection has a stretch of it, else by id. Raises `ValueError` for a cursor
    that is not ours.
    """
    order = Order(not selection.range.is_all_time, newest_first)
    position = order.position_of(cursor)
    return page(_found(selection, order, position, size + 1), order, position, size)


def newest(selection: Selection, most: int, among: int) -> list[APIUsageStats]:
    """The newest calls of a selection, as far as a page of the list would find them.

    `among` is how many there are whether they succeeded or not: few can be read without a bound.
    """
    unbounded = replace(selection, success=None)
    if unbounded == _in_order(selection) and among <= settings.MOST_CALLS_READ // 2:
        order = Order(not selection.range.is_all_time, newest_first=True)
        return scan(selection.narrow(APIUsageStats.objects.all()), order, None, most).calls
    return listed(selection, newest_first=True, cursor="", size=most).calls


def _found(selection: Selection, order: Order, position: Position | None, most: int) -> Scan:
    ordered = _in_order(selection)
    calls, among = (one.narrow(APIUsageStats.objects.all()) for one in (selection, ordered))
    if selection == ordered:
        return scan(calls, order, position, most)
    bound = Bound(among, settings.MOST_CALLS_READ // 2)
    first = scan(calls, order, position, most, bound)
    if first.end is None:
        return first
    here = replace(first.end, forward=position is None or position.forward)
    missing = most - len(first.calls)
    where = _search_area(selection, order, here, missing)
    if where is None:
        return Scan(first.calls)
    bound = replace(bound, among=among.filter(where.condition))
    more = scan(calls.filter(where.condition), order, here, missing, bound)
    is_short = len(more.calls) < missing
    return Scan([*first.calls, *more.calls], more.end or (where.end if is_short else None))


def _in_order(selection: Selection) -> Selection:
    """The calls of its user, its job and its time: those that an index has in the list's order."""
    users = selection.user_ids if len(selection.user_ids) == 1 else ()
    return Selection(selection.range, user_ids=users, job_id=selection.job_id)


@dataclass(frozen=True, slots=True)
class SearchArea:
    """Where calls are to be sought; beyond its end there are more, None where there are none."""

    condition: Q
    end: Position | None = None


def _search_area(
    selection: Selection, order: Order, here: Position, missing: int
) -> SearchArea | None:
    """Where behind `here` so many more calls are, by the sums; None where there are none at all."""
    rollups = current_rollup_state()
    # Of a job, an index leads to the few there are.
    is_known = selection.job_id is None and selection.is_known_to_sums
    if not (is_known and rollups.are_usable and are_distinct_in_rollups(selection, rollups)):
        return SearchArea(EVERYWHERE)
    if not (order.by_time and here.created_at):
        return SearchArea(EVERYWHERE) if engine.total(selection).calls else None
    is_descending = order.is_descending(here)
    within = _whole_days(_behind(selection.range, here.created_at, is_descending))
    days = _days(selection.during(within))
    near, has_more = _nearest(days, missing, is_descending)
    if not near:
        return None
    edge = near[-1] if has_more else None
    if not (selection.user_ids or selection.groups):
        found = _hours(selection.during(_around(near)))
        hours = {
            hour: calls for hour, calls in found.items() if _is_ahead(hour, here, is_descending)
        }
        near, has_more_hours = _nearest(hours, missing, is_descending)
        # Hours may be few, or none: a day's calls may all be on the other side of `here`.
        edge = near[-1] if has_more_hours else edge
    return _search_area_of(near, edge, is_descending) if near or edge else None


def _search_area_of(near: list[Interval], edge: Interval | None, is_descending: bool) -> SearchArea:
    """In these stretches, and beyond `edge` if there is one."""
    condition = reduce(or_, (is_between(*interval) for interval in near), NOWHERE)
    if edge is None:
        return SearchArea(condition)
    moment, id = (edge[0], -FARTHEST_ID) if is_descending else (edge[1], FARTHEST_ID)
    return SearchArea(condition, Position(True, id, moment.replace(tzinfo=column_zone())))


def _behind(range: Range, moment: datetime, is_descending: bool) -> Range:
    return replace(range, end=moment) if is_descending else replace(range, start=moment)


def _whole_days(range: Range) -> Range:
    """With all of the days that it cuts: what lies in the sums as it stands."""
    zone = reading_zone()
    return Range(
        range.start and start_of_day(local_day(range.start, zone), zone),
        range.end and end_of_day(local_day(range.end, zone), zone),
    )


def _is_ahead(interval: Interval, here: Position, is_descending: bool) -> bool:
    """Whether some of a stretch is still to be looked at."""
    assert here.created_at is not None  # noqa: S101 (a list by time has none without)
    moment = last_in_column(here.created_at)
    return interval[0] <= moment if is_descending else interval[1] >= moment


def _around(near: list[Interval]) -> Range:
    """As little time as has all of these stretches."""
    first, last = min(near)[0], max(near)[1]
    return Range(first.replace(tzinfo=column_zone()), last.replace(tzinfo=column_zone()))


def _days(selection: Selection) -> dict[Interval, int]:
    """How many calls there are on each local day; of purged ones none are."""
    purged_before = current_rollup_state().purged_before
    return {
        _in_column(range_of_days(day, day, reading_zone())): sums.calls
        for day, sums in engine.by_day(selection).items()
        if purged_before is None or day >= purged_before
    }


def _hours(selection: Selection) -> dict[Interval, int]:
    """The same of each hour of the column's clock."""
    return {
        (start, start + HOUR - SECOND): calls
        for start, calls in engine.calls_by_hour(selection).items()
    }


def _in_column(range: Range) -> Interval:
    start, end = range.bounds
    return first_in_column(start), last_in_column(end)


def _nearest(
    calls: Mapping[Interval, int], missing: int, is_descending: bool
) -> tuple[list[Interval], bool]:
    """The nearest of these that have so many calls together, and whether there are others."""
    near: list[Interval] = []
    for interval in sorted(calls, reverse=is_descending):
        if missing <= 0 or len(near) == MOST_INTERVALS:
            return near, True
        near.append(interval)
        missing -= calls[interval]
    return near, False
