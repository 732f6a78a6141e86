"""Sums of calls by a dimension: how rollups and calls give them, in rows of one shape."""

from dataclasses import dataclass, replace
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
from django.db.models.functions import Coalesce, NullIf

from stats.core.money import CostKind
from stats.core.periods import DAY, MAX_DAYS, Range
from stats.db import sql
from stats.db.catalogue import have_ten_digits
from stats.db.expressions import CollatedText, HourNumber, LocalDay
from stats.db.statements import Statement, compiled
from stats.models import APIUsageStats, CurrencyName, EndpointName
from stats.models.sums import CallSums
from stats.query.conditions import memberships_on, text_of
from stats.query.question import ROW_TYPE, Grains, Question, grains_that_count
from stats.query.sums import BRIEF_FIGURES
from stats.rollups import counters
from stats.rollups.local_days import (
    DATED,
    NO_OFFSET,
    Offsets,
    any_local_day,
    first_and_last_time,
    offsets_between,
)
from stats.rollups.state import RollupState
from stats.rollups.texts import CURRENCIES, ENDPOINTS


class Dimension(Enum):
    """What sums are grouped by: a key of rollups."""

    NONE = ""
    DAY = "day"
    HOUR = "hour"
    USER = "user_id"
    JOB = "job_id"
    ENDPOINT = "endpoint_id"
    # The id of a `Membership`; of a user on days without a group, their own id below zero.
    MEMBERSHIP = "membership"

    @property
    def key(self) -> str:
        """What a rollup must tell apart."""
        return "user_id" if self is Dimension.MEMBERSHIP else self.value


# Never added up as floats.
MONEY = frozenset({"cost_units", "failed_cost_units"})
# The costed calls of rows that are split by cost kind.
COSTED_SUM = Coalesce(Sum(Case(When(cost_kind=CostKind.COSTED.value, then="calls"))), 0)
OUTCOME_OF_SUMS = ExpressionWrapper(
    F("success") * counters.SUCCESS_PLACE + F("cost_kind"), output_field=IntegerField()
)


