"""The counters of calls, declared once for the table and for the rollups."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    F,
    IntegerField,
    Max,
    Min,
    Q,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Left, NullIf

from stats.core.money import NO_CURRENCY, CostKind
from stats.db.expressions import CostUnits, ExactText
from stats.rollups.failures import MESSAGE_LENGTH
from stats.rollups.local_days import DATED

CURRENCY = Coalesce(NullIf(ExactText("prompt_price_unit"), Value("")), Value(NO_CURRENCY))
# The same of a `CollatedText`, as SQL.
CURRENCY_OF_TEXT = f"COALESCE(NULLIF(RTRIM({{}}), ''), '{NO_CURRENCY}')"
ENDPOINT = ExactText("api_endpoint")
# The part of a message by which failures are grouped.
MESSAGE = Left(ExactText(Coalesce("error_message", Value(""))), MESSAGE_LENGTH)
# The key of calls without a job in a rollup by job: an id that no table gives.
NO_JOB = -(2**63)
# NULL counts as not successful.
SUCCEEDED = Case(When(success=True, then=Value(1)), default=Value(0))
FAILED = Q(success=False) | Q(success__isnull=True)

_has_cost = Q(cost__gt=0) | Q(cost__lt=0)
_has_tokens = Q(prompt_tokens__gt=0) | Q(completion_tokens__gt=0) | Q(total_tokens__gt=0)
_has_unit_price = Q(prompt_unit_price__gt=0) | Q(prompt_unit_price__lt=0)

# A NULL counts as zero. The cost comes first: most calls have one, which decides.
COST_KIND = Case(
    When(_has_cost, then=Value(CostKind.COSTED.value)),
    When(_has_tokens & _has_unit_price, then=Value(CostKind.ROUNDED_AWAY.value)),
    When(_has_tokens, then=Value(CostKind.UNPRICED.value)),
    When(success=True, then=Value(CostKind.NO_USAGE.value)),
    default=Value(CostKind.FREE.value),
    output_field=IntegerField(),
)

# Success and cost kind in one number: to group by one number is faster than by two.
SUCCESS_PLACE = 1 << 3
OUTCOME = SUCCEEDED * SUCCESS_PLACE + COST_KIND
SUCCESS_OF_OUTCOME, COST_KIND_OF_OUTCOME = "({} >> 3) & 1", "{} & 7"


# The counters that are the total of a column.
_TOTALS = {
    "prompt_tokens": "prompt_tokens",
    "completion_tokens": "completion_tokens",
    "total_tokens": "total_tokens",
    "response_ms": "response_time_ms",
}


def _total(name: str) -> Combinable:
    return Coalesce(Sum(_TOTALS[name], output_field=BigIntegerField()), 0)


# Each counter over calls. A rollup keeps them all: another counter means folding everything again.
COUNTERS: dict[str, Combinable] = {
    "calls": Count("pk"),
    "prompt_tokens": _total("prompt_tokens"),
    "completion_tokens": _total("completion_tokens"),
    "total_tokens": _total("total_tokens"),
    "cost_units": CostUnits("cost"),
    "response_ms": _total("response_ms"),
    "timed_calls": Count("response_time_ms"),
}

# The same as floats, which MariaDB adds up in half the time of decimals; exact below 2^53. Money
# stays decimal.
FLOAT_COUNTERS = (
    COUNTERS
    | {name: COUNTERS[name] * 1.0 for name in ("calls", "timed_calls")}
    | {name: Coalesce(Sum(F(column) * 1.0), 0.0) for name, column in _TOTALS.items()}
)
# For that, these columns may have ten digits, and there may be so many calls.
SUMMED_COLUMNS = frozenset(_TOTALS.values())
MOST_IN_FLOATS = 2**53 // 10**10


@dataclass(frozen=True, slots=True)
class ConditionalSum:
    """A counter over calls of one outcome or cost kind; None is any."""

    counter: str
    success: bool | None = None
    cost_kind: CostKind | None = None


# Figures besides the counters; they are columns where rows are not split by outcome.
CONDITIONAL_SUMS: dict[str, ConditionalSum] = {
    "successes": ConditionalSum("calls", success=True),
    "costed_calls": ConditionalSum("calls", cost_kind=CostKind.COSTED),
    "failed_cost_units": ConditionalSum("cost_units", success=False),
    "failed_costed_calls": ConditionalSum("calls", success=False, cost_kind=CostKind.COSTED),
    "unpriced_calls": ConditionalSum("calls", cost_kind=CostKind.UNPRICED),
    "unpriced_tokens": ConditionalSum("total_tokens", cost_kind=CostKind.UNPRICED),
    "rounded_away_calls": ConditionalSum("calls", cost_kind=CostKind.ROUNDED_AWAY),
    "rounded_away_tokens": ConditionalSum("total_tokens", cost_kind=CostKind.ROUNDED_AWAY),
    "no_usage_calls": ConditionalSum("calls", cost_kind=CostKind.NO_USAGE),
}
FIGURES = (*COUNTERS, *CONDITIONAL_SUMS)
# What is known of failures with one message at one endpoint.
FAILURE_COUNTERS = {
    "failures_": Count("pk"),
    "first_at_": Min("created_at", filter=DATED),
    "last_at_": Max("created_at", filter=DATED),
}


def conditional_sums(counters: Mapping[str, str], outcome: str) -> dict[str, str]:
    """SQL for each of `CONDITIONAL_SUMS`, from counters of rows that are split by `outcome`."""
    return {
        name: _conditional_sum(conditional, counters, outcome)
        for name, conditional in CONDITIONAL_SUMS.items()
    }


def _conditional_sum(conditional: ConditionalSum, counters: Mapping[str, str], outcome: str) -> str:
    conditions = []
    if conditional.success is not None:
        conditions.append(f"({SUCCESS_OF_OUTCOME.format(outcome)}) = {int(conditional.success)}")
    if conditional.cost_kind is not None:
        conditions.append(
            f"({COST_KIND_OF_OUTCOME.format(outcome)}) = {int(conditional.cost_kind)}"
        )
    return f"CASE WHEN {' AND '.join(conditions)} THEN {counters[conditional.counter]} ELSE 0 END"


# Tells no cost from costs that cancel out; rollups have this by cost kind.
COSTED_CALLS = Count(Case(When(_has_cost, then=Value(1))))
