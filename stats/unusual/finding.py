"""Which figures of a finished day were unusual, and who made them so."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from math import sqrt

from stats.models.unusual import Measure, SubjectKind
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.reports.culprits import Culprit, who_made_it
from stats.reports.measured import Figure
from stats.reports.ranking import Key
from stats.reports.unusual import FarDay, unusual_day
from stats.unusual.subjects import Past, Subject

# A count that is fewer above its usual is chance: a Poisson deviation is a root.
LEAST_MORE, DEVIATIONS = 5, 3
# Only so many with the largest amounts of the day are compared with their usual, ...
MOST_SUSPECTS = 20
# ... and so many are named.
MOST_NAMED = 5

# The days that were said to have been expected.
Expected = Mapping[tuple[Subject, Figure], set[date]]


@dataclass(frozen=True, slots=True)
class Found:
    """A subject's figure on a day far above its usual, `observed` exactly. `made_by` are users, for
    a user endpoints; whoever did most first."""

    subject: Subject
    figure: Figure
    far: FarDay
    observed: Decimal
    made_by: tuple[Culprit[str], ...]


def find(day: date, expected: Expected) -> Iterator[Found]:
    """All that was unusual of a local day that is over, one after the other."""
    past = Past(day)
    for subject, figures in past.subjects():
        for figure in figures:
            amounts = past.amounts(subject.selection, figure)
            far = unusual_day(amounts, day, expected.get((subject, figure), ()))
            if far and _is_no_chance(figure, far):
                made_by = _made_by(subject, figure, past)
                yield Found(subject, figure, far, amounts[day], made_by)


def _is_no_chance(figure: Figure, far: FarDay) -> bool:
    if figure.measure is Measure.COST:
        return True
    return far.excess >= max(LEAST_MORE, DEVIATIONS * sqrt(far.usual))


def _made_by(subject: Subject, figure: Figure, past: Past) -> tuple[Culprit[str], ...]:
    selections = _parts(subject, figure, past)
    amounts = {key: past.amounts(selection, figure) for key, selection in selections}
    found = who_made_it(amounts, past.day)
    return tuple(one for one in found[:MOST_NAMED] if one.excess > 0)


def _parts(subject: Subject, figure: Figure, past: Past) -> Iterable[tuple[str, Selection]]:
    """The largest of those whose calls make up the subject's, and the calls of each."""
    selection = subject.selection
    if subject.kind is SubjectKind.USER:
        endpoints = _largest(past.endpoints(selection), figure)
        return [(key, replace(selection, endpoint=key)) for key in endpoints]
    users = _largest(past.users(selection), figure)
    return [(str(key), replace(selection, user_ids=(key,))) for key in users]


def _largest(parts: Mapping[Key, Sums], figure: Figure) -> list[Key]:
    amounts: dict[Key, Decimal] = {key: figure.of(sums) for key, sums in parts.items()}
    return sorted(amounts, key=lambda key: -amounts[key])[:MOST_SUSPECTS]
