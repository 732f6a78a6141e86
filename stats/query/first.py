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
from stats.query.question import ROW_TYPE, Grains, Question, grains_that_count
from stats.query.selection import Selection
from stats.rollups.counters import COUNTERS, FAILED, NO_JOB
from stats.rollups.local_days import Offsets
from stats.rollups.state import RollupState

# A figure that is no counter.
FAILURES = "failures"


@dataclass(frozen=True, slots=True)
class JobsQuestion(Question):
    """About the jobs of a selection; the calls without one are one more."""

    @property
    def columns(self) -> tuple[str, ...]:
        return ("calls_", "key_")

    def grains(self, rollups: RollupState) -> Grains | None:
        return grains_that_count(self.selection, "job_id", rollups)

    def of_sums(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        # Not grouped here: they are once all branches are together.
        rows = rows.filter(*self.selection.conditions_of_sums())
        return rows.values(calls_=F("calls"), key_=NullIf(F("job_id"), Value(NO_JOB)))

    def of_calls(self, calls: QuerySet[APIUsageStats], offsets: Offsets) -> QuerySet[Any]:
        return calls.values(key_=F("job_id")).annotate(calls_=Count("pk"))


@dataclass(frozen=True, slots=True)
class NumberOfJobs(JobsQuestion):
    """How many there are."""

    # A job counts if it has a call: none may be subtracted.
    is_additive = False

    def together(self, rows: Statement) -> Statement:
        return sql.number_of_keys(rows, ROW_TYPE, "key_", "calls_")


@dataclass(frozen=True, slots=True)
class FirstJobs(JobsQuestion):
    """The first `most` by a counter or by `FAILURES`, ties by id."""

    figure: str
    most: int

    @property
    def columns(self) -> tuple[str, ...]:
        return ("calls_", "key_", "value_")

    @property
    def numbers(self) -> tuple[str, ...]:
        return ("calls_", "value_")

    def of_sums(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        value: Combinable = F(self.figure)
        if self.figure == FAILURES:
            value = F("calls") - F("successes")
        found: QuerySet[Any] = JobsQuestion.of_sums(self, rows).annotate(value_=value)
        return found

    def of_calls(self, calls: QuerySet[APIUsageStats], offsets: Offsets) -> QuerySet[Any]:
        value = Count("pk", filter=FAILED) if self.figure == FAILURES else COUNTERS[self.figure]
        found: QuerySet[Any] = JobsQuestion.of_calls(self, calls, offsets).annotate(value_=value)
        return found

    def together(self, rows: Statement) -> Statement:
        # Before them comes the row of the state, if there is one.
        return sql.first_groups(rows, ROW_TYPE, "key_", "calls_", "value_", self.most + 1)


def are_ranked_by_sums(selection: Selection) -> bool:
    """Whether the rollups know the jobs of a selection."""
    return are_told_by_sums(NumberOfJobs(selection))


def first_jobs(selection: Selection, figure: str, most: int) -> list[int | None]:
    """The first `most` jobs. Raises `TooManyCallsError`."""
    return [job for _calls, job, _value in answer(FirstJobs(selection, figure, most))[:most]]


def number_of_jobs(selection: Selection) -> int:
    """The number of all. Raises `TooManyCallsError`."""
    return sum(number for number, _key in answer(NumberOfJobs(selection)))
