"""What is added up over calls: sums and counts only, rates and averages are derived on reading."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce

from stats.columns import COST_STEP

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


# What is added up one by one; successes, and money per currency, are told apart on the way.
COUNTED = (
    "calls",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "response_ms",
    "timed_calls",
    "unpriced_calls",
    "unpriced_tokens",
    "rounded_away_calls",
    "rounded_away_tokens",
    "no_usage_calls",
)
ADDITIVE = (*COUNTED, "successes")


class Tally:
    """Collects counters of calls, per currency and outcome, until they make `Sums`."""

    def __init__(self, counters: Sequence[str]) -> None:
        self.counters = counters
        self.parts: dict[tuple[str, bool], list[int]] = {}

    def add(self, currency: str, success: bool, counted: Sequence[int], sign: int) -> None:
        """Take in (or with `sign` −1 out) numbers of calls, in the order of `counters`."""
        part = self.parts.get((currency, success))
        if part is None:
            part = self.parts[currency, success] = [0] * len(self.counters)
        for position, number in enumerate(counted):
            part[position] += sign * int(number)

    @property
    def sums(self) -> Sums:
        """What was collected; a counter that was not asked for is 0."""
        together = map(sum, zip(*self.parts.values(), strict=True))
        counted = dict(zip(self.counters, together, strict=True))
        calls = self.counters.index("calls")
        return Sums(
            **{name: counted[name] for name in COUNTED if name in counted},
            successes=sum(part[calls] for (_, success), part in self.parts.items() if success),
            costs=self._costs((True, False)),
            failed_costs=self._costs((False,)),
        )

    def _costs(self, outcomes: Collection[bool]) -> dict[str, Decimal]:
        cost_units, costed = map(self.counters.index, ("cost_units", "costed_calls"))
        units: dict[str, int] = {}
        for (currency, success), part in self.parts.items():
            if success in outcomes and part[costed]:
                units[currency] = units.get(currency, 0) + part[cost_units]
        return {name: (Decimal(units[name]) * COST_STEP).quantize(COST_STEP) for name in units}


def currencies_of(all_sums: Iterable[Sums]) -> list[str]:
    """The currencies in which something cost something, sorted."""
    return sorted({currency for sums in all_sums for currency in sums.costs})


def together(all_sums: Iterable[Sums]) -> Sums:
    """Sums over sums of calls that have none in common."""
    return reduce(_added, all_sums, Sums())


def _added(left: Sums, right: Sums) -> Sums:
    return Sums(
        **{name: getattr(left, name) + getattr(right, name) for name in ADDITIVE},
        costs=_added_costs(left.costs, right.costs),
        failed_costs=_added_costs(left.failed_costs, right.failed_costs),
    )


def _added_costs(left: Mapping[str, Decimal], right: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {
        currency: left.get(currency, NO_COST) + right.get(currency, NO_COST)
        for currency in {**left, **right}
    }
