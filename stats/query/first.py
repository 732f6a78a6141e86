"""The first jobs of a selection by a figure. The database ranks them, so that only these are read,
however many there are."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import NullIf

from stats.db import sql
from stats.db.statements import Statement
from stats.models import APIUsageStats
from stats.query.answer import answer, are_told_by_sums
from stats.query.question import ROW_TYPE, Grains, Question, grains_that_know
from stats.query.selection import Selection
from stats.rollups.counters import COUNTERS, FAILED, NO_JOB
from stats.rollups.local_days import Offsets
from stats.rollups.state import RollupState

# A figure that is no counter.
FAILURES = "failures"


@dataclass(frozen=True, slots=True)
class FirstJobs:
    """The first jobs, None for the calls without one, and the number of all others."""

    jobs: list[int | None]
    left_out: int


@dataclass(frozen=True, slots=True)
class FirstQuestion(Question):
    """The first `most` jobs by a counter or by `FAILURES`, ties by id; calls without a job are one,
    last among equals."""

    figure: str
    most: int

    @property
    def columns(self) -> tuple[str, ...]:
        return ("calls_", "key_", "value_")

    @property
    def numbers(self) -> tuple[str, ...]:
        return ("calls_", "value_")

    @property
    def width(self) -> int:
        return len(self.columns) + 1

    def grains(self, rollups: RollupState) -> Grains | None:
        if not self.selection.is_known_to_sums:
            return None
        keys = {"job_id", *self.selection.keys_of_sums}
        return grains_that_know(keys, "calls", self.selection.range, rollups)

    def of_sums(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        value: Combinable = F(self.figure)
        if self.figure == FAILURES:
            value = F("calls") - F("successes")
        # Not grouped here: they are once all branches are together.
        return rows.filter(*self.selection.conditions_of_sums()).values(
            calls_=F("calls"), key_=NullIf(F("job_id"), Value(NO_JOB)), value_=value
        )

    def of_calls(self, calls: QuerySet[APIUsageStats], offsets: Offsets) -> QuerySet[Any]:
        value = Count("pk", filter=FAILED) if self.figure == FAILURES else COUNTERS[self.figure]
        return calls.values(key_=F("job_id")).annotate(calls_=Count("pk"), value_=value)

    def together(self, rows: Statement) -> Statement:
        # Before them comes the row of the state, of kind 0; jobs are of kind 1.
        return sql.first_groups(rows, ROW_TYPE, *("key_", "calls_", "value_"), self.most + 1)


def are_ranked_by_sums(selection: Selection) -> bool:
    """Whether the rollups know the jobs of a selection."""
    return are_told_by_sums(FirstQuestion(selection, "calls", 1))


def first_jobs(selection: Selection, figure: str, most: int) -> FirstJobs:
    """The first `most` jobs. Raises `TooManyCallsError`."""
    rows = answer(FirstQuestion(selection, figure, most))
    # Before the first fold there is no row of the state.
    jobs = [job for _calls, job, *_rest in rows[:most]]
    return FirstJobs(jobs, rows[0][-1] - len(jobs) if rows else 0)
