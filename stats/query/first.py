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
    """The jobs of a selection, the calls without one as one more, by a counter or by `FAILURES`:
    the first `most`, ties by id. Without `most`, the number of all."""

    figure: str
    most: int | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        return ("calls_", "key_", "value_")

    @property
    def numbers(self) -> tuple[str, ...]:
        return ("calls_", "value_")

    def grains(self, rollups: RollupState) -> Grains | None:
        return grains_that_count(self.selection, "job_id", rollups)

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
        if self.most is None:
            return sql.number_of_groups(rows, ROW_TYPE, "key_", "calls_")
        # Before them comes the row of the state, if there is one.
        return sql.first_groups(rows, ROW_TYPE, "key_", "calls_", "value_", self.most + 1)


def are_ranked_by_sums(selection: Selection) -> bool:
    """Whether the rollups know the jobs of a selection."""
    return are_told_by_sums(JobsQuestion(selection, "calls"))


def first_jobs(selection: Selection, figure: str, most: int) -> list[int | None]:
    """The first `most` jobs. Raises `TooManyCallsError`."""
    return [job for _calls, job, _value in answer(JobsQuestion(selection, figure, most))[:most]]


def number_of_jobs(selection: Selection) -> int:
    """The number of all. Raises `TooManyCallsError`."""
    return sum(number for (number,) in answer(JobsQuestion(selection, "calls")))
