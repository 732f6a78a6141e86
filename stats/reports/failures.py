"""Failures, grouped by their kind: alike but for numbers, UUIDs and the like.

Whole days come from the sums plus newer calls, in one statement. Where a filter or a part of a
day needs the calls themselves, they are read within a bound.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q, Sum, Value
from django.db.models.functions import Coalesce, Left
from django.utils import timezone

from stats.counters import ENDPOINT, FAILED
from stats.models import APIUsageStats, DayFailure, EndpointName, FailureKind
from stats.reports.coverage import cover, widened
from stats.reports.engine import refuse_too_many
from stats.reports.parts import FOLDED_TO, Part, conditions, text_of
from stats.reports.selection import Selection
from stats.rollups.failures import MESSAGE_LENGTH, fingerprint
from stats.rollups.folding import open_books
from stats.sql import ExactText
from stats.zones import reading_zone

COLUMNS = ("message_", "endpoint_", "failures_", "first_at_", "last_at_")


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
    first, *others = _parts(selection)
    kinds: dict[str, list[Any]] = {}
    for row in first.union(*others, all=True):
        kinds.setdefault(fingerprint(row[0]), []).append(row)
    groups = [_group(rows) for rows in kinds.values()]
    return sorted(groups, key=lambda group: (-group.failures, group.message))


def _group(rows: list[Any]) -> FailureGroup:
    messages, endpoints, counts, first_ats, last_ats = zip(*rows, strict=True)
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


def _parts(selection: Selection) -> list[Part]:
    books = open_books(timezone.now())
    range = widened(selection.range, books.purged_before, reading_zone())
    coverage = cover(range, reading_zone())
    is_known_to_sums = selection == Selection(
        selection.range, endpoint=selection.endpoint, success=selection.success
    )
    if not is_known_to_sums or coverage.added or coverage.subtracted or not books.are_usable:
        refuse_too_many(selection)
        return [_of_calls(selection, Q())]
    if selection.success or coverage.days is None:
        return [_of_calls(selection, Q(pk__gt=FOLDED_TO))]
    sums = _of_sums(selection, coverage.days.condition("day"))
    return [sums, _of_calls(selection.during(range), Q(pk__gt=FOLDED_TO))]


def _of_sums(selection: Selection, when: Q) -> Part:
    endpoint = Selection(endpoint=selection.endpoint)
    rows = DayFailure.objects.filter(when, *conditions(endpoint)).order_by()
    grouped = rows.values("kind_id", "endpoint_id").annotate(
        failures_=Sum("failures"), first_at_=Min("first_at"), last_at_=Max("last_at")
    )
    named: Part = grouped.annotate(
        message_=text_of(FailureKind, "kind_id", "message"),
        endpoint_=text_of(EndpointName, "endpoint_id"),
    )
    return named.values_list(*COLUMNS)


def _of_calls(selection: Selection, which: Q) -> Part:
    failures = selection.narrow(APIUsageStats.objects.filter(FAILED, which)).order_by()
    message = Left(ExactText(Coalesce("error_message", Value(""))), MESSAGE_LENGTH)
    grouped = failures.values(message_=message, endpoint_=ENDPOINT).annotate(
        failures_=Count("pk"), first_at_=Min("created_at"), last_at_=Max("created_at")
    )
    return grouped.values_list(*COLUMNS)
