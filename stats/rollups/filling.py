"""Fills a rollup that was added to a ledger in use, with what was folded before.

Each month is one transaction that holds the state row: it rebuilds the month's rows and moves the
fill state. So a fill that is killed goes on where it was, and counts nothing twice. Meanwhile folds
add to all months of the rollup.
"""

from dataclasses import replace
from datetime import date
from functools import partial

from django.db import transaction

from stats.core.periods import DAY, last_of_month
from stats.db.transactions import repeated
from stats.models import UNDATED, FoldState
from stats.rollups import busy_days, chunk, fills, rebuilding
from stats.rollups.busy_days import Span
from stats.rollups.chunk import ChangedMeanwhileError
from stats.rollups.fills import Fill
from stats.rollups.grains import DAY_ENDPOINT, DAY_TOTAL, HOUR_ENDPOINT, Grain
from stats.rollups.rebuilding import RollupsBusyError
from stats.rollups.state import read_rollup_state

# What `chunk.aggregate` counts its calls by.
TOTALS = (HOUR_ENDPOINT, DAY_ENDPOINT, DAY_TOTAL)


def fill_month() -> Grain | None:
    """Fill the next month of the first rollup that is behind, and return that rollup.

    None if none is behind, or if another process holds the state row.
    """
    rollups = read_rollup_state()
    if not rollups.behind or not rollups.are_usable:
        return None
    grain = rollups.behind[0]
    try:
        repeated(partial(_fill_next_month, grain))
    except (RollupsBusyError, ChangedMeanwhileError):
        return None
    return grain


@transaction.atomic
def _fill_next_month(grain: Grain) -> None:
    held = rebuilding.lock_or_refuse()
    known = fills.read(held.fills)
    fill = fills.fill_of(grain, known, held.folded_to)
    if fill.is_complete:
        return
    fill = replace(fill, known_from=_known_from(grain, held))
    fills.write(held, {**known, grain.table: _filled(grain, fill)})
    held.save(update_fields=["fills"])


def _known_from(grain: Grain, held: FoldState) -> date | None:
    """The first day that can be filled: for purged calls, a finer rollup is needed."""
    if grain.finer is None:
        return held.purged_before
    finer = fills.fill_of(grain.finer, fills.read(held.fills), held.folded_to)
    return finer.known_from


def _filled(grain: Grain, fill: Fill) -> Fill:
    """Fill the next month with calls or sums, and return the new fill state."""
    months = busy_days.months(fill.before or UNDATED, busy_days.last_day())
    month = next(months, None)
    if month is None:
        return replace(fill, is_complete=True)
    if grain.finer is None:
        _count_calls(grain, month, fill)
    else:
        rebuilding.fill_from_finer(grain, *month)
    end = month[1] if month == busy_days.UNDATED_SPAN else last_of_month(month[0])
    if end == date.max:
        return replace(fill, is_complete=True)
    return replace(fill, before=end + DAY)


def _count_calls(grain: Grain, month: Span, fill: Fill) -> None:
    first, last = month
    if fill.known_from and first != UNDATED:
        first = max(first, fill.known_from)
    for span in busy_days.spans(first, last):
        calls = rebuilding.folded_calls(*span, fill.folded_to)
        chunk.aggregate(calls, (*TOTALS, grain))
        rebuilding.delete_rows(grain, *span)
        chunk.add_sums([grain])
        chunk.discard()
