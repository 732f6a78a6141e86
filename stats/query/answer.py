"""How a question is answered: one plan for totals, histograms and failures.

Each question is one statement (`stats.query.plan`), so it reads one snapshot of the database. At
any moment the answer equals that of the same question asked of all calls. What rollups do not know
(a response time) is asked of the calls, along an index and within a bound.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import IntegerField, Value

from stats.db.statements import Statement, compiled, union
from stats.models import APIUsageStats, FoldState
from stats.query.plan import CALLS, branches_of_calls, branches_of_sums
from stats.query.question import ROW_TYPE, Grains, Question
from stats.query.selection import Selection
from stats.rollups.counters import MOST_IN_FLOATS
from stats.rollups.folding import current_rollup_state, forget_rollup_state
from stats.rollups.state import STATE_ID, RollupState, version
from stats.rollups.texts import CURRENCIES, ENDPOINTS

# Row type of the rollups' version.
STATE_VERSION = 0


class TooManyCallsError(Exception):
    """The question would read more calls than a page may wait for."""


def answer(question: Question) -> list[tuple[Any, ...]]:
    """Rows of the question's columns; those of an additive question are added up.

    Raises `TooManyCallsError` if it would have to read too many calls.
    """
    while True:
        rollups = current_rollup_state()
        branches = [*_branches(question, rollups), _state_version(len(question.columns))]
        found = question.together(union(branches)).rows()
        if sum(row[1] for row in found if row[0] == STATE_VERSION) != rollups.version:
            # Since the state was read, days were purged, or an endpoint got the last number.
            forget_rollup_state()
        elif question.floats and any(row[-1] > MOST_IN_FLOATS for row in found):
            # For so many calls, floats may be inexact.
            question = question.exactly
        else:
            end = len(question.columns) + 1
            return [row[1:end] for row in found if row[0] == CALLS]


def are_told_by_sums(question: Question) -> bool:
    """Whether the rollups know the answer, so that it costs little however long the range is."""
    rollups = current_rollup_state()
    return rollups.are_usable and _grains(question, rollups) is not None


def are_distinct_in_rollups(selection: Selection, rollups: RollupState) -> bool:
    """False if rollups count the endpoint or the currency of a selection among the others."""
    given = (
        (ENDPOINTS, selection.endpoint, rollups.has_other_endpoints),
        (CURRENCIES, selection.currency, rollups.has_other_currencies),
    )
    return all(
        text is None or not has_others or texts.has_number(text)
        for texts, text, has_others in given
    )


def refuse_too_many(selection: Selection) -> None:
    """Raises `TooManyCallsError` if an index leads to more than `MOST_CALLS_READ` calls."""
    most = settings.MOST_CALLS_READ
    read = selection.read_by_index.narrow(APIUsageStats.objects.order_by())
    if read[: most + 1].count() > most:
        raise TooManyCallsError


def _branches(question: Question, rollups: RollupState) -> Iterator[Statement]:
    grains = _grains(question, rollups)
    if grains is None:
        refuse_too_many(question.selection)
    elif rollups.are_usable and rollups.folded_at:
        return branches_of_sums(question, grains, rollups, rollups.folded_at)
    return branches_of_calls(question)


def _grains(question: Question, rollups: RollupState) -> Grains | None:
    are_distinct = are_distinct_in_rollups(question.selection, rollups)
    return question.grains(rollups) if are_distinct else None


@cache
def _state_version(columns: int) -> Statement:
    """A row with the version of the rollups in the same snapshot."""
    empty = {f"empty_{n}": Value(None, IntegerField()) for n in range(columns - 1)}
    states = FoldState.objects.filter(pk=STATE_ID).annotate(
        **{ROW_TYPE: Value(STATE_VERSION, IntegerField())}, **empty
    )
    return compiled(states.annotate(version=version()).values_list(ROW_TYPE, "version", *empty))
