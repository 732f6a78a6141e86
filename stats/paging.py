"""Keyset paging over calls, newest or oldest first, at any size of the table.

By (created_at, id) where a range of time is set, by id otherwise; both are index orders. No COUNT,
no OFFSET; a page costs the same wherever it lies. Both columns are compared, so that thousands of
calls of one second neither loop nor get lost; by id, calls without a time have their place.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from stats.models import APIUsageStats
from stats.zones import column_zone

Calls = QuerySet[APIUsageStats]


@dataclass(frozen=True, slots=True)
class Page:
    """One page in the asked order; a cursor is empty where nothing follows or precedes."""

    calls: list[APIUsageStats]
    next_cursor: str
    previous_cursor: str


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


def page_of(calls: Calls, *, by_time: bool, newest_first: bool, cursor: str, size: int) -> Page:
    """The page of up to `size` calls behind `cursor` (empty: the first one).

    `by_time` wants calls that all have a time. Raises `ValueError` for a cursor that is not ours.
    """
    position = Position.decode(cursor) if cursor else None
    if position and by_time and position.created_at is None:
        raise ValueError("This is no cursor of ours.")
    forward = position.forward if position else True
    descending = newest_first == forward
    found = list(behind(position, calls, by_time=by_time, descending=descending)[: size + 1])
    rows, has_more = found[:size], len(found) > size
    if forward:
        return _page(rows, has_next=has_more, has_previous=position is not None)
    return _page(rows[::-1], has_next=True, has_previous=has_more)


def behind(position: Position | None, calls: Calls, *, by_time: bool, descending: bool) -> Calls:
    """The calls that come after `position` (None: all of them), in order."""
    if position:
        calls = calls.filter(_beyond(position, by_time, descending))
    return calls.order_by(*_order(by_time, descending))


def _order(by_time: bool, descending: bool) -> list[str]:
    columns = ["created_at", "id"] if by_time else ["id"]
    return [f"-{column}" for column in columns] if descending else columns


def _beyond(position: Position, by_time: bool, descending: bool) -> Q:
    side = "lt" if descending else "gt"
    beyond_id = Q((f"id__{side}", position.id))
    if not by_time:
        return beyond_id
    # The plain bound on the first column besides: with it alone the index is a range.
    return Q((f"created_at__{side}e", position.created_at)) & (
        Q((f"created_at__{side}", position.created_at))
        | Q(created_at=position.created_at) & beyond_id
    )


def _page(rows: list[APIUsageStats], *, has_next: bool, has_previous: bool) -> Page:
    def cursor(call: APIUsageStats, *, forward: bool) -> str:
        return Position(forward, call.pk, call.created_at).encode()

    return Page(
        rows,
        cursor(rows[-1], forward=True) if rows and has_next else "",
        cursor(rows[0], forward=False) if rows and has_previous else "",
    )
