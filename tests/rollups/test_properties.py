"""Any data, any moment: the reports are those of the oracle, the sums those of a rebuild.

A machine of Hypothesis' inserts, folds, rebuilds, verifies, purges, tampers and asks, in any
order. Questions are put in any form, with arbitrary seconds; few rows, but close to where days
begin and clocks change.
"""

from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import ceil
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from stats.core.percentiles import bucket_of, value_of
from stats.models import UNDATED, APIUsageStats
from stats.query import engine, latency
from stats.query.failures import failure_groups
from stats.query.selection import Selection
from stats.reports.statistics import range_of
from stats.rollups import folding, rebuilding, verifying
from stats.rollups.failures import fingerprint
from stats.rollups.purging import purge
from stats.rollups.state import read_rollup_state
from tests.generated import NARROWING, Ledger
from tests.ledger import cleared, in_zones, write
from tests.oracle import Bound, Row, Rows, Zones, endpoint, is_between, selected, sums
from tests.rollups.folded import (
    NOW,
    days_that_differ,
    expected_tables,
    failure_kind,
    first_and_last,
    fold_all,
    grouped,
    rebuild_all_days,
    tables,
    times,
    write_with_ids,
)

MOST_ROWS = 36
seeds = st.integers(0, 2**32)

# What the sums know; under the other filters they are not asked.
KNOWN_TO_SUMS = ("user_id", "api_endpoint", "success", "currency", "unknown_cost")
QUESTIONS: dict[str, Callable[[Selection], Any]] = {
    "total": lambda selection: {(): engine.total(selection)},
    "user": engine.by_user,
    "endpoint": engine.by_endpoint,
    "day": engine.by_day,
}
MESSAGES = [
    None,
    " ",
    "timed out after 12 s",
    "timed out after 7 s ",
    "Timed out after  7,000.5 s",
    "café 1",
    "cafe 1",
    "no such key 0f8fad5b-d9cb-469f-a165-70867728950e",
    "no such key 7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "x" * 499 + "12",
    "x" * 499 + "34",
]


