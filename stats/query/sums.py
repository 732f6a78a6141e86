"""Sums over calls. Rates and averages are derived on reading."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from operator import attrgetter, itemgetter, sub
from typing import TypeVar

from stats.core.money import COST_STEP
from stats.rollups.counters import FIGURES

Key = TypeVar("Key")
NO_COST = Decimal("0.0000")


@dataclass(slots=True)
class BriefSums:
    """Sums over a set of calls in brief. They lack what was not asked: nobody reads it as zero."""

    calls: int = 0
    total_tokens: int = 0
    # Only currencies with costs, to 4 decimals.
    costs: dict[str, Decimal] = field(default_factory=dict, kw_only=True)

    @property
    def cost(self) -> Decimal:
        """The plain sum over all currencies, for the legacy keys and for one currency."""
        return sum(self.costs.values(), NO_COST)

    def cost_in(self, currency: str) -> Decimal:
        """The cost in one currency."""
        return self.costs.get(currency, NO_COST)


@dataclass(slots=True)
class Sums(BriefSums):
    """All sums over a set of calls; response times in ms."""

    successes: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    response_ms: int = 0
    timed_calls: int = 0
    unpriced_calls: int = 0
    unpriced_tokens: int = 0
    rounded_away_calls: int = 0
    rounded_away_tokens: int = 0
    no_usage_calls: int = 0
    # Costs of failures.
    failed_costs: dict[str, Decimal] = field(default_factory=dict, kw_only=True)

    @property
    def failures(self) -> int:
        """Calls that did not succeed, NULL included."""
        return self.calls - self.successes

    @property
    def success_rate(self) -> float:
        """Percent, 0 without calls."""
        return self.successes / self.calls * 100 if self.calls else 0.0

    @property
    def average_response_ms(self) -> float:
        """Milliseconds, 0.0 if no call has a time."""
        return self.response_ms / self.timed_calls if self.timed_calls else 0.0


# Either; the same for all groups of a question.
AnySums = TypeVar("AnySums", bound=BriefSums)
# What is needed to rank; what costs are made of.
BRIEF_FIGURES = ("calls", "total_tokens", "cost_units", "costed_calls")
MONEY_FIGURES = ("cost_units", "costed_calls", "failed_cost_units", "failed_costed_calls")
# Makes sums of a currency and its row of figures.
Reader = Callable[[str, Sequence[int]], AnySums]


# The fields that are plain numbers, in their order.
_NUMBERS = {
    kind: tuple(field.name for field in fields(kind) if not field.kw_only)
    for kind in (BriefSums, Sums)
}
# By place, since a page reads thousands of rows.
_additive = itemgetter(*map(FIGURES.index, _NUMBERS[Sums]))
_money = itemgetter(*map(FIGURES.index, MONEY_FIGURES))


def read_brief(currency: str, row: Sequence[int]) -> BriefSums:
    """Of a row of `BRIEF_FIGURES`."""
    calls, tokens, units, costed = row
    return BriefSums(calls, tokens, costs={currency: units * COST_STEP} if costed else {})


def read(currency: str, row: Sequence[int]) -> Sums:
    """Of a row of `stats.rollups.counters.FIGURES`."""
    units, costed, failed_units, failed_costed = _money(row)
    return Sums(
        *_additive(row),
        costs={currency: units * COST_STEP} if costed else {},
        failed_costs={currency: failed_units * COST_STEP} if failed_costed else {},
    )


def currencies_of(all_sums: Iterable[BriefSums]) -> list[str]:
    """The currencies with costs, sorted."""
    return sorted({currency for sums in all_sums for currency in sums.costs})


def in_currency(
    groups: Mapping[Key, Mapping[str, AnySums]], currency: str | None
) -> dict[Key, AnySums]:
    """The sums of each group in one currency (None: in all), without groups that have no such
    calls."""
    if currency is None:
        return {key: _in_all(per_currency) for key, per_currency in groups.items()}
    return {
        key: per_currency[currency]
        for key, per_currency in groups.items()
        if currency in per_currency
    }


def _in_all(per_currency: Mapping[str, AnySums]) -> AnySums:
    first = next(iter(per_currency.values()))
    # Most groups have one currency.
    return first if len(per_currency) == 1 else together(per_currency.values(), type(first))


def together(all_sums: Iterable[AnySums], kind: type[AnySums]) -> AnySums:
    """The total of sums of one kind over disjoint calls."""
    parts = list(all_sums)
    numbers = attrgetter(*_NUMBERS[kind])
    total = kind(*map(sum, zip(*map(numbers, parts), strict=True)))
    for sums in parts:
        _add_costs(total.costs, sums.costs)
        if isinstance(total, Sums) and isinstance(sums, Sums):
            _add_costs(total.failed_costs, sums.failed_costs)
    return total


def less(total: AnySums, parts: Iterable[AnySums], kind: type[AnySums]) -> AnySums:
    """What is left of a total without some of its parts."""
    part, numbers = together(parts, kind), attrgetter(*_NUMBERS[kind])
    rest = kind(*map(sub, numbers(total), numbers(part)))
    rest.costs = _less_costs(total.costs, part.costs)
    if isinstance(rest, Sums) and isinstance(total, Sums) and isinstance(part, Sums):
        rest.failed_costs = _less_costs(total.failed_costs, part.failed_costs)
    return rest


def _less_costs(total: Mapping[str, Decimal], part: Mapping[str, Decimal]) -> dict[str, Decimal]:
    rest = {currency: cost - part.get(currency, NO_COST) for currency, cost in total.items()}
    return {currency: cost for currency, cost in rest.items() if cost}


def _add_costs(total: dict[str, Decimal], costs: Mapping[str, Decimal]) -> None:
    for currency, cost in costs.items():
        total[currency] = total.get(currency, NO_COST) + cost
