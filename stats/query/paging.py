"""Keyset paging over calls, newest or oldest first, at any size of the table.

By (created_at, id) where a range of time is set, by id otherwise; both are index orders. No COUNT,
no OFFSET; a page costs the same wherever it lies. Both columns are compared, so that thousands of
calls of one second neither loop nor get lost; by id, calls without a time have their place.

Where few calls match, a page could read the whole table for its rows. A `Bound` ends it earlier: it
then has fewer rows, and its cursor goes on behind the last call that was looked at.
"""

import base64
import binascii
import json
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet

from stats.core.zones import column_zone
from stats.models import APIUsageStats

Calls = QuerySet[APIUsageStats]


@dataclass(frozen=True, slots=True)
class Page:
    """One page in the asked order; a cursor is empty where nothing follows or precedes.

    `cut_at` is the last call that was looked at where a bound ended the page; None where none did.
    """

    calls: list[APIUsageStats]
    next_cursor: str
    previous_cursor: str
    cut_at: "Position | None" = None


@dataclass(frozen=True, slots=True)
class Position:
    """The call that a page lies behind, and on which side: `forward` is onward in its order."""

    forward: bool
    id: int
    created_at: datetime | None

    def encode(self) -> str:
        time = self.created_at.isoformat() if self.created_at else None
        return base64.urlsafe_b64encode(json.dumps([self.forward, self.id, time]).encode()).decode()

    @classmethod
    def decode(cls, cursor: str) -> "Position":
        try:
            forward, id, time = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
            created_at = datetime.fromisoformat(time) if time is not None else None
            if created_at is not None:
                # Beyond the ends of the calendar this overflows, and so would the query.
                created_at.astimezone(column_zone())
        except (ValueError, TypeError, OverflowError, binascii.Error, RecursionError) as error:
            raise ValueError("This is no cursor of ours.") from error
        if not (type(forward) is bool and type(id) is int and abs(id) < 2**63):
            raise ValueError("This is no cursor of ours.")
        if created_at is not None and created_at.tzinfo is None:
            raise ValueError("This is no cursor of ours.")
        return cls(forward, id, created_at)


@dataclass(frozen=True, slots=True)
class Order:
    """By (created_at, id), which wants calls that all have a time, or by id."""

    by_time: bool
    newest_first: bool

    def is_descending(self, position: Position | None) -> bool:
        """Which way the index is read from there."""
        return self.newest_first == (position is None or position.forward)

    def after(self, position: Position) -> Position:
        """What lies next behind it, so that the call itself lies before."""
        step = -1 if self.is_descending(position) else 1
        return replace(position, id=position.id + step)

    def position_of(self, cursor: str) -> Position | None:
        """Where a cursor leads, None for an empty one. Raises `ValueError` for one not ours."""
        position = Position.decode(cursor) if cursor else None
        if position and self.by_time and position.created_at is None:
            raise ValueError("This is no cursor of ours.")
        return position


@dataclass(frozen=True, slots=True)
class Bound:
    """At most so many of these calls, which an index has in order, are looked at."""

    among: Calls
    most: int


@dataclass(frozen=True, slots=True)
class Scan:
    """The calls that were found, the nearest first, and the last that was looked at where a bound
    ended it; None where all were."""

    calls: list[APIUsageStats]
    end: Position | None = None


def scan(
    calls: Calls, order: Order, position: Position | None, most: int, bound: Bound | None = None
) -> Scan:
    """The `most` calls nearest behind `position`, as far as the bound lets them be sought."""
    descending = order.is_descending(position)
    end = _end(bound, order, position) if bound else None
    if end:
        calls = calls.filter(_beyond(end, order.by_time, not descending, itself=True))
    ordered = behind(position, calls, by_time=order.by_time, descending=descending)
    found = list(ordered[:most])
    return Scan(found, end if len(found) < most else None)


def page(found: Scan, order: Order, position: Position | None, size: int) -> Page:
    """The page of what was found behind `position`: one call more than `size` says that there is
    more, and so does an end."""
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
    """The last call that may be looked at, None where the bound has them all; read in the index."""
    descending = order.is_descending(position)
    ordered = behind(position, bound.among, by_time=order.by_time, descending=descending)
    last = list(ordered.values_list("id", "created_at")[bound.most - 1 : bound.most])
    return Position(True, *last[0]) if last else None


def behind(position: Position | None, calls: Calls, *, by_time: bool, descending: bool) -> Calls:
    """The calls that come after `position` (None: all of them), in order."""
    if position:
        calls = calls.filter(_beyond(position, by_time, descending))
    return calls.order_by(*_order(by_time, descending))


def _order(by_time: bool, descending: bool) -> list[str]:
    columns = ["created_at", "id"] if by_time else ["id"]
    return [f"-{column}" for column in columns] if descending else columns


def _beyond(position: Position, by_time: bool, descending: bool, *, itself: bool = False) -> Q:
    side = "lt" if descending else "gt"
    beyond_id = Q((f"id__{side}{'e' if itself else ''}", position.id))
    if not by_time:
        return beyond_id
    # The plain bound on the first column besides: with it alone the index is a range.
    return Q((f"created_at__{side}e", position.created_at)) & (
        Q((f"created_at__{side}", position.created_at))
        | Q(created_at=position.created_at) & beyond_id
    )
