"""Sums of calls by a dimension: how rollups and calls give them, in rows of one shape."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from django.db.models import (
    Case,
    ExpressionWrapper,
    F,
    IntegerField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from stats.counters import (
    COST_KIND,
    COSTED_CALLS,
    COUNTERS,
    CURRENCY,
    ENDPOINT,
    SUCCEEDED,
    UNKNOWN_COST,
    CostKind,
)
from stats.local_days import NO_OFFSET, Offsets, first_and_last_time, offsets_between
from stats.models import (
    UNDATED,
    APIUsageStats,
    CurrencyName,
    DayEndpoint,
    DayUser,
    DayUserEndpoint,
    EndpointName,
    EndUser,
    MonthUser,
    MonthUserEndpoint,
)
from stats.periods import DAY, MAX_DAYS, Range
from stats.reports.asking import Question
from stats.reports.coverage import Days
from stats.reports.lookups import looked_up
from stats.reports.selection import Selection
from stats.sql import LocalDay


class Dimension(Enum):
    """What sums are grouped by."""

    NONE = "none"
    DAY = "day"
    USER = "user_id"
    JOB = "job_id"
    ENDPOINT = "endpoint"


# Enough to rank and to say what it cost, if anything.
BRIEF = ("calls", "total_tokens", "cost_units", "costed_calls")
# How calls and the rows of a rollup give what in brief stands for the kind of cost.
COSTED_SUM = Coalesce(Sum(Case(When(cost_kind=CostKind.COSTED.value, then="calls"))), 0)
OF_CALLS = {**COUNTERS, "costed_calls": COSTED_CALLS}
OF_SUMS = {**{name: Sum(name) for name in COUNTERS}, "costed_calls": COSTED_SUM}
UNTOLD = Value(None, IntegerField())
# As a number, so that nobody makes a boolean of it row by row.
SUCCESS = ExpressionWrapper(F("success"), IntegerField())


@dataclass(frozen=True, slots=True)
class SumsQuestion(Question):
    """Sums of the selection's calls, grouped by what.

    In brief they are not split by success and kind of cost, so that a fourth of the rows will do.
    """

    by: Dimension
    in_brief: bool = False

    @property
    def counters(self) -> tuple[str, ...]:
        """What is counted, the calls themselves first."""
        return BRIEF if self.in_brief else tuple(COUNTERS)

    @property
    def columns(self) -> tuple[str, ...]:
        calls, *others = self.numbers
        return (calls, "key_", "currency_", "success_", "cost_kind_", *others)

    @property
    def numbers(self) -> tuple[str, ...]:
        return tuple(map(_counted, self.counters))

    @property
    def is_known_to_sums(self) -> bool:
        return self.by is not Dimension.JOB and self.selection.is_about_sums

    @property
    def grains(self) -> tuple[type[Model], type[Model] | None]:
        selection, by = self.selection, self.by
        has_user = by is Dimension.USER or selection.user_ids or selection.groups
        has_endpoint = by is Dimension.ENDPOINT or selection.endpoint is not None
        if not has_user:
            return DayEndpoint, None
        by_day, by_month = (
            (DayUserEndpoint, MonthUserEndpoint) if has_endpoint else (DayUser, MonthUser)
        )
        return by_day, None if by is Dimension.DAY else by_month

    def on_days(self, days: Days, column: str, known: Days) -> Q:
        users = len(self.selection.user_ids)
        which = looked_up(days, column, users, known) if users else days.condition(column)
        return which & Q(day__gt=UNDATED) if self.by is Dimension.DAY else which

    def offsets(self, range: Range) -> Offsets:
        is_by_day = self.by is Dimension.DAY
        return offsets_between(*_bounds(range)) if is_by_day else NO_OFFSET

    def of_sums(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        grouped = rows.filter(*conditions(self.selection)).values(
            number_=self._key_of_sums(),
            currency_number_=F("currency_id"),
            success_=UNTOLD if self.in_brief else SUCCESS,
            cost_kind_=UNTOLD if self.in_brief else F("cost_kind"),
        )
        is_by_endpoint = self.by is Dimension.ENDPOINT
        named = {
            "key_": text_of(EndpointName, "endpoint_id") if is_by_endpoint else F("number_"),
            "currency_": text_of(CurrencyName, "currency_id"),
        }
        counters = {_counted(name): OF_SUMS[name] for name in self.counters}
        summed: QuerySet[Any] = grouped.annotate(**counters).annotate(**named)
        return summed

    def of_calls(self, calls: QuerySet[APIUsageStats], offsets: Offsets) -> QuerySet[Any]:
        if self.by is Dimension.DAY:
            calls = calls.filter(created_at__isnull=False)
        grouped = calls.values(
            key_=self._key_of_calls(offsets),
            currency_=CURRENCY,
            success_=UNTOLD if self.in_brief else SUCCEEDED,
            cost_kind_=UNTOLD if self.in_brief else COST_KIND,
        )
        counters = {_counted(name): OF_CALLS[name] for name in self.counters}
        return grouped.annotate(**counters)

    def _key_of_sums(self) -> Combinable:
        if self.by is Dimension.NONE:
            return Value(0, IntegerField())
        return F("endpoint_id" if self.by is Dimension.ENDPOINT else self.by.value)

    def _key_of_calls(self, offsets: Offsets) -> Combinable:
        match self.by:
            case Dimension.NONE:
                return Value(0, IntegerField())
            case Dimension.DAY:
                return LocalDay(F("created_at"), offsets)
            case Dimension.ENDPOINT:
                return ENDPOINT
            case _:
                return F(self.by.value)


def _counted(name: str) -> str:
    """The name of a counter in a part: apart from the columns that it counts."""
    return f"{name}_"


def _bounds(range: Range) -> tuple[datetime | None, datetime | None]:
    """The first and last time that calls in the range can have."""
    if range.start and range.end and range.end - range.start <= MAX_DAYS * DAY:
        return range.start, range.end
    # Offsets are looked up day by day: not over the thousand years that a caller may ask for.
    first, last = first_and_last_time()
    if first is None or last is None:
        return None, None
    return max(first, range.start or first), min(last, range.end or last)


def text_of(names: type[Model], number: str, column: str = "text") -> Subquery:
    """The text of a number, looked up once per group."""
    return Subquery(names._default_manager.filter(pk=OuterRef(number)).values(column))


def conditions(selection: Selection) -> list[Q]:
    """What a selection asks of the keys of a rollup, its time apart."""
    given = {
        "user_id__in": selection.user_ids or None,
        "success": selection.success,
        "cost_kind": UNKNOWN_COST.get(selection.unknown_cost or ""),
        "endpoint_id": _number(EndpointName, selection.endpoint),
        "currency_id": _number(CurrencyName, selection.currency),
    }
    found = [Q((lookup, value)) for lookup, value in given.items() if value is not None]
    if selection.groups:
        users = EndUser._default_manager.filter(Q(("group__in", selection.groups)))
        found.append(Q(user_id__in=users.values("pk")))
    return found


def _number(names: type[Model], text: str | None) -> Subquery | None:
    if text is None:
        return None
    return Subquery(names._default_manager.filter(text=text.rstrip(" ")).values("pk"))
