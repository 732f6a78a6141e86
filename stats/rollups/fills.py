"""How far a rollup is filled that was added to a ledger in use.

From the version that has it on, each fold adds to it. What was folded before is filled in month by
month (`stats.rollups.filling`). Until then no question reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypedDict

from stats.models import FoldState
from stats.rollups import grains
from stats.rollups.grains import FIRST_GRAINS, Grain


class _Stored(TypedDict):
    """A fill as JSON has it: days as ISO dates."""

    folded_to: int
    before: str | None
    is_complete: bool
    known_from: str | None


@dataclass(frozen=True, slots=True)
class Fill:
    """How far one rollup is: it has all calls up to `folded_to` of the days before `before`."""

    # Where this is not what the state row says, an older version has folded past this rollup.
    folded_to: int
    before: date | None = None
    # All days, then.
    is_complete: bool = False
    # Earlier days are not known: their calls were purged before they were counted.
    known_from: date | None = None


Fills = Mapping[str, Fill]


def read(stored: Mapping[str, _Stored] | None) -> Fills:
    """The fills of a state row, by table."""
    return {
        table: Fill(
            fill["folded_to"],
            _day(fill["before"]),
            fill["is_complete"],
            _day(fill["known_from"]),
        )
        for table, fill in (stored or {}).items()
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def write(held: FoldState, fills: Fills) -> None:
    """Into the state row, which the caller saves."""
    held.fills = {table: _stored(fill) for table, fill in fills.items()} or None


def _stored(fill: Fill) -> _Stored:
    return {
        "folded_to": fill.folded_to,
        "before": _text(fill.before),
        "is_complete": fill.is_complete,
        "known_from": _text(fill.known_from),
    }


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def fill_of(grain: Grain, fills: Fills, folded_to: int) -> Fill:
    """How far a rollup is, where the sums are as far as `folded_to`."""
    if grain in FIRST_GRAINS:
        return Fill(folded_to, is_complete=True)
    fill = fills.get(grain.table)
    return fill if fill and fill.folded_to == folded_to else Fill(folded_to)


def is_complete(grain: Grain, held: FoldState) -> bool:
    """Whether a rollup has all that the state row says is folded."""
    return fill_of(grain, read(held.fills), held.folded_to).is_complete


def advance(held: FoldState, after: int, upto: int) -> None:
    """Note that all rollups get the calls above `after` up to `upto`; the caller adds them and
    saves the row.

    One that was missing calls before goes on missing them.
    """
    fills: dict[str, Any] = dict(read(held.fills))
    for grain in grains.later():
        fill = fills.get(grain.table)
        if held.folded_at is None and not grain.model._default_manager.exists():
            fill = Fill(after, is_complete=True)
        if fill and fill.folded_to == after:
            fills[grain.table] = replace(fill, folded_to=upto)
    write(held, fills)
