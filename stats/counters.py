"""What is counted over calls, and by what: once, for the table itself and for the rollups."""

from django.db.models import BigIntegerField, Case, Count, Q, Sum, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, NullIf

from stats.sql import CostUnits, ExactText

# The currency of an amount whose row names none.
NO_CURRENCY = "none"

CURRENCY = Coalesce(NullIf(ExactText("prompt_price_unit"), Value("")), Value(NO_CURRENCY))
ENDPOINT = ExactText("api_endpoint")
# NULL counts as not successful.
SUCCEEDED = Case(When(success=True, then=Value(True)), default=Value(False))
FAILED = Q(success=False) | Q(success__isnull=True)

_has_tokens = Q(prompt_tokens__gt=0) | Q(completion_tokens__gt=0) | Q(total_tokens__gt=0)
_has_no_tokens = (
    (Q(prompt_tokens__isnull=True) | Q(prompt_tokens__lte=0))
    & (Q(completion_tokens__isnull=True) | Q(completion_tokens__lte=0))
    & (Q(total_tokens__isnull=True) | Q(total_tokens__lte=0))
)
_has_no_cost = Q(cost__isnull=True) | Q(cost=0)
_has_no_unit_price = Q(prompt_unit_price__isnull=True) | Q(prompt_unit_price=0)

# Spec §4, "three kinds of call whose cost is not known"; a NULL counts like a zero.
# Written without NOT, which a NULL would turn into neither true nor false; the cost comes first,
# because most calls have one and the rest then need not be looked at.
UNKNOWN_COST: dict[str, Q] = {
    "unpriced": _has_no_cost & _has_no_unit_price & _has_tokens,
    "rounded_away": _has_no_cost
    & (Q(prompt_unit_price__gt=0) | Q(prompt_unit_price__lt=0))
    & _has_tokens,
    "no_usage": _has_no_cost & Q(success=True) & _has_no_tokens,
}


def _count(condition: Q) -> Combinable:
    return Count(Case(When(condition, then=Value(1))))


def _total(column: str, condition: Q | None = None) -> Combinable:
    value = Case(When(condition, then=column)) if condition else column
    return Coalesce(Sum(value, output_field=BigIntegerField()), 0)


# Each counter and how calls give it. A rollup keeps them all: one more means folding anew.
COUNTERS: dict[str, Combinable] = {
    "calls": Count("pk"),
    "prompt_tokens": _total("prompt_tokens"),
    "completion_tokens": _total("completion_tokens"),
    "total_tokens": _total("total_tokens"),
    "cost_units": CostUnits("cost"),
    # Whether an amount was there at all, even one that others cancel out.
    "costed_calls": _count(Q(cost__gt=0) | Q(cost__lt=0)),
    "response_ms": _total("response_time_ms"),
    "timed_calls": Count("response_time_ms"),
    "unpriced_calls": _count(UNKNOWN_COST["unpriced"]),
    "unpriced_tokens": _total("total_tokens", UNKNOWN_COST["unpriced"]),
    "rounded_away_calls": _count(UNKNOWN_COST["rounded_away"]),
    "rounded_away_tokens": _total("total_tokens", UNKNOWN_COST["rounded_away"]),
    "no_usage_calls": _count(UNKNOWN_COST["no_usage"]),
}
