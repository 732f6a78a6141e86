"""The list of calls by cost, response time or tokens, both ways.

No index has calls in such an order. All calls that an index leads to are read and sorted, so there
may be at most `MOST_CALLS_READ` of them: see docs/decisions/0027-sorted-within-a-bound.md.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db.models import F, Field, Q
from django.db.models.expressions import OrderBy

from stats.models import APIUsageStats
from stats.query import cursors
from stats.query.answer import refuse_too_many
from stats.query.paging import Calls, Page
from stats.query.selection import Selection

COLUMNS = ("cost", "response_time_ms", "prompt_tokens", "completion_tokens")


@dataclass(frozen=True, slots=True)
class Place:
    """The call that a page lies behind; `value` is None for a call without one."""

    forward: bool
    id: int
    value: Decimal | int | None

    def encode(self) -> str:
        value = None if self.value is None else str(self.value)
        return cursors.encoded(self.forward, self.id, value)

    @classmethod
    def decode(cls, cursor: str, column: str) -> "Place":
        """The place of a cursor, with a value that the column holds. Raises `ValueError`."""
        forward, id, text = cursors.decoded(cursor)
        field = cast("Field[Any, Any]", APIUsageStats._meta.get_field(column))
        try:
            return cls(forward, id, None if text is None else field.clean(text, None))
        except ValidationError as error:
            raise ValueError(cursors.NOT_OURS) from error


@dataclass(frozen=True, slots=True)
class ValueOrder:
    """By a column, then by id. Calls without a value come last, both ways."""

    column: str
    is_descending: bool

    @classmethod
    def named(cls, name: str) -> "ValueOrder":
        """That of a parameter: the column, with - before it for the highest first."""
        return cls(name.removeprefix("-"), name.startswith("-"))

    def sorted(self, calls: Calls, *, forward: bool = True) -> Calls:
        """The calls in this order, or in the opposite one."""
        is_descending = self.is_descending == forward
        value = OrderBy(
            F(self.column),
            descending=is_descending,
            nulls_last=forward or None,
            nulls_first=not forward or None,
        )
        return calls.order_by(value, "-id" if is_descending else "id")

    def behind(self, place: Place) -> Q:
        """The calls on the other side of a place."""
        side = "lt" if self.is_descending == place.forward else "gt"
        is_without = Q((f"{self.column}__isnull", True))
        beyond_id = Q((f"id__{side}", place.id))
        if place.value is None:
            return is_without & beyond_id if place.forward else ~is_without | beyond_id
        beyond = Q((f"{self.column}__{side}", place.value))
        beyond |= Q((self.column, place.value)) & beyond_id
        return beyond | is_without if place.forward else beyond

    def cursor(self, call: APIUsageStats, *, forward: bool) -> str:
        return Place(forward, call.pk, getattr(call, self.column)).encode()


def sorted_page(selection: Selection, order: ValueOrder, cursor: str, size: int) -> Page:
    """The page of up to `size` calls behind `cursor` (empty: the first page).

    Raises `TooManyCallsError`, and `ValueError` for a cursor that is not ours.
    """
    place = Place.decode(cursor, order.column) if cursor else None
    refuse_too_many(selection)
    forward = place is None or place.forward
    calls = order.sorted(selection.narrow(APIUsageStats.objects.all()), forward=forward)
    found = list((calls.filter(order.behind(place)) if place else calls)[: size + 1])
    rows, has_more = found[:size], len(found) > size
    onward = order.cursor(rows[-1], forward=forward) if has_more else ""
    back = order.cursor(rows[0], forward=not forward) if rows and place else ""
    return Page(rows, onward, back) if forward else Page(rows[::-1], back, onward)


def sorted_ids(selection: Selection, order: ValueOrder) -> list[int]:
    """The ids of all calls of a selection, in order. Raises `TooManyCallsError`."""
    refuse_too_many(selection)
    calls = order.sorted(selection.narrow(APIUsageStats.objects.all()))
    return list(calls.values_list("pk", flat=True))
