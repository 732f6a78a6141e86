"""What is counted over calls, and by what: once, for the table itself and for the rollups."""

from enum import IntEnum

from django.db.models import BigIntegerField, Case, Count, F, IntegerField, Q, Sum, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, NullIf

from stats.sql import CostUnits, ExactText

# The currency of an amount whose row names none.
NO_CURRENCY = "none"

CURRENCY = Coalesce(NullIf(ExactText("prompt_price_unit"), Value("")), Value(NO_CURRENCY))
ENDPOINT = ExactText("api_endpoint")
# NULL counts as not successful.
SUCCEEDED = Case(When(success=True, then=Value(1)), default=Value(0))
FAILED = Q(success=False) | Q(success__isnull=True)


class CostKind(IntEnum):
    """Whether a call's cost is known. The numbers stand in the rollups: they are for good."""

    COSTED = 0
    UNPRICED = 1
    ROUNDED_AWAY = 2
    NO_USAGE = 3
    # Failed before it used anything.
    FREE = 4


# Spec §4, "three kinds of call whose cost is not known", by the names of the filter.
UNKNOWN_COST = {
    "unpriced": CostKind.UNPRICED,
    "rounded_away": CostKind.ROUNDED_AWAY,
    "no_usage": CostKind.NO_USAGE,
}

_has_cost = Q(cost__gt=0) | Q(cost__lt=0)
_has_tokens = Q(prompt_tokens__gt=0) | Q(completion_tokens__gt=0) | Q(total_tokens__gt=0)
_has_unit_price = Q(prompt_unit_price__gt=0) | Q(prompt_unit_price__lt=0)

# A NULL counts like a zero. The cost comes first: most calls have one, and then nothing else need
# be looked at.
COST_KIND = Case(
    When(_has_cost, then=Value(CostKind.COSTED.value)),
    When(_has_tokens & _has_unit_price, then=Value(CostKind.ROUNDED_AWAY.value)),
    When(_has_tokens, then=Value(CostKind.UNPRICED.value)),
    When(success=True, then=Value(CostKind.NO_USAGE.value)),
    default=Value(CostKind.FREE.value),
    output_field=IntegerField(),
)


# The counters that are the total of a column.
_TOTALS = {
    "prompt_tokens": "prompt_tokens",
    "completion_tokens": "completion_tokens",
    "total_tokens": "total_tokens",
    "response_ms": "response_time_ms",
}


def _total(name: str) -> Combinable:
    return Coalesce(Sum(_TOTALS[name], output_field=BigIntegerField()), 0)


# Each counter and how calls give it. A rollup keeps them all: one more means folding anew.
COUNTERS: dict[str, Combinable] = {
    "calls": Count("pk"),
    "prompt_tokens": _total("prompt_tokens"),
    "completion_tokens": _total("completion_tokens"),
    "total_tokens": _total("total_tokens"),
    "cost_units": CostUnits("cost"),
    "response_ms": _total("response_ms"),
    "timed_calls": Count("response_time_ms"),
}

# The same as floats, which MariaDB adds up in half the time that decimals take; exact below 2^53.
# Not so money.
FLOAT_COUNTERS = (
    COUNTERS
    | {name: COUNTERS[name] * 1.0 for name in ("calls", "timed_calls")}
    | {name: Coalesce(Sum(F(column) * 1.0), 0.0) for name, column in _TOTALS.items()}
)
# What must have at most ten digits for that, if calls are no more than 2^53 / 10^10.
SUMMED_COLUMNS = frozenset(_TOTALS.values())

# Whether an amount was there at all, even one that others cancel out; a rollup has it by kind.
COSTED_CALLS = Count(Case(When(_has_cost, then=Value(1))))
