"""What is added up over calls: sums and counts only, rates and averages are derived on reading."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter, itemgetter
from typing import TypeVar

from stats.columns import COST_STEP
from stats.counters import FIGURES

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
    costs: dict[str, Decimal] = field(default_factory=dict, kw_only=True)
    # What of it the calls cost that did not succeed.
    failed_costs: dict[str, Decimal] = field(default_factory=dict, kw_only=True)

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


# All that are plain numbers, in the order of the fields; what costs are made of.
_NUMBERS = tuple(name for name, kind in Sums.__annotations__.items() if kind is int)
MONEY_FIGURES = ("cost_units", "costed_calls", "failed_cost_units", "failed_costed_calls")
_numbers = attrgetter(*_NUMBERS)


class SumsReader:
    """Makes `Sums` of rows of figures, by the names of `stats.counters`; what is not among them is
    0. By place, since a page reads thousands of rows."""

    def __init__(self, figures: Sequence[str]) -> None:
        # A row is given a 0 at its end, for what is not in it.
        place = {name: figures.index(name) if name in figures else -1 for name in FIGURES}
        self._additive = itemgetter(*(place[name] for name in _NUMBERS))
        self._money = itemgetter(*(place[name] for name in MONEY_FIGURES))

    def read(self, currency: str, row: Sequence[int]) -> Sums:
        """The sums of calls of one currency."""
        row = (*row, 0)
        units, costed, failed_units, failed_costed = self._money(row)
        return Sums(
            *self._additive(row),
            costs={currency: units * COST_STEP} if costed else {},
            failed_costs={currency: failed_units * COST_STEP} if failed_costed else {},
        )


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
    parts = list(all_sums)
    total = Sums(*map(sum, zip(*map(_numbers, parts), strict=True)))
    for sums in parts:
        _add_costs(total.costs, sums.costs)
        _add_costs(total.failed_costs, sums.failed_costs)
    return total


def _add_costs(total: dict[str, Decimal], costs: Mapping[str, Decimal]) -> None:
    for currency, cost in costs.items():
        total[currency] = total.get(currency, NO_COST) + cost
