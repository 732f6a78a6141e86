"""A difference of cost, split into calls × tokens per call × cost per token.

Each factor's part is its logarithmic change times the logarithmic mean of the two costs (the LMDI
method of Ang, 2005). So nothing is left over, and the order of the factors does not matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, localcontext

from stats.core.money import COST_STEP

DIGITS = 50
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Usage:
    """Usage of a period, and its cost in one currency."""

    calls: int
    tokens: int
    cost: Decimal

    @property
    def tokens_per_call(self) -> Decimal | None:
        return Decimal(self.tokens) / self.calls if self.calls else None

    @property
    def cost_per_token(self) -> Decimal | None:
        return self.cost / self.tokens if self.tokens else None


@dataclass(frozen=True, slots=True)
class Split:
    """Three amounts, to the step of costs; they add up to the difference."""

    calls: Decimal
    tokens_per_call: Decimal
    cost_per_token: Decimal


def split(now: Usage, before: Usage) -> Split:
    """How much more or fewer calls, longer or shorter ones, and the price of tokens contribute."""
    difference = now.cost - before.cost
    if not (now.calls > 0 and before.calls > 0):
        return Split(difference, ZERO, ZERO)
    if not (now.cost > 0 and before.cost > 0):
        # Zero has no logarithm. Only the price can have made this difference.
        return Split(ZERO, ZERO, difference)
    with localcontext(prec=DIGITS):
        return Split(*_to_the_step(_parts(now, before), difference))


def _parts(now: Usage, before: Usage) -> tuple[Decimal, Decimal, Decimal]:
    weight = _logarithmic_mean(now.cost, before.cost)
    of_calls = weight * (Decimal(now.calls) / before.calls).ln()
    of_tokens = ZERO
    if now.tokens > 0 and before.tokens > 0:
        of_tokens = weight * (Decimal(now.tokens) / before.tokens).ln() - of_calls
    # Without tokens, the cost per call stands for the cost per token.
    return of_calls, of_tokens, now.cost - before.cost - of_calls - of_tokens


def _logarithmic_mean(one: Decimal, other: Decimal) -> Decimal:
    return one if one == other else (one - other) / (one / other).ln()


def _to_the_step(parts: Sequence[Decimal], whole: Decimal) -> list[Decimal]:
    """Rounded down; what is then missing goes where most was cut off."""
    exact = [part / COST_STEP for part in parts]
    steps = [int(part.to_integral_value(ROUND_FLOOR)) for part in exact]
    missing = int(whole / COST_STEP) - sum(steps)
    by_remainder = sorted(range(len(parts)), key=lambda n: (steps[n] - exact[n], n))
    for place in by_remainder[:missing]:
        steps[place] += 1
    return [step * COST_STEP for step in steps]