@pytest.fixture(autouse=True)
def short_tails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports meet a tail that is long to them every few rows."""
    monkeypatch.setattr(folding, "LONG_TAIL", 6)
    monkeypatch.setattr(folding, "PIECE_CALLS", 3)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_reports_and_sums_are_exact_at_any_moment() -> None:
    run_state_machine_as_test(
        RollupState,
        settings=settings(
            max_examples=30,
            stateful_step_count=9,
            deadline=None,
            # A step costs milliseconds of a database: shrinking would take very long.
            phases=(Phase.reuse, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )


class RollupState(RuleBasedStateMachine):
    """The rollups beside a list of all rows ever inserted."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.rows: Rows = []
        self.removed: Rows = []
        self.purged_before: date | None = None
        self.now = NOW

    @initialize(seed=seeds)
    def deploy(self, seed: int) -> None:
        self.ledger = Ledger(seed, MOST_ROWS)
        self.zones: Zones = self.ledger.zones
        self.coming = [
            _lively(row, Random(f"{seed}, {n}")) for n, row in enumerate(self.ledger.rows)
        ]
        self.stack.enter_context(cleared())
        self.stack.enter_context(in_zones(self.zones))
        self.insert(MOST_ROWS // 3)
        self.fold(MOST_ROWS // 4, 0)

    def teardown(self) -> None:
        with self.stack:
            self.ask(self.ledger.seed)
            self.compare_with_a_rebuild()

    # ── what happens to the rollups ─────────────────────────────────────────────────────────────

    @rule(size=st.integers(1, 8))
    def insert(self, size: int) -> None:
        some, self.coming = self.coming[:size], self.coming[size:]
        assume(some)
        self.rows += write_with_ids(some)

    @rule(most_calls=st.integers(1, 10), minutes=st.sampled_from([0, 5, 120]))
    def fold(self, most_calls: int, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        folding.fold(self.now, most_calls)

    @rule(seed=seeds, way=st.sampled_from(["days", "without a time", "everything"]))
    def rebuild(self, seed: int, way: str) -> None:
        if way == "without a time":
            rebuilding.rebuild(UNDATED, UNDATED)
            return
        first, last = sorted(Random(seed).choices(self.days(), k=2))
        is_purged = self.purged_before and (way == "everything" or first < self.purged_before)
        with pytest.raises(rebuilding.DetailsPurgedError) if is_purged else nullcontext():
            if way == "everything":
                rebuilding.rebuild_everything()
            else:
                rebuilding.rebuild(first, last)

    @rule(seed=seeds, hours=st.sampled_from([0, 2]))
    def purge(self, seed: int, hours: int) -> None:
        before = Random(seed).choice(self.days())
        self.now += timedelta(hours=hours)
        folding.fold(self.now)
        purge(before, self.now)
        self.purged_before = max(before, self.purged_before or before)
        self.ask(seed)

    @rule(seed=seeds, way=st.sampled_from(["update", "update", "delete", "restore"]))
    def tamper(self, seed: int, way: str) -> None:
        """The other application changes, deletes or restores a call behind the fold."""
        rng = Random(seed)
        tamper = {"update": self._update, "delete": self._delete, "restore": self._restore}[way]
        assume(tamper(rng))
        differing = days_that_differ(tables(), self.expected())
        assert verifying.verify(self.now) == sorted(differing)
        verifying.repair(sorted(differing), self.now)
        assert verifying.verify(self.now) == []

    def _update(self, rng: Random) -> bool:
        candidates = self.tangible(self.rows)
        if not candidates:
            return False
        row = rng.choice(candidates)
        changed = {**_lively(row, rng), "cost": Decimal(rng.randint(0, 2))}
        _update_row(changed)
        self.rows[self.rows.index(row)] = changed
        return True

    def _delete(self, rng: Random) -> bool:
        # Without the newest call the table would seem to be another one.
        candidates = [row for row in self.tangible(self.rows) if row["id"] < self.rows[-1]["id"]]
        if not candidates:
            return False
        row = rng.choice(candidates)
        APIUsageStats.objects.filter(pk=row["id"])._raw_delete("default")
        self.rows.remove(row)
        self.removed.append(row)
        return True

    def _restore(self, rng: Random) -> bool:
        candidates = self.tangible(self.removed)
        if not candidates:
            return False
        row = rng.choice(candidates)
        write(row)
        self.removed.remove(row)
        self.rows = sorted([*self.rows, row], key=lambda row: row["id"])
        return True

    # ── what must be ────────────────────────────────────────────────────────────────────────────

    @invariant()
    def sums_are_those_of_the_folded_rows(self) -> None:
        if hasattr(self, "ledger"):
            assert tables() == self.expected()

    @rule(seed=seeds)
    def ask(self, seed: int) -> None:
        rng = Random(seed)
        for _time in range(2):
            question = Question(self, rng)
            self.check_sums(question)
            self.check_percentiles(question)
            self.check_failures(question)

    def check_sums(self, question: "Question") -> None:
        for by, ask in QUESTIONS.items():
            with folding.reading_at(self.now):
                answer = {key: asdict(found) for key, found in ask(question.selection).items()}
            expected = sums(question.rows, Selection(), by, self.zones)
            assert answer == expected, f"by {by}: {question}"

    def check_percentiles(self, question: "Question") -> None:
        in_all, by_endpoint = latency.percentiles_in_all_and_by_endpoint(question.timed)
        assert in_all == latency.percentiles(question.timed)
        question.check(in_all, question.timed_rows)
        for name, found in by_endpoint.items():
            of_endpoint = [row for row in question.timed_rows if endpoint(row) == name]
            question.check(found, of_endpoint)

    def check_failures(self, question: "Question") -> None:
        rows = [row for row in question.timed_rows if not row["success"]]
        kinds = grouped(rows, [failure_kind])
        groups = {fingerprint(group.message): group for group in failure_groups(question.timed)}
        assert groups.keys() == {kind for (kind,) in kinds}, str(question)
        for (kind,), of_kind in kinds.items():
            per_endpoint = {key: len(some) for (key,), some in grouped(of_kind, [endpoint]).items()}
            assert groups[kind].per_endpoint == per_endpoint, str(question)
            assert (groups[kind].first_at, groups[kind].last_at) == first_and_last(
                times(of_kind, self.zones)
            ), str(question)

    @precondition(lambda self: self.purged_before is None)
    @rule()
    def ask_what_sums_do_not_know(self) -> None:
        selection = self.ledger.selection()
        for by, ask in {**QUESTIONS, "job": engine.by_job}.items():
            with folding.reading_at(self.now):
                answer = {key: asdict(found) for key, found in ask(selection).items()}
            assert answer == sums(self.rows, selection, by, self.zones), f"by {by}: {selection}"

    def compare_with_a_rebuild(self) -> None:
        if self.purged_before is None:
            fold_all(now=self.now)
            folded = tables()
            rebuild_all_days()
            assert tables() == folded
            rebuilding.rebuild_everything()
            fold_all(now=self.now)
            assert tables() == folded == expected_tables(self.rows, self.zones)

    def expected(self) -> Any:
        return expected_tables(
            [row for row in self.rows if row["id"] <= read_rollup_state().folded_to],
            self.zones,
        )

    # ── helpers ─────────────────────────────────────────────────────────────────────────────────

    def days(self) -> list[date]:
        return [day for row in self.ledger.rows if (day := self.zones.day(row))]

    def tangible(self, rows: Rows) -> Rows:
        """Folded rows whose details no purge has removed or will not compare."""
        folded_to = read_rollup_state().folded_to
        before = self.purged_before or UNDATED
        return [
            row
            for row in rows
            if row["id"] <= folded_to and (self.zones.day(row) or date.max) >= before
        ]


class Question:
    """A random question, as a selection and as the rows that it is about."""

    def __init__(self, rollups: RollupState, rng: Random) -> None:
        ledger, self.zones = rollups.ledger, rollups.zones
        self.bounds = rng.choice(
            [
                (None, None),
                (ledger.bound(), ledger.bound()),
                tuple(sorted([ledger.moment(), ledger.moment()])),
                tuple(sorted([ledger.moment().date(), ledger.moment().date()])),
                (ledger.moment().date() - timedelta(days=62), ledger.moment()),
            ]
        )
        filters = {
            name: rng.choice(NARROWING[name])
            for name in rng.sample(KNOWN_TO_SUMS, rng.choice([0, 0, 1, 1, 2]))
        }
        self.selection = Selection.of(filters).during(range_of(*self.bounds))
        during = [row for row in rollups.rows if self.is_during(row, rollups.purged_before)]
        self.rows = selected(during, Selection.of(filters), self.zones)
        # The histogram and the failures know no other filter.
        name = filters.get("api_endpoint")
        self.timed = Selection(range_of(*self.bounds), endpoint=name)
        self.timed_rows = selected(during, Selection(endpoint=name), self.zones)

    def __repr__(self) -> str:
        return f"{self.bounds} in {self.zones}: {self.selection}"

    def is_during(self, row: Row, purged_before: date | None) -> bool:
        """Whether the range covers the row; by whole days where calls are purged."""
        start, end = self.bounds
        day = self.zones.day(row)
        if purged_before is None or day is None or day >= purged_before:
            return is_between(row, start, end, self.zones)
        # Bounds on later days leave out, or let in, the whole of this day.
        first, last = (self.day_of(bound) for bound in (start, end))
        return (first is None or day >= first) and (last is None or day <= last)

    def day_of(self, bound: Bound) -> date | None:
        if isinstance(bound, str):
            bound = datetime.fromisoformat(bound) if "T" in bound else date.fromisoformat(bound)
        if not isinstance(bound, datetime):
            return bound
        if bound.tzinfo is not None:
            return bound.astimezone(ZoneInfo(self.zones.reading)).date()
        return self.zones.day({"created_at": bound})

    def check(self, found: latency.Percentiles, rows: Rows) -> None:
        """The nearest rank within 2 %, in three digits."""
        ranked = sorted(
            row["response_time_ms"] for row in rows if row["response_time_ms"] is not None
        )
        for percent, value in ((50, found.p50), (95, found.p95), (99, found.p99)):
            if not ranked:
                assert value is None
                continue
            exact = ranked[ceil(len(ranked) * percent / 100) - 1]
            # What the bucket of the exact one stands for (within 2 %), in three digits.
            told = float(f"{value_of(bucket_of(exact)):.3g}")
            assert value == told, str(self)


def _lively(row: Row, rng: Random) -> Row:
    """The row with more of response times and messages, and often the usual endpoint."""
    return {
        **row,
        "api_endpoint": rng.choice([row["api_endpoint"], "/chat-messages"]),
        "response_time_ms": rng.choice([None, 0, 1, 2, 49, 50, rng.randint(0, 2**31 - 1)]),
        "error_message": rng.choice(MESSAGES),
    }


def _update_row(row: Row) -> None:
    columns = ("api_endpoint", "cost", "error_message", "response_time_ms")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE dt_api_usage_stats SET {' = %s, '.join(columns)} = %s WHERE id = %s",
            [row[name] for name in (*columns, "id")],
        )
