"""Failures, grouped by kind: messages that differ only in numbers, UUIDs and the like.

Whole days come from the rollup, newer calls and partial days from the calls. With a filter that the
rollup does not know, all come from the calls, within a bound.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Max, Min, QuerySet, Sum

from stats.core.periods import Range
from stats.models import APIUsageStats, DayFailure, EndpointName, FailureKind
from stats.query.answer import TooManyCallsError, answer, refuse_too_many
from stats.query.conditions import text_of
from stats.query.question import Grains, Question
from stats.query.selection import Selection
from stats.rollups.counters import ENDPOINT, FAILED, FAILURE_COUNTERS, MESSAGE
from stats.rollups.failures import fingerprint
from stats.rollups.local_days import Offsets
from stats.rollups.state import RollupState
from stats.rollups.texts import ENDPOINTS

# A statement with more of them would be slow.
MOST_MESSAGES = 1_000


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures of one kind (a fingerprint): one of their messages, how many per endpoint, first and
    last time."""

    kind: str
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
    groups = [_group(kind, rows) for kind, rows in kinds.items()]
    return sorted(groups, key=lambda group: (-group.failures, group.message))


def failures_of(selection: Selection, kind: str) -> FailureGroup | None:
    """The group of one kind, None without any. Raises `engine.TooManyCallsError`."""
    return next((group for group in failure_groups(selection) if group.kind == kind), None)


def narrowed(selection: Selection, kind: str) -> Selection:
    """The failures of one kind, as a selection.

    Their messages are looked up between the first and the last of them. Raises
    `engine.TooManyCallsError` if there are too many calls there, or too many different messages.
    """
    group = failures_of(selection, kind)
    if group is None:
        return replace(selection, messages=())
    there = selection.during(_around(group, selection.range))
    refuse_too_many(there)
    failed = there.narrow(APIUsageStats.objects.order_by()).filter(FAILED)
    found = failed.values_list(MESSAGE, flat=True).distinct()
    messages = tuple(sorted(message for message in found if fingerprint(message) == kind))
    if len(messages) > MOST_MESSAGES:
        raise TooManyCallsError
    return replace(there, messages=messages)


def _around(group: FailureGroup, range: Range) -> Range:
    """The range, cut to the failures of the group; all time has those without a time."""
    if range.is_all_time or group.first_at is None or group.last_at is None:
        return range
    return Range(max(range.start or group.first_at, group.first_at), group.last_at)


def _group(kind: str, rows: list[Any]) -> FailureGroup:
    counts, messages, endpoints, first_ats, last_ats = zip(*rows, strict=True)
    per_endpoint = Counter[str]()
    for endpoint, count in zip(endpoints, counts, strict=True):
        per_endpoint[endpoint] += int(count)
    return FailureGroup(
        kind,
        messages[0],
        dict(sorted(per_endpoint.items(), key=lambda item: (-item[1], item[0]))),
        min(_given(first_ats), default=None),
        max(_given(last_ats), default=None),
    )


def _given(moments: Iterable[datetime | None]) -> list[datetime]:
    return [moment for moment in moments if moment is not None]


@dataclass(frozen=True, slots=True)
class FailuresQuestion(Question):
    """Failures by message and endpoint: how many, the first and the last time."""

    # The first time of a day is not that of its rest.
    is_additive: ClassVar[bool] = False

    @property
    def columns(self) -> tuple[str, ...]:
        return ("failures_", "message_", "endpoint_", "first_at_", "last_at_")

    @property
    def texts(self) -> dict[str, str]:
        return {"endpoint_": ENDPOINTS.or_others("endpoint_")}

    def grains(self, rollups: RollupState) -> Grains | None:
        asked = self.selection
        known = Selection(asked.range, endpoint=asked.endpoint, success=asked.success)
        return Grains(DayFailure) if asked == known else None

    def of_sums(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        endpoint = Selection(endpoint=self.selection.endpoint)
        rows = rows.filter(*endpoint.conditions_of_sums())
        grouped = rows.values("kind_id", "endpoint_id").annotate(
            failures_=Sum("failures"), first_at_=Min("first_at"), last_at_=Max("last_at")
        )
        named: QuerySet[Any] = grouped.annotate(
            message_=text_of(FailureKind, "kind_id", "message"),
            endpoint_=text_of(EndpointName, "endpoint_id"),
        )
        return named

    def of_calls(self, calls: QuerySet[APIUsageStats], offsets: Offsets) -> QuerySet[Any]:
        grouped = calls.filter(FAILED).values(message_=MESSAGE, endpoint_=ENDPOINT)
        return grouped.annotate(**FAILURE_COUNTERS)
