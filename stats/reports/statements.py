"""Statements: what a month cost a group, a user or everybody, line by line.

A closed month is as it was signed. What was adjusted later stands on the statement of the month in
which it was found, apart: so all statements together add up to the ledger. None ever changes,
unless a month is reopened: what was adjusted of it is then in its own lines alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from stats.closings import form, lines
from stats.closings.closing import UnknownCost
from stats.core import formatting
from stats.core.periods import last_of_month, range_of_days
from stats.core.sentences import Sentence, SentenceError
from stats.core.zones import reading_zone
from stats.models import ClosedLine, ClosingEntry
from stats.models.closings import EntryKind
from stats.query.sums import Sums, together
from stats.reports.closings import running_month, sums_of_row, unknown_cost
from stats.rollups.state import read_rollup_state

# A fold may end between two looks at the state.
ATTEMPTS = 5


class NoStatementError(SentenceError):
    """The month cannot be told now. The sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Whose:
    """A group ("" is none), a user, or neither: everybody."""

    group: str | None = None
    user_id: int | None = None

    def has(self, line: ClosedLine) -> bool:
        """By the names of the line: those of the day on which the month was closed."""
        if self.user_id is not None:
            return line.user_id == self.user_id
        return self.group is None or (line.group or "") == self.group


@dataclass(frozen=True, slots=True)
class Statement:
    """The lines of a month, and adjustments to earlier ones that were found in it, as of `now`.
    `closing` is None unless the month is closed. Of days that are no month, nothing is signed or
    adjusted."""

    now: datetime
    first: date
    last: date
    whose: Whose
    is_over: bool
    closing: ClosingEntry | None
    lines: Sequence[ClosedLine]
    adjustments: Sequence[ClosedLine]

    @property
    def is_month(self) -> bool:
        return (self.first, self.last) == (self.first.replace(day=1), last_of_month(self.first))

    @property
    def total(self) -> Sums:
        """Of the lines."""
        return _total(self.lines)

    @property
    def adjusted(self) -> Sums:
        """Of the adjustments."""
        return _total(self.adjustments)

    @property
    def sum(self) -> Sums:
        """Of both."""
        return together([self.total, self.adjusted], Sums)

    @property
    def unknown_cost(self) -> UnknownCost:
        return unknown_cost(self.total)

    @property
    def sentence(self) -> str:
        """Whether its figures may still change."""
        if self.closing:
            words = {
                "name": self.closing.made_by,
                "time": formatting.exact_moment(self.closing.at),
            }
            return _("As closed by %(name)s, %(time)s.") % words
        if self.is_over:
            return _("Not closed yet: these figures may still change.")
        return _("The month is running: these figures still grow.")


def statement(month: date, whose: Whose, now: datetime) -> Statement:
    """That of a month. Raises `NoStatementError`."""
    place = ClosingEntry.objects.closed_months().get(month)
    found = _signed(place) if place is not None else _known(month, last_of_month(month))
    return Statement(
        now=now,
        first=month,
        last=last_of_month(month),
        whose=whose,
        is_over=month < running_month(now),
        closing=ClosingEntry.objects.get(pk=place) if place is not None else None,
        lines=_in_order(line for line in found if whose.has(line)),
        adjustments=[line for line in _found_in(month) if whose.has(line)],
    )


def statement_of_days(first: date, last: date, whose: Whose, now: datetime) -> Statement:
    """The lines of days that are no month, as known now. Raises `NoStatementError`."""
    found = _in_order(line for line in _known(first, last) if whose.has(line))
    return Statement(
        now, first, last, whose, is_over=True, closing=None, lines=found, adjustments=()
    )


def _signed(place: int) -> Iterable[ClosedLine]:
    return ClosedLine.objects.filter(entry=place)


def _known(first: date, last: date) -> list[ClosedLine]:
    """As if they were closed now."""
    for _attempt in range(ATTEMPTS):
        state = read_rollup_state()
        if state.problem:
            raise NoStatementError(state.problem)
        if state.behind:
            text = gettext_noop("The sums are still being filled: run manage.py fold_usage.")
            raise NoStatementError(Sentence(text))
        known = lines.known_of(first, last, state.folded_to)
        if read_rollup_state().folded_to == state.folded_to:
            break
    else:
        text = gettext_noop("The sums are just being written: try again.")
        raise NoStatementError(Sentence(text))
    return [form.row_of(line) for line in known]


def _found_in(month: date) -> Iterable[ClosedLine]:
    """The lines of adjustments to earlier months whose closing still holds, in their order."""
    start, end = range_of_days(month, last_of_month(month), reading_zone()).bounds
    # Written so, times are in the order of texts.
    holding = ClosingEntry.objects.closed_months().values()
    entries = ClosingEntry.objects.filter(
        kind=EntryKind.ADJUSTMENT,
        refers_to__in=list(holding),
        month__lt=month,
        made_at__range=(form.moment(start), form.moment(end)),
    )
    found = ClosedLine.objects.filter(entry__in=entries).select_related("entry")
    return found.order_by("entry_id", "number")


def _in_order(found: Iterable[ClosedLine]) -> list[ClosedLine]:
    """By name, then number; the largest amount of a user first."""
    return sorted(
        found,
        key=lambda line: (
            line.user_name or "",
            line.user_id,
            -line.cost_units,
            line.endpoint,
            line.currency,
        ),
    )


def _total(found: Iterable[ClosedLine]) -> Sums:
    return together(map(sums_of_row, found), Sums)
