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
    Q,
    QuerySet,
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
from stats.models import (
    UNDATED,
    APIUsageStats,
    CurrencyName,
    EndpointName,
)
from stats.models.sums import CallSums
from stats.query.conditions import text_of
from stats.query.coverage import Days, looked_up
from stats.query.question import ROW_TYPE, Grains, Question, grains_that_know
from stats.query.sums import BRIEF_FIGURES
from stats.rollups.counters import (
    COSTED_CALLS,
    COUNTERS,
    CURRENCY_OF_TEXT,
    FIGURES,
    FLOAT_COUNTERS,
    NO_JOB,
    OUTCOME,
    SUCCESS_PLACE,
    SUMMED_COLUMNS,
    conditional_sums,
)
from stats.rollups.local_days import DATED, NO_OFFSET, Offsets, first_and_last_time, offsets_between
from stats.rollups.state import RollupState
from stats.rollups.texts import CURRENCIES, ENDPOINTS


class Dimension(Enum):
    """What sums are grouped by."""

    NONE = "none"
    DAY = "day"
    HOUR = "hour"
    USER = "user_id"
    JOB = "job_id"
    ENDPOINT = "endpoint"


# Never added up as floats.
MONEY = frozenset({"cost_units", "failed_cost_units"})
# How the rows of split sums give what in brief stands for the kind of cost.
COSTED_SUM = Coalesce(Sum(Case(When(cost_kind=CostKind.COSTED.value, then="calls"))), 0)
OUTCOME_OF_SUMS = ExpressionWrapper(
    F("success") * SUCCESS_PLACE + F("cost_kind"), output_field=IntegerField()
)


@dataclass(frozen=True, slots=True)
class SumsQuestion(Question):
    """Sums of the selection's calls, grouped by what and by currency.

    In brief only what `BRIEF_FIGURES` names: calls and split sums then need not be told apart.
    """

    by: Dimension
    in_brief: bool = False
    may_use_floats: bool = True

    @property
    def figures(self) -> tuple[str, ...]:
        """What is told of each group, the number of calls first."""
        return BRIEF_FIGURES if self.in_brief else FIGURES

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
        # In total or by endpoint there are too many calls for it, and few rows to add up.
        is_of_many = self.by in {Dimension.NONE, Dimension.ENDPOINT, Dimension.HOUR}
        return (
            self.may_use_floats
            and not is_of_many
            and name not in MONEY
            and have_ten_digits(APIUsageStats._meta.db_table, SUMMED_COLUMNS)
        )

    @property
    def is_known_to_sums(self) -> bool:
        return self.selection.is_known_to_sums

    def grains(self, rollups: RollupState) -> Grains | None:
        return grains_that_know(self._keys, "calls", self.selection.range, rollups)

    @property
    def _keys(self) -> set[str]:
        """What the rows of a rollup must be told apart by."""
        of_total: set[str] = set()
        told_by = {Dimension.NONE: of_total, Dimension.ENDPOINT: {"endpoint_id"}}
        return told_by.get(self.by, {self.by.value}) | self.selection.keys_of_sums

    @property
    def _is_by_time(self) -> bool:
        return self.by in {Dimension.DAY, Dimension.HOUR}

    def on_days(self, days: Days, column: str, known: Days) -> Q:
        users = len(self.selection.user_ids)
        which = looked_up(days, column, users, known) if users else days.condition(column)
        return which & Q(day__gt=UNDATED) if self._is_by_time else which

    def offsets(self, range: Range) -> Offsets:
        is_by_day = self.by is Dimension.DAY
        return offsets_between(*_bounds(range)) if is_by_day else NO_OFFSET

    def branch(self, groups: QuerySet[Any]) -> Statement:
        is_of_calls = groups.model is APIUsageStats
        is_split = "outcome_" in groups.query.annotations
        if not (is_of_calls or is_split):
            return Question.branch(self, groups)
        counters = {name: _counted(name) for name in (COUNTERS if is_split else self.figures)}
        keys = ("key_", "currency_", "outcome_") if is_split else ("key_", "currency_")
        columns = {name: name for name in (ROW_TYPE, *keys, *counters.values())}
        branch = compiled(groups.values_list(*columns))
        if is_split:
            conditional = conditional_sums(counters, "outcome_")
            columns |= {_counted(name): expression for name, expression in conditional.items()}
        if is_of_calls:
            columns["currency_"] = CURRENCIES.or_others(CURRENCY_OF_TEXT.format("currency_"))
        if is_of_calls and self.by is Dimension.ENDPOINT:
            columns["key_"] = ENDPOINTS.or_others("RTRIM(key_)")
        return sql.selected(branch, {name: columns[name] for name in (ROW_TYPE, *self.columns)})

    def of_sums(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        is_split = issubclass(rows.model, CallSums) and not self.in_brief
        split = {"outcome_": OUTCOME_OF_SUMS} if is_split else {}
        grouped = rows.filter(*self.selection.conditions_of_sums).values(
            number_=self._key_of_sums(), currency_number_=F("currency_id"), **split
        )
        is_by_endpoint = self.by is Dimension.ENDPOINT
        named = {
            "key_": text_of(EndpointName, "endpoint_id") if is_by_endpoint else F("number_"),
            "currency_": text_of(CurrencyName, "currency_id"),
        }
        counted = COUNTERS if is_split else self.figures
        counters = {_counted(name): self._sum(name, rows.model) for name in counted}
        summed: QuerySet[Any] = grouped.annotate(**counters).annotate(**named)
        return summed

    def _sum(self, name: str, grain: type[Model]) -> Combinable:
        if name == "costed_calls" and issubclass(grain, CallSums):
            return COSTED_SUM
        return Sum(F(name) * 1.0) if self._is_float(name) else Sum(name)

    def of_calls(self, calls: QuerySet[APIUsageStats], offsets: Offsets) -> QuerySet[Any]:
        if self._is_by_time:
            calls = calls.filter(DATED)
        split = {} if self.in_brief else {"outcome_": OUTCOME}
        currency = CollatedText("prompt_price_unit")
        grouped = calls.values(key_=self._key_of_calls(offsets), currency_=currency, **split)
        of_calls = FLOAT_COUNTERS if self.floats else COUNTERS
        of_calls = of_calls | {"costed_calls": COSTED_CALLS}
        counted = self.figures if self.in_brief else COUNTERS
        return grouped.annotate(**{_counted(name): of_calls[name] for name in counted})

    def _key_of_sums(self) -> Combinable:
        if self.by is Dimension.NONE:
            return Value(0, IntegerField())
        if self.by is Dimension.JOB:
            return NullIf(F("job_id"), Value(NO_JOB))
        return F("endpoint_id" if self.by is Dimension.ENDPOINT else self.by.value)

    def _key_of_calls(self, offsets: Offsets) -> Combinable:
        match self.by:
            case Dimension.NONE:
                return Value(0, IntegerField())
            case Dimension.DAY:
                return LocalDay(F("created_at"), offsets)
            case Dimension.HOUR:
                return HourNumber("created_at")
            case Dimension.ENDPOINT:
                return CollatedText("api_endpoint")
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
