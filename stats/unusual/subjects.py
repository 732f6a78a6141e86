"""Whose days are looked at, and what each of them did day by day."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from stats.core.periods import DAY, range_of_days
from stats.core.zones import reading_zone
from stats.models import HAS_GROUPS
from stats.models.unusual import Measure, SubjectKind
from stats.query import engine
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.reports.groups import together_by_group, users_in_groups
from stats.reports.measured import Figure
from stats.reports.ranking import Key
from stats.reports.unusual import HISTORY_DAYS, LEARNING_DAYS

# Who has a smaller part of all on a day makes no news of it, and at most a hundred have more.
LEAST_PART = Decimal("0.01")

Days = Mapping[date, Sums]


@dataclass(frozen=True, slots=True)
class Subject:
    """Everybody, a user, a group or an endpoint; `key` as `UnusualDay` has it."""

    kind: SubjectKind
    key: str = ""

    @property
    def selection(self) -> Selection:
        """Its calls of all time."""
        match self.kind:
            case SubjectKind.USER:
                return Selection(user_ids=(int(self.key),))
            case SubjectKind.GROUP:
                return Selection(groups=(self.key,))
            case SubjectKind.ENDPOINT:
                return Selection(endpoint=self.key)
            case _:
                return Selection()


def figures_of(sums: Sums) -> list[Figure]:
    """Those above zero."""
    costs = [Figure(Measure.COST, currency) for currency in sorted(sums.costs)]
    figures = [*costs, Figure(Measure.CALLS), Figure(Measure.FAILURES)]
    return [figure for figure in figures if figure.of(sums) > 0]


def first_known_day(last: date) -> date | None:
    """From which day on there is enough history to tell an unusual day by; None without calls."""
    days = range_of_days(last - HISTORY_DAYS * DAY, last, reading_zone())
    first = min(_or_none(engine.by_day, Selection(days)), default=None)
    return first and first + LEARNING_DAYS * DAY


class Past:
    """What was done until the end of a local day; each question is asked once."""

    def __init__(self, day: date) -> None:
        zone = reading_zone()
        self.day = day
        self._day = range_of_days(day, day, zone)
        self._until = range_of_days(day - HISTORY_DAYS * DAY, day, zone)
        self.days = cache(self._days)

    def users(self, selection: Selection) -> Mapping[int, Sums]:
        """Of the day."""
        return _or_none(engine.by_user, selection.during(self._day))

    def endpoints(self, selection: Selection) -> Mapping[str, Sums]:
        """Of the day."""
        return _or_none(engine.by_endpoint, selection.during(self._day))

    def amounts(self, selection: Selection, figure: Figure) -> Mapping[date, Decimal]:
        """By day."""
        return {day: figure.of(sums) for day, sums in self.days(selection).items()}

    def _days(self, selection: Selection) -> Days:
        return _or_none(engine.by_day, selection.during(self._until))

    def subjects(self) -> Iterator[tuple[Subject, list[Figure]]]:
        """Everybody, and who has enough of some of the day's figures to make news with these."""
        everybody = Subject(SubjectKind.EVERYBODY)
        total = self.days(everybody.selection).get(self.day)
        if total is None:
            return
        yield everybody, figures_of(total)
        users = self.users(Selection())
        kinds: dict[SubjectKind, Mapping[str, Sums]] = {
            SubjectKind.USER: {str(user): sums for user, sums in users.items()},
            SubjectKind.ENDPOINT: self.endpoints(Selection()),
        }
        if HAS_GROUPS:
            groups = together_by_group(users_in_groups(users, Selection(self._day)))
            kinds[SubjectKind.GROUP] = {name: sums for name, sums in groups.items() if name}
        for kind, found in kinds.items():
            for key, sums in found.items():
                if figures := _large(sums, total):
                    yield Subject(kind, key), figures


def _large(sums: Sums, total: Sums) -> list[Figure]:
    return [
        figure for figure in figures_of(sums) if figure.of(sums) >= LEAST_PART * figure.of(total)
    ]


def _or_none(
    ask: Callable[[Selection], Mapping[Key, Sums]], selection: Selection
) -> Mapping[Key, Sums]:
    """Nothing where there are no sums, and too many calls to read: the endpoints that rollups count
    as the others."""
    return engine.unless_too_many(ask, selection) or {}
