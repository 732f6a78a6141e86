"""What is added up over calls: sums and counts only, rates and averages are derived on reading."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import BigIntegerField, Case, Count, Q, Sum, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from stats.reports.selection import UNKNOWN_COST
from stats.sql import COST_UNITS, CostUnits

NO_COST = Decimal("0.0000")


def _count(condition: Q) -> Combinable:
    return Count(Case(When(condition, then=Value(1))))


def _total(column: str, condition: Q | None = None) -> Combinable:
    value = Case(When(condition, then=column)) if condition else column
    return Coalesce(Sum(value, output_field=BigIntegerField()), 0)


# Each counter and how raw calls give it. A rollup keeps them all: one more means folding anew.
COUNTERS: dict[str, Combinable] = {
    "calls": Count("pk"),
    "successes": _count(Q(success=True)),
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


@dataclass(slots=True)
class Sums:
    """Sums over a set of calls: tokens, milliseconds, and money per currency."""

    calls: int = 0
    successes: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    response_ms: int = 0
    timed_calls: int = 0
    unpriced_calls: int = 0
    unpriced_tokens: int = 0
    rounded_away_calls: int = 0
    rounded_away_tokens: int = 0
    no_usage_calls: int = 0
    # Only currencies in which something cost something, to 4 decimals.
    costs: dict[str, Decimal] = field(default_factory=dict)

    @property
    def failures(self) -> int:
        """Calls that did not succeed, those without an answer to it included."""
        return self.calls - self.successes

    @property
    def cost(self) -> Decimal:
        """The plain sum whatever the currencies: for the legacy keys and for one currency."""
        return sum(self.costs.values(), NO_COST)

    @property
    def success_rate(self) -> float:
        """Percent, 0 without calls."""
        return self.successes / self.calls * 100 if self.calls else 0.0

    @property
    def average_response_ms(self) -> float:
        """Milliseconds, 0.0 where no call has a time."""
        return self.response_ms / self.timed_calls if self.timed_calls else 0.0

    def add(self, currency: str, counters: dict[str, int]) -> None:
        """Take in a group of calls of one currency, as `COUNTERS` counted it."""
        for name in ADDITIVE:
            setattr(self, name, getattr(self, name) + int(counters[name]))
        if counters["costed_calls"]:
            amount = Decimal(int(counters["cost_units"])) / COST_UNITS
            self.costs[currency] = self.costs.get(currency, NO_COST) + amount.quantize(NO_COST)


ADDITIVE = tuple(name for name in COUNTERS if name not in ("cost_units", "costed_calls"))


def currencies_of(all_sums: Iterable[Sums]) -> list[str]:
    """The currencies in which something cost something, sorted."""
    return sorted({currency for sums in all_sums for currency in sums.costs})
