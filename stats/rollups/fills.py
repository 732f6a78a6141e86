"""The fill state of a rollup that was added to a ledger in use.

Folds add to it from the start. `stats.rollups.filling` fills in the months before. Until that is
done, no question reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import msgspec

from stats.models import FoldState
from stats.rollups import grains
from stats.rollups.grains import FIRST_GRAINS, Grain


@dataclass(frozen=True, slots=True)
class Fill:
    """A rollup has all calls up to `folded_to` on the days before `before`, or on all days."""

    # If the state row says another id, an older version has folded past this rollup.
    folded_to: int
    before: date | None = None
    is_complete: bool = False
    # Calls of earlier days were purged before they were counted.
    known_from: date | None = None


Fills = Mapping[str, Fill]


def read(stored: Mapping[str, Any] | None) -> Fills:
    """The fills of a state row, by table."""
    return msgspec.convert(stored or {}, dict[str, Fill])


def write(held: FoldState, fills: Fills) -> None:
    """Into the state row, which the caller saves."""
    held.fills = msgspec.to_builtins(fills) or None


def fill_of(grain: Grain, fills: Fills, folded_to: int) -> Fill:
    """The fill of a rollup in a ledger that is folded to `folded_to`."""
    if grain in FIRST_GRAINS:
        return Fill(folded_to, is_complete=True)
    fill = fills.get(grain.table)
    return fill if fill and fill.folded_to == folded_to else Fill(folded_to)


def is_complete(grain: Grain, held: FoldState) -> bool:
    """True if a rollup has all that is folded."""
    return fill_of(grain, read(held.fills), held.folded_to).is_complete


def advance(held: FoldState, after: int, upto: int) -> None:
    """Note that a fold adds the calls above `after` up to `upto`. The caller saves the row.

    A rollup that lacked calls before goes on lacking them.
    """
    fills = dict(read(held.fills))
    for grain in grains.later():
        fill = fills.get(grain.table)
        if held.folded_at is None and not grain.model._default_manager.exists():
            fill = Fill(after, is_complete=True)
        if fill and fill.folded_to == after:
            fills[grain.table] = replace(fill, folded_to=upto)
    write(held, fills)
