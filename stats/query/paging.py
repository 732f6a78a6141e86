"""Keyset paging over calls, newest or oldest first: no COUNT, no OFFSET.

Calls are in the order of (created_at, id) or of id; both are index orders. Comparing both columns
keeps thousands of calls of one second apart. The order of ids has calls without a time, too.

If few calls match, a page could read the whole table. A `Bound` ends it earlier: the page has fewer
rows, and its cursor goes on behind the last call that was looked at.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet

from stats.core.zones import column_zone
from stats.models import APIUsageStats
from stats.query import cursors

Calls = QuerySet[APIUsageStats]


@dataclass(frozen=True, slots=True)
class Page:
    """One page. A cursor is empty if nothing follows or precedes.

    `cut_at` is the last call that was looked at if a bound ended the page.
    """

    calls: list[APIUsageStats]
    next_cursor: str
    previous_cursor: str
    cut_at: "Position | None" = None


@dataclass(frozen=True, slots=True)
class Position:
    """The call that a page lies behind: after it in the order (`forward`), or before it."""

    forward: bool
    id: int
    created_at: datetime | None

    def encode(self) -> str:
        time = self.created_at.isoformat() if self.created_at else None
        return cursors.encoded(self.forward, self.id, time)

    @classmethod
    def decode(cls, cursor: str) -> "Position":
        forward, id, time = cursors.decoded(cursor)
        if time is None:
            return cls(forward, id, None)
        try:
            created_at = datetime.fromisoformat(time)
            # At the ends of the calendar this overflows, as the query would.
            created_at.astimezone(column_zone())
        except (ValueError, OverflowError) as error:
            raise ValueError(cursors.NOT_OURS) from error
        if created_at.tzinfo is None:
            raise ValueError(cursors.NOT_OURS)
        return cls(forward, id, created_at)


@dataclass(frozen=True, slots=True)
class Order:
    """By (created_at, id), if all calls have a time, or by id."""

    by_time: bool
    newest_first: bool

    def is_descending(self, position: Position | None) -> bool:
        """True if the index is read backwards from there."""
        return self.newest_first == (position is None or position.forward)

    def after(self, position: Position) -> Position:
        """The next position, so that the call itself lies before it."""
        step = -1 if self.is_descending(position) else 1
        return replace(position, id=position.id + step)

    def position_of(self, cursor: str) -> Position | None:
        """The position of a cursor; None for an empty one. Raises `ValueError`."""
        position = Position.decode(cursor) if cursor else None
        if position and self.by_time and position.created_at is None:
            raise ValueError(cursors.NOT_OURS)
        return position


@dataclass(frozen=True, slots=True)
class Bound:
    """At most `most` of these calls are looked at; an index has them in order."""

    among: Calls
    most: int


@dataclass(frozen=True, slots=True)
class Scan:
    """The calls found, the nearest first. `end` is the last call that was looked at if a bound
    ended the search."""

    calls: list[APIUsageStats]
    end: Position | None = None


def scan(
    calls: Calls, order: Order, position: Position | None, most: int, bound: Bound | None = None
) -> Scan:
    """The nearest `most` calls behind `position`, within the bound."""
    end = _end(bound, order, position) if bound else None
    if end:
        is_ascending = not order.is_descending(position)
        calls = calls.filter(_beyond(end, order.by_time, is_ascending, itself=True))
    found = list(behind(position, calls, order)[:most])
    return Scan(found, end if len(found) < most else None)


def page(found: Scan, order: Order, position: Position | None, size: int) -> Page:
    """The page of the calls found behind `position`. There are more if `found` has more than `size`
    calls or an end."""
    forward = position is None or position.forward
    rows, has_more = found.calls[:size], len(found.calls) > size
    onward = _cursor(found.end or (rows[-1] if has_more else None), forward=forward)
    back = ""
    if position is not None:
        back = _cursor(rows[0] if rows else order.after(position), forward=not forward)
    if forward:
        return Page(rows, onward, back, found.end)
    return Page(rows[::-1], back, onward, found.end)


def _cursor(last: "Position | APIUsageStats | None", *, forward: bool) -> str:
    return Position(forward, last.id, last.created_at).encode() if last else ""


def _end(bound: Bound, order: Order, position: Position | None) -> Position | None:
    """The last call within the bound, read in the index; None if there are fewer."""
    ordered = behind(position, bound.among, order)
    last = list(ordered.values_list("id", "created_at")[bound.most - 1 : bound.most])
    return Position(True, *last[0]) if last else None


def behind(position: Position | None, calls: Calls, order: Order) -> Calls:
    """The calls behind `position` (None: all), in order."""
    is_descending = order.is_descending(position)
    if position:
        calls = calls.filter(_beyond(position, order.by_time, is_descending))
    columns = ["created_at", "id"] if order.by_time else ["id"]
    return calls.order_by(*(f"-{name}" if is_descending else name for name in columns))


def _beyond(position: Position, by_time: bool, is_descending: bool, *, itself: bool = False) -> Q:
    side = "lt" if is_descending else "gt"
    beyond_id = Q((f"id__{side}{'e' if itself else ''}", position.id))
    if not by_time:
        return beyond_id
    # The bound on the first column alone lets the database read a range of the index.
    return Q((f"created_at__{side}e", position.created_at)) & (
        Q((f"created_at__{side}", position.created_at))
        | Q(created_at=position.created_at) & beyond_id
    )