@dataclass(frozen=True, slots=True)
class SumsQuestion(Question):
    """Sums of the selection's calls, grouped by a dimension and by currency.

    In brief, they are `BRIEF_FIGURES` alone, and nothing is grouped by outcome.
    """

    by: Dimension
    in_brief: bool = False
    may_use_floats: bool = True
    # Only these jobs, None for calls without one; empty: all.
    jobs: tuple[int | None, ...] = ()

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures of each group, the number of calls first."""
        return BRIEF_FIGURES if self.in_brief else counters.FIGURES

    @property
    def columns(self) -> tuple[str, ...]:
        calls, *others = self.numbers
        return (calls, "key_", "currency_", *others)

    @property
    def numbers(self) -> tuple[str, ...]:
        return tuple(map(_counted, self.figures))

    @property
    def floats(self) -> tuple[str, ...]:
        return tuple(_counted(name) for name in self.figures if self._is_float(name))

    @property
    def exactly(self) -> "SumsQuestion":
        return replace(self, may_use_floats=False)

    def _is_float(self, name: str) -> bool:
        # In total or by endpoint, there are too many calls for floats, and few rows to add up.
        is_of_many = self.by in {Dimension.NONE, Dimension.ENDPOINT, Dimension.HOUR}
        return (
            self.may_use_floats
            and not is_of_many
            and name not in MONEY
            and have_ten_digits(APIUsageStats._meta.db_table, counters.SUMMED_COLUMNS)
        )

    def grains(self, rollups: RollupState) -> Grains | None:
        return grains_that_count(self.selection, self.by.key, rollups)

    @property
    def is_dated(self) -> bool:
        return self.by is Dimension.MEMBERSHIP

    @property
    def needs_time(self) -> bool:
        return self.by in {Dimension.DAY, Dimension.HOUR}

    @property
    def at_any_time(self) -> "SumsQuestion":
        return replace(self, selection=self.selection.at_any_time, jobs=())

    @property
    def only_sums(self) -> Q:
        ids = (counters.NO_JOB if job is None else job for job in self.jobs)
        return Q(job_id__in=sorted(ids)) if self.jobs else Q()

    @property
    def only_calls(self) -> Q:
        no_job = Q(job_id__isnull=True) if None in self.jobs else Q()
        ids = [job for job in self.jobs if job is not None]
        return Q(job_id__in=ids) | no_job if self.jobs else Q()

    def offsets(self, range: Range) -> Offsets:
        return offsets_between(*_bounds(range)) if self.by is Dimension.DAY else NO_OFFSET

    @property
    def texts(self) -> dict[str, str]:
        currency = {
            "currency_": CURRENCIES.or_others(counters.CURRENCY_OF_TEXT.format("currency_"))
        }
        if self.by is not Dimension.ENDPOINT:
            return currency
        return currency | {"key_": ENDPOINTS.or_others("RTRIM(key_)")}

    def branch(self, groups: QuerySet[Any]) -> Statement:
        is_of_calls = groups.model is APIUsageStats
        is_split = "outcome_" in groups.query.annotations
        if not (is_of_calls or is_split):
            return Question.branch(self, groups)
        counted_as = {
            name: _counted(name) for name in (counters.COUNTERS if is_split else self.figures)
        }
        keys = ("key_", "currency_", "outcome_") if is_split else ("key_", "currency_")
        columns = {name: name for name in (ROW_TYPE, *keys, *counted_as.values())}
        branch = compiled(groups.values_list(*columns))
        if is_split:
            conditional = counters.conditional_sums(counted_as, "outcome_")
            columns |= {_counted(name): expression for name, expression in conditional.items()}
        if is_of_calls:
            columns |= self.texts
        return sql.selected(branch, {name: columns[name] for name in self.all_columns})

    def of_sums(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        is_split = issubclass(rows.model, CallSums) and not self.in_brief
        split = {"outcome_": OUTCOME_OF_SUMS} if is_split else {}
        day = "month" if hasattr(rows.model, "month") else "day"
        named: dict[str, Combinable] = {"currency_": text_of(CurrencyName, "currency_id")}
        keys: dict[str, Combinable] = {}
        if self.by is Dimension.MEMBERSHIP:
            # MySQL sees that a column is the subquery of GROUP BY only if it is written once.
            keys["key_"] = _membership(OuterRef(day))
        else:
            keys["number_"] = self._key_of_sums()
            is_by_endpoint = self.by is Dimension.ENDPOINT
            named["key_"] = text_of(EndpointName, "endpoint_id") if is_by_endpoint else F("number_")
        keys |= {"currency_number_": F("currency_id"), **split}
        grouped = rows.filter(*self.selection.conditions_of_sums()).values(**keys)
        counted = counters.COUNTERS if is_split else self.figures
        counted_as = {_counted(name): self._sum(name, rows.model) for name in counted}
        summed: QuerySet[Any] = grouped.annotate(**counted_as).annotate(**named)
        return summed

    def _sum(self, name: str, grain: type[Model]) -> Combinable:
        if name == "costed_calls" and issubclass(grain, CallSums):
            return COSTED_SUM
        return Sum(F(name) * 1.0) if self._is_float(name) else Sum(name)

    def of_calls(self, calls: QuerySet[APIUsageStats], offsets: Offsets) -> QuerySet[Any]:
        if self.needs_time:
            calls = calls.filter(DATED)
        split = {} if self.in_brief else {"outcome_": counters.OUTCOME}
        currency = CollatedText("prompt_price_unit")
        grouped = calls.values(key_=self._key_of_calls(offsets), currency_=currency, **split)
        of_calls = counters.FLOAT_COUNTERS if self.floats else counters.COUNTERS
        of_calls = of_calls | {"costed_calls": counters.COSTED_CALLS}
        counted = self.figures if self.in_brief else counters.COUNTERS
        return grouped.annotate(**{_counted(name): of_calls[name] for name in counted})

    def _key_of_sums(self) -> Combinable:
        if self.by is Dimension.NONE:
            return Value(0, IntegerField())
        if self.by is Dimension.JOB:
            return NullIf(F("job_id"), Value(counters.NO_JOB))
        return F(self.by.value)

    def _key_of_calls(self, offsets: Offsets) -> Combinable:
        keys: dict[Dimension, Combinable] = {
            Dimension.NONE: Value(0, IntegerField()),
            Dimension.DAY: LocalDay(F("created_at"), offsets),
            Dimension.HOUR: HourNumber("created_at"),
            Dimension.ENDPOINT: CollatedText("api_endpoint"),
            Dimension.MEMBERSHIP: _membership(any_local_day(OuterRef("created_at"))),
        }
        return keys.get(self.by, F(self.by.value))


def _membership(day: Combinable) -> Combinable:
    """Of the row's user on a day."""
    return Coalesce(Subquery(memberships_on(day).values("pk")[:1]), -F("user_id"))


def _counted(name: str) -> str:
    """The name of a counter in a branch, apart from the column that it counts."""
    return f"{name}_"


def _bounds(range: Range) -> tuple[datetime | None, datetime | None]:
    """The first and last time that a call of the range can have."""
    if range.start and range.end and range.end - range.start <= MAX_DAYS * DAY:
        return range.start, range.end
    # Offsets are looked up day by day, and a caller may ask for a thousand years.
    first, last = first_and_last_time()
    if first is None or last is None:
        return None, None
    return max(first, range.start or first), min(last, range.end or last)
