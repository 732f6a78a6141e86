"""The list of calls with any filters: each page reads a bounded number of calls.

An index leads to the calls of a user, a job or a range of time; other filters look at each call. So
a page first looks at some calls. If too few of them match, the rollups say where there are more, if
they have the filters' keys, and the search goes on there. What is still missing is left to the next
page.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
from stats.rollups.local_days import Interval, in_column, is_between, last_in_column

# Intervals that one statement names.
MOST_INTERVALS = 60
# So many times fewer calls are looked at first.
FEWER = 25
# Beyond any id of a call.
FARTHEST_ID = 2**62
EVERYWHERE = Q()
NOWHERE = Q(pk__in=())


def listed(selection: Selection, *, newest_first: bool, cursor: str, size: int) -> Page:
    """The page of up to `size` calls of the selection behind `cursor` (empty: the first page).

    Ordered by time if the selection has a range, else by id. Raises `ValueError` for a cursor that
    is not ours.
    """
    order = Order(not selection.range.is_all_time, newest_first)
    position = order.position_of(cursor)
    return page(_found(selection, order, position, size + 1), order, position, size)


def newest(selection: Selection, most: int, among: int) -> list[APIUsageStats]:
    """The newest calls of a selection, as far as a page of the list finds them.

    `among` is their number whether they succeeded or not: few can be read without a bound.
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
    many = settings.MOST_CALLS_READ // 2
    # Mostly few suffice, and are read much faster.
    first = scan(calls, order, position, most, Bound(among, max(many // FEWER, 1)))
    if first.end is None:
        return first
    bound = Bound(among, many)
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
    """The calls of its user, its job and its range: an index has them in the list's order."""
    users = selection.user_ids if len(selection.user_ids) == 1 else ()
    return Selection(selection.range, user_ids=users, job_id=selection.job_id)


@dataclass(frozen=True, slots=True)
class SearchArea:
    """Where to look for calls. Beyond `end` there are more; None if there are none."""

    condition: Q
    end: Position | None = None


def _search_area(
    selection: Selection, order: Order, here: Position, missing: int
) -> SearchArea | None:
    """Where behind `here` the rollups have the missing calls; None if there are no more."""
    rollups = current_rollup_state()
    # An index leads to the calls of a job.
    is_known = selection.job_id is None and selection.is_known_to_sums
    if not (is_known and rollups.are_usable and are_distinct_in_rollups(selection, rollups)):
        return SearchArea(EVERYWHERE)
    if not (order.by_time and here.created_at):
        return SearchArea(EVERYWHERE) if engine.total(selection).calls else None
    is_descending = order.is_descending(here)
    bound = {"end" if is_descending else "start": here.created_at}
    within = _whole_days(replace(selection.range, **bound))
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
        # There may be none: a day's calls may all be on the other side of `here`.
        edge = near[-1] if has_more_hours else edge
    return _search_area_of(near, edge, is_descending) if near or edge else None


def _search_area_of(near: list[Interval], edge: Interval | None, is_descending: bool) -> SearchArea:
    """In these intervals, and beyond `edge` if there is one."""
    condition = reduce(or_, (is_between(*interval) for interval in near), NOWHERE)
    if edge is None:
        return SearchArea(condition)
    moment, id = (edge[0], -FARTHEST_ID) if is_descending else (edge[1], FARTHEST_ID)
    return SearchArea(condition, Position(True, id, moment.replace(tzinfo=column_zone())))


def _whole_days(range: Range) -> Range:
    """The range with all of the days that it cuts: rollups have whole days."""
    zone = reading_zone()
    return Range(
        range.start and start_of_day(local_day(range.start, zone), zone),
        range.end and end_of_day(local_day(range.end, zone), zone),
    )


def _is_ahead(interval: Interval, here: Position, is_descending: bool) -> bool:
    """True if some of an interval was not looked at yet."""
    assert here.created_at is not None  # noqa: S101 (a list by time has none without)
    moment = last_in_column(here.created_at)
    return interval[0] <= moment if is_descending else interval[1] >= moment


def _around(near: list[Interval]) -> Range:
    """The shortest range with all of these intervals."""
    first, last = min(near)[0], max(near)[1]
    return Range(first.replace(tzinfo=column_zone()), last.replace(tzinfo=column_zone()))


def _days(selection: Selection) -> dict[Interval, int]:
    """The number of calls on each local day that is not purged."""
    purged_before = current_rollup_state().purged_before
    return {
        in_column(range_of_days(day, day, reading_zone())): sums.calls
        for day, sums in engine.by_day(selection).items()
        if purged_before is None or day >= purged_before
    }


def _hours(selection: Selection) -> dict[Interval, int]:
    """The number of calls in each hour of the column's clock."""
    return {
        (start, start + HOUR - SECOND): calls
        for start, calls in engine.calls_by_hour(selection).items()
    }


def _nearest(
    calls: Mapping[Interval, int], missing: int, is_descending: bool
) -> tuple[list[Interval], bool]:
    """The nearest intervals with the missing calls, and whether there are others."""
    near: list[Interval] = []
    for interval in sorted(calls, reverse=is_descending):
        if missing <= 0 or len(near) == MOST_INTERVALS:
            return near, True
        near.append(interval)
        missing -= calls[interval]
    return near, False
