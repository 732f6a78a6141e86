"""Users who change their group: each call counts for the group of its day, wherever it is told."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stats.core.periods import DAY, Range
from stats.ingest.groups import set_group
from stats.models import EndUser, Membership
from stats.query import engine
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.reports.groups import together_by_group, users_in_groups
from tests.generated import Ledger
from tests.ledger import cleared, in_zones, write
from tests.oracle import Row, Rows
from tests.rollups.folded import fold_all

NAMES = ["", "Sales", "sales", "R&D <b>", "研發部", "-", "Sales "]
Answer = dict[str, tuple[int, Decimal]]


class Moves:
    """A random ledger over a year, whose users change their groups on random days of it."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.ledger = Ledger(seed, 40)
        self.zones = self.ledger.zones
        self.zone = ZoneInfo(self.zones.reading)
        self.middle = self.ledger.midnight.date()
        self.rows = [self._spread(row) for row in self.ledger.rows]
        # Changes, in the order in which they are said: user, group, day.
        self.changes = [
            (self.rng.randint(1, 4), self.rng.choice(NAMES).strip(), self.day())
            for _change in range(self.rng.randint(0, 12))
        ]

    def _spread(self, row: Row) -> Row:
        """Some stay where clocks change, the others lie anywhere in the year."""
        if row["created_at"] and self.rng.random() < 0.6:
            row["created_at"] += timedelta(days=self.rng.randint(-200, 200))
        return row

    def day(self) -> date:
        """Close to the calls, often the first of a month."""
        near = self.middle + self.rng.choice([1, 1, 100]) * self.rng.randint(-2, 2) * DAY
        return self.rng.choice([near, near, near.replace(day=1)])

    def group_on(self, user: int, day: date | None) -> str:
        """What was said last of a day counts; what was said of earlier days goes on."""
        found = ""
        for who, group, since in self.changes:
            if who == user and day is not None and since <= day:
                found = group
        return found

    def range(self) -> Range:
        zone, roll = self.zone, self.rng.random()
        if roll < 0.2:
            return Range()
        first, last = sorted([self.day(), self.day()])
        start = datetime(first.year, first.month, first.day, tzinfo=zone)
        if roll < 0.5:
            # Several years, so that months are read.
            start = start.replace(year=start.year - 1, day=min(start.day, 28))
        # The later one, where a clock shows it twice.
        end = datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=zone, fold=1)
        cut = self.rng.choice([0, 0, 3_600, 5_000])
        return Range(start + timedelta(seconds=cut), end)

    def within(self, range: Range) -> Rows:
        if range.is_all_time:
            return self.rows
        column = ZoneInfo(self.zones.column)
        start, end = (self.zones.in_column(moment.astimezone(column)) for moment in range.bounds)
        return [row for row in self.rows if row["created_at"] and start <= row["created_at"] <= end]

    def of_rows(self, rows: Iterable[Row]) -> Answer:
        calls: defaultdict[str, int] = defaultdict(int)
        costs: defaultdict[str, Decimal] = defaultdict(Decimal)
        for row in rows:
            group = self.group_on(row["user_id"], self.zones.day(row))
            calls[group] += 1
            costs[group] += row["cost"] or 0
        return {group: (calls[group], costs[group]) for group in calls}

    def say(self) -> None:
        for user in range(1, 5):
            EndUser.objects.get_or_create(pk=user, defaults={"name": f"user {user}"})
        for user, group, since in self.changes:
            set_group(user, group, since, since)


def told(found: dict[str, Sums]) -> Answer:
    return {group: figures(sums) for group, sums in found.items()}


def figures(sums: Sums) -> tuple[int, Decimal]:
    return sums.calls, sum(sums.costs.values(), Decimal())


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@given(st.integers(0, 2**32))
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_table_and_filter_are_those_of_plain_python(seed: int) -> None:
    """Before and after a fold, in any zones, over months, days and cut days."""
    moves = Moves(seed)
    # A server's ids show late; here nobody writes meanwhile.
    with in_zones(moves.zones), cleared(), override_settings(FOLD_MARGIN_SECONDS=0):
        write(*moves.rows[:25])
        assert fold_all() == 25
        write(*moves.rows[25:])
        moves.say()
        for _question in range(3):
            days = moves.range()
            rows = moves.within(days)
            expected = moves.of_rows(rows)
            selection = Selection(days)
            assert (
                told(together_by_group(users_in_groups(engine.by_user(selection), selection)))
                == expected
            )
            for name in {*NAMES, "Law"} - {"Sales "}:
                one = engine.total(Selection(days, groups=(name,)))
                assert figures(one) == expected.get(name, (0, Decimal())), name
            some = (moves.rng.choice(sorted({*expected, "Law"})), "Sales")
            asked = Selection(days, groups=some)
            mine = {group: its for group, its in expected.items() if group in some}
            assert told(together_by_group(users_in_groups(engine.by_user(asked), asked))) == mine
            per_day: defaultdict[date | None, int] = defaultdict(int)
            for row in rows:
                if moves.group_on(row["user_id"], moves.zones.day(row)) in some:
                    per_day[moves.zones.day(row)] += 1
            per_day.pop(None, None)
            assert {day: sums.calls for day, sums in engine.by_day(asked).items()} == per_day


@pytest.mark.django_db
@given(seed=st.integers(0, 2**32))
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
def test_what_is_kept_is_what_was_said(seed: int) -> None:
    moves = Moves(seed)
    EndUser.objects.all().delete()
    moves.say()
    for user in range(1, 5):
        kept = list(Membership.objects.filter(user_id=user).order_by("since"))
        assert all(one.since < one.until for one in kept)
        for one, other in pairwise(kept):
            assert one.until < other.since or (
                one.until == other.since and one.group != other.group
            )
        for days in range(-330, 330):
            day = moves.middle + days * DAY
            groups = [one.group for one in kept if one.since <= day < one.until] or [""]
            assert groups == [moves.group_on(user, day)]
        said = [group for who, group, _since in moves.changes if who == user] or [""]
        assert EndUser.objects.get(pk=user).group == said[-1]
