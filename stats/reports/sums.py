"""What is added up over calls: sums and counts only, rates and averages are derived on reading."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from stats.columns import COST_STEP
from stats.counters import CostKind

Key = TypeVar("Key")
NO_COST = Decimal("0.0000")


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
    # What of it the calls cost that did not succeed.
    failed_costs: dict[str, Decimal] = field(default_factory=dict)

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


# All that is a plain number.
ADDITIVE = tuple(name for name, kind in Sums.__annotations__.items() if kind is int)


def add_calls(
    sums: Sums,
    currency: str,
    success: bool | None,
    cost_kind: int | None,
    counted: Mapping[str, int],
) -> None:
    """Take calls of one currency, outcome and kind of cost into `sums`, by the names of
    `stats.counters`. Outcome and kind are None where they are not told; then `costed_calls` tells
    whether they cost anything."""
    calls, tokens = counted["calls"], counted["total_tokens"]
    sums.calls += calls
    sums.total_tokens += tokens
    sums.prompt_tokens += counted.get("prompt_tokens", 0)
    sums.completion_tokens += counted.get("completion_tokens", 0)
    sums.response_ms += counted.get("response_ms", 0)
    sums.timed_calls += counted.get("timed_calls", 0)
    if success:
        sums.successes += calls
    if cost_kind == CostKind.COSTED or counted.get("costed_calls"):
        cost = Decimal(counted["cost_units"]) * COST_STEP
        sums.costs[currency] = sums.costs.get(currency, NO_COST) + cost
        if success is not None and not success:
            sums.failed_costs[currency] = sums.failed_costs.get(currency, NO_COST) + cost
    elif cost_kind is not None:
        _add_unknown(sums, cost_kind, calls, tokens)


def _add_unknown(sums: Sums, cost_kind: int, calls: int, tokens: int) -> None:
    match cost_kind:
        case CostKind.UNPRICED:
            sums.unpriced_calls += calls
            sums.unpriced_tokens += tokens
        case CostKind.ROUNDED_AWAY:
            sums.rounded_away_calls += calls
            sums.rounded_away_tokens += tokens
        case CostKind.NO_USAGE:
            sums.no_usage_calls += calls


def currencies_of(all_sums: Iterable[Sums]) -> list[str]:
    """The currencies in which something cost something, sorted."""
    return sorted({currency for sums in all_sums for currency in sums.costs})


def in_currency(groups: Mapping[Key, Mapping[str, Sums]], currency: str | None) -> dict[Key, Sums]:
    """Per group the sums of its calls in one currency, None for all of them; groups without such
    calls are left out."""
    if currency is None:
        return {key: _in_all(per_currency) for key, per_currency in groups.items()}
    return {
        key: per_currency[currency]
        for key, per_currency in groups.items()
        if currency in per_currency
    }


def _in_all(per_currency: Mapping[str, Sums]) -> Sums:
    # Of most groups, all calls are in one currency.
    if len(per_currency) == 1:
        return next(iter(per_currency.values()))
    return together(per_currency.values())


def together(all_sums: Iterable[Sums]) -> Sums:
    """Sums over sums of calls that have none in common."""
    total = Sums()
    for sums in all_sums:
        for name in ADDITIVE:
            setattr(total, name, getattr(total, name) + getattr(sums, name))
        _add_costs(total.costs, sums.costs)
        _add_costs(total.failed_costs, sums.failed_costs)
    return total


def _add_costs(total: dict[str, Decimal], costs: Mapping[str, Decimal]) -> None:
    for currency, cost in costs.items():
        total[currency] = total.get(currency, NO_COST) + cost
