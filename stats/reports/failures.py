"""Failures, grouped by their kind: alike but for numbers, UUIDs and the like.

Whole days come from the sums, newer calls and parts of days from the calls; under a filter that
the sums do not know, all of them do, within a bound.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Count, Max, Min, Model, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Left

from stats.counters import ENDPOINT, FAILED
from stats.local_days import Offsets
from stats.models import APIUsageStats, DayFailure, EndpointName, FailureKind
from stats.reports.asking import Question, answer
from stats.reports.dimensions import conditions, text_of
from stats.reports.selection import Selection
from stats.rollups.failures import MESSAGE_LENGTH, fingerprint
from stats.sql import ExactText


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures of one kind: one of their messages, how many per endpoint, first and last time."""

    message: str
    per_endpoint: dict[str, int]
    first_at: datetime | None
    last_at: datetime | None

    @property
    def failures(self) -> int:
        return sum(self.per_endpoint.values())


def failure_groups(selection: Selection) -> list[FailureGroup]:
    """The kinds of failures of the selection, the most frequent first.

    Raises `engine.TooManyCallsError`.
    """
    if selection.success:
        return []
    kinds: dict[str, list[Any]] = {}
    for row in answer(FailuresQuestion(selection)):
        kinds.setdefault(fingerprint(row[1]), []).append(row)
    groups = [_group(rows) for rows in kinds.values()]
    return sorted(groups, key=lambda group: (-group.failures, group.message))


def _group(rows: list[Any]) -> FailureGroup:
    counts, messages, endpoints, first_ats, last_ats = zip(*rows, strict=True)
    per_endpoint: dict[str, int] = {}
    for endpoint, count in zip(endpoints, counts, strict=True):
        per_endpoint[endpoint] = per_endpoint.get(endpoint, 0) + int(count)
    return FailureGroup(
        messages[0],
        dict(sorted(per_endpoint.items(), key=lambda item: (-item[1], item[0]))),
        min(_given(first_ats), default=None),
        max(_given(last_ats), default=None),
    )


def _given(moments: Iterable[datetime | None]) -> list[datetime]:
    return [moment for moment in moments if moment is not None]


@dataclass(frozen=True, slots=True)
class FailuresQuestion(Question):
    """What failed, by message and endpoint, how often, the first and the last time."""

    # A first time without what was taken away is not known.
    is_additive: ClassVar[bool] = False

    @property
    def columns(self) -> tuple[str, ...]:
        return ("failures_", "message_", "endpoint_", "first_at_", "last_at_")

    @property
    def is_known_to_sums(self) -> bool:
        selection = self.selection
        return selection == Selection(
            selection.range, endpoint=selection.endpoint, success=selection.success
        )

    @property
    def grains(self) -> tuple[type[Model], type[Model] | None]:
        return DayFailure, None

    def of_sums(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        endpoint = Selection(endpoint=self.selection.endpoint)
        rows = rows.filter(*conditions(endpoint))
        grouped = rows.values("kind_id", "endpoint_id").annotate(
            failures_=Sum("failures"), first_at_=Min("first_at"), last_at_=Max("last_at")
        )
        named: QuerySet[Any] = grouped.annotate(
            message_=text_of(FailureKind, "kind_id", "message"),
            endpoint_=text_of(EndpointName, "endpoint_id"),
        )
        return named

    def of_calls(self, calls: QuerySet[APIUsageStats], offsets: Offsets) -> QuerySet[Any]:
        message = Left(ExactText(Coalesce("error_message", Value(""))), MESSAGE_LENGTH)
        return (
            calls.filter(FAILED)
            .values(message_=message, endpoint_=ENDPOINT)
            .annotate(
                failures_=Count("pk"), first_at_=Min("created_at"), last_at_=Max("created_at")
            )
        )
