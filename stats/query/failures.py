"""Failures, grouped by their kind: alike but for numbers, UUIDs and the like.

Whole days come from the sums, newer calls and parts of days from the calls; under a filter that
the sums do not know, all of them do, within a bound.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Count, Max, Min, QuerySet, Sum

from stats.core.periods import Range
from stats.db import sql
from stats.db.statements import Statement
from stats.models import APIUsageStats, DayFailure, EndpointName, FailureKind
from stats.query.answer import TooManyCallsError, answer, refuse_too_many
from stats.query.conditions import text_of
from stats.query.question import ROW_TYPE, Grains, Question
from stats.query.selection import MESSAGE, Selection
from stats.rollups.counters import ENDPOINT, FAILED
from stats.rollups.failures import fingerprint
from stats.rollups.local_days import DATED, Offsets
from stats.rollups.state import RollupState
from stats.rollups.texts import ENDPOINTS

# So many different ones a statement can name and stay quick.
MOST_MESSAGES = 1_000


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures of one kind, which is a fingerprint: one of their messages, how many per endpoint,
    first and last time."""

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
    """Those of one kind, None where there are none. Raises `engine.TooManyCallsError`."""
    groups = failure_groups(selection)
    return next((group for group in groups if group.kind == kind), None)


def narrowed(selection: Selection, kind: str) -> Selection:
    """The calls of a selection that failed in one way, to be asked about as any others.

    Their messages are looked up between the first and the last of them. Raises
    `engine.TooManyCallsError` where too many calls lie there, or too many different messages.
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
    """As little of a range as has all failures of the group; all time has those without a time."""
    if range.is_all_time or group.first_at is None or group.last_at is None:
        return range
    return Range(max(range.start or group.first_at, group.first_at), group.last_at)


def _group(kind: str, rows: list[Any]) -> FailureGroup:
    counts, messages, endpoints, first_ats, last_ats = zip(*rows, strict=True)
    per_endpoint: dict[str, int] = {}
    for endpoint, count in zip(endpoints, counts, strict=True):
        per_endpoint[endpoint] = per_endpoint.get(endpoint, 0) + int(count)
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

    def grains(self, rollups: RollupState) -> Grains | None:
        return Grains(DayFailure)

    def branch(self, groups: QuerySet[Any]) -> Statement:
        branch = Question.branch(self, groups)
        if groups.model is not APIUsageStats:
            return branch
        columns = {name: name for name in (ROW_TYPE, *self.columns)}
        return sql.selected(branch, columns | {"endpoint_": ENDPOINTS.or_others("endpoint_")})

    def of_sums(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        endpoint = Selection(endpoint=self.selection.endpoint)
        rows = rows.filter(*endpoint.conditions_of_sums)
        grouped = rows.values("kind_id", "endpoint_id").annotate(
            failures_=Sum("failures"), first_at_=Min("first_at"), last_at_=Max("last_at")
        )
        named: QuerySet[Any] = grouped.annotate(
            message_=text_of(FailureKind, "kind_id", "message"),
            endpoint_=text_of(EndpointName, "endpoint_id"),
        )
        return named

    def of_calls(self, calls: QuerySet[APIUsageStats], offsets: Offsets) -> QuerySet[Any]:
        return (
            calls.filter(FAILED)
            .values(message_=MESSAGE, endpoint_=ENDPOINT)
            .annotate(
                failures_=Count("pk"),
                first_at_=Min("created_at", filter=DATED),
                last_at_=Max("created_at", filter=DATED),
            )
        )
