"""Why an invoice differs from the ledger: the difference as parts that add up to it. Pure.

docs/invoices.md says how each part is told, and in which order.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from statistics import median

from stats.core.money import COST_STEP, NO_CURRENCY
from stats.invoices.reading import Billed
from stats.models.invoices import AMOUNT_STEP

ZERO = Decimal()
# Calls without a cost may cost as many times what the others do.
PLAUSIBLE = 10
# A day stands out if it differs by as many times what days usually do.
STANDS_OUT = 10
# How far days that share one rate may be from it, beyond their rounding: a part of it.
CURRENCY_TOLERANCE, SHARE_TOLERANCE = Decimal("0.01"), Decimal("0.02")
# A rate needs so many days to be told from chance.
FEWEST_DAYS = 5
# Rounding moves a cost by at most half a step; many of them by four standard deviations together.
HALF_STEP = COST_STEP / 2
ROUNDED_COSTS = Decimal("0.00012")


class Cause(StrEnum):
    """What a part of the difference comes from."""

    BESIDE = "beside"
    ZONE = "zone"
    CURRENCY = "currency"
    NOT_IN_LEDGER = "not_in_ledger"
    NOT_IN_INVOICE = "not_in_invoice"
    FAILED = "failed"
    SHARE = "share"
    UNPRICED = "unpriced"
    NO_USAGE = "no_usage"
    ROUNDED_AWAY = "rounded_away"
    EDGE = "edge"
    DAY = "day"
    ROUNDING = "rounding"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of a day: the cost in the invoice's currency, `others` in other ones,
    and calls whose cost is not known by kind. `tokens` are those of calls with a cost."""

    calls: int = 0
    cost: Decimal = ZERO
    others: Mapping[str, Decimal] = field(default_factory=dict)
    failed_cost: Decimal = ZERO
    tokens: int = 0
    unpriced_calls: int = 0
    unpriced_tokens: int = 0
    rounded_away_calls: int = 0
    no_usage_calls: int = 0

    @property
    def unknown_calls(self) -> int:
        return self.unpriced_calls + self.rounded_away_calls + self.no_usage_calls

    @property
    def costed_calls(self) -> int:
        return self.calls - self.unknown_calls


@dataclass(frozen=True, slots=True)
class Edges:
    """Costs of the hours at both edges of a month, on either side."""

    before: Decimal = ZERO
    first: Decimal = ZERO
    last: Decimal = ZERO
    after: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Ledger:
    """All days of a month in one zone, and its edges."""

    days: Mapping[date, Known]
    edges: Edges = Edges()

    @property
    def cost(self) -> Decimal:
        return sum((day.cost for day in self.days.values()), ZERO)


@dataclass(frozen=True, slots=True)
class Part:
    """An amount of the difference, and its cause. `bound` is the most that the cause can make up,
    `calls` those that it is about; `rate` is that of another `currency`, or a share."""

    cause: Cause
    amount: Decimal
    days: tuple[date, ...] = ()
    calls: int = 0
    bound: Decimal | None = None
    currency: str = ""
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A day: what is billed and known, and why both differ. `billed` is None if the invoice has no
    such day."""

    day: date
    billed: Decimal | None
    known: Known
    causes: tuple[Cause, ...] = ()

    @property
    def difference(self) -> Decimal:
        return (self.billed or ZERO) - self.known.cost


@dataclass(frozen=True, slots=True)
class Explanation:
    """The invoice less the ledger, as parts that add up to it, the unexplained last."""

    billed: Decimal
    known: Decimal
    parts: Sequence[Part]
    lines: Sequence[Line] = ()

    @property
    def difference(self) -> Decimal:
        return self.billed - self.known

    @property
    def unexplained(self) -> Decimal:
        return sum((one.amount for one in self.parts if one.cause == Cause.UNEXPLAINED), ZERO)


def explain(billed: Billed, ledger: Ledger, in_other_zone: Ledger | None = None) -> Explanation:
    """The difference of an invoice from a ledger that has a day for each day of the month.

    `in_other_zone` has the same month by the days of another zone, unless both are the same.
    """
    if billed.days:
        splitting = _Splitting(billed.days, ledger)
        _split_days(splitting, in_other_zone)
    else:
        first = min(ledger.days)
        whole = replace(ledger, days={first: together(ledger.days.values())})
        splitting = _Splitting({first: billed.amount}, whole)
        _split_month(splitting)
    parts = [*splitting.parts]
    if billed.beside:
        parts.insert(0, Part(Cause.BESIDE, billed.beside))
    difference = billed.amount - ledger.cost
    # Never computed otherwise: so the parts always add up.
    unexplained = difference - sum((part.amount for part in parts), ZERO)
    lines = [
        Line(day, billed.days.get(day), known, splitting.causes_of(day))
        for day, known in ledger.days.items()
        if billed.days
    ]
    parts.append(Part(Cause.UNEXPLAINED, unexplained))
    return Explanation(billed.amount, ledger.cost, parts, lines)


def together(days: Iterable[Known]) -> Known:
    """Several days as one."""
    all_days = list(days)
    others: dict[str, Decimal] = {}
    for day in all_days:
        for currency, cost in day.others.items():
            others[currency] = others.get(currency, ZERO) + cost
    return Known(
        calls=sum(day.calls for day in all_days),
        cost=sum((day.cost for day in all_days), ZERO),
        others=others,
        failed_cost=sum((day.failed_cost for day in all_days), ZERO),
        tokens=sum(day.tokens for day in all_days),
        unpriced_calls=sum(day.unpriced_calls for day in all_days),
        unpriced_tokens=sum(day.unpriced_tokens for day in all_days),
        rounded_away_calls=sum(day.rounded_away_calls for day in all_days),
        no_usage_calls=sum(day.no_usage_calls for day in all_days),
    )


# ── the split ───────────────────────────────────────────────────────────────────────────────────


class _Splitting:
    """What is left to explain of each day, and the parts that were told so far."""

    def __init__(self, billed: Mapping[date, Decimal], ledger: Ledger) -> None:
        self.billed = billed
        self.ledger = ledger
        self.parts: list[Part] = []
        self.left = {day: billed.get(day, ZERO) - known.cost for day, known in ledger.days.items()}
        self._half_step = _half_step(billed.values())

    @property
    def days(self) -> Mapping[date, Known]:
        return self.ledger.days

    def tolerance(self, day: date) -> Decimal:
        """What rounding makes of a day: of the invoice's amount, and of each call's cost."""
        return self._half_step + ROUNDED_COSTS * Decimal(self.days[day].costed_calls).sqrt()

    def fits(self, day: date, amount: Decimal = ZERO) -> bool:
        """True if what is left of a day is `amount`, but for rounding."""
        return abs(self.left[day] - amount) <= self.tolerance(day)

    @property
    def has_days(self) -> bool:
        """False for a whole month taken as one day."""
        return len(self.days) > 1

    @property
    def differing(self) -> list[date]:
        return [day for day in self.left if not self.fits(day)]

    def take(self, part: Part, amounts: Mapping[date, Decimal]) -> None:
        """Explain `amounts` of some days by a part, which is given its amount and days."""
        taken = {day: _kept(amount) for day, amount in amounts.items() if amount}
        if not taken:
            return
        for day, amount in taken.items():
            self.left[day] -= amount
        total = sum(taken.values(), ZERO)
        self.parts.append(replace(part, amount=total, days=tuple(sorted(taken))))

    def take_rest(self, cause: Cause, days: Iterable[date]) -> None:
        """Explain all that is left of some days."""
        self.take(Part(cause, ZERO), {day: self.left[day] for day in days})

    def causes_of(self, day: date) -> tuple[Cause, ...]:
        found = [part.cause for part in self.parts if day in part.days]
        return tuple(dict.fromkeys([*found, *([Cause.UNEXPLAINED] if self.left[day] else [])]))


def _split_days(splitting: _Splitting, in_other_zone: Ledger | None) -> None:
    if in_other_zone:
        _zone(splitting, in_other_zone)
    _currencies(splitting)
    _missing_days(splitting)
    _failed(splitting)
    _share(splitting)
    _unknown_costs(splitting)
    first, last = min(splitting.days), max(splitting.days)
    edges = splitting.ledger.edges
    _edge(splitting, first, edges.before, edges.first)
    _edge(splitting, last, edges.after, edges.last)
    _days_that_stand_out(splitting)
    _rounding(splitting)


def _split_month(splitting: _Splitting) -> None:
    """Of an invoice without days: the whole month is as one day."""
    _currencies(splitting)
    _missing_days(splitting)
    _failed(splitting)
    _unknown_costs(splitting)
    edges = splitting.ledger.edges
    _edge(splitting, min(splitting.days), edges.before + edges.after, edges.first + edges.last)
    _rounding(splitting)


def _zone(splitting: _Splitting, other: Ledger) -> None:
    """If the invoice fits the days of the other zone, what that changes is a part of its own."""
    moved = {day: known.cost - splitting.days[day].cost for day, known in other.days.items()}
    own = [day for day in splitting.left if splitting.fits(day)]
    there = [day for day in splitting.left if splitting.fits(day, moved[day])]
    before = sum(abs(left) for left in splitting.left.values())
    after = sum(abs(left - moved[day]) for day, left in splitting.left.items())
    fits_there = len(there) > len(own) and 2 * len(there) >= len(moved)
    if fits_there or 5 * after < before:
        splitting.take(Part(Cause.ZONE, ZERO), moved)
        splitting.ledger = other


def _currencies(splitting: _Splitting) -> None:
    """Calls whose cost the ledger has in another currency."""
    for currency in sorted({name for day in splitting.days.values() for name in day.others}):
        costs = {
            day: known.others[currency]
            for day, known in splitting.days.items()
            if known.others.get(currency) and not splitting.fits(day)
        }
        if costs and (rate := _rate(splitting, currency, costs)):
            part = Part(Cause.CURRENCY, ZERO, currency=currency, rate=rate)
            splitting.take(part, {day: rate * cost for day, cost in costs.items()})


def _rate(splitting: _Splitting, currency: str, costs: Mapping[date, Decimal]) -> Decimal | None:
    """At which rate the costs in a currency make up what is left, if they do."""
    equal = [day for day, cost in costs.items() if splitting.fits(day, cost)]
    if 2 * len(equal) > len(costs):
        return Decimal(1)
    has_no_cost = not any(known.cost for known in splitting.days.values())
    if not splitting.has_days:
        (only,) = costs
        is_alone = len(splitting.days[only].others) == 1 and currency != NO_CURRENCY
        return _kept(splitting.left[only] / costs[only]) if has_no_cost and is_alone else None
    return _common_rate(splitting, costs, CURRENCY_TOLERANCE)


def _common_rate(
    splitting: _Splitting, costs: Mapping[date, Decimal], tolerance: Decimal
) -> Decimal | None:
    """The rate that most of these days share, if they do and are enough to tell it from chance."""
    rates = {day: splitting.left[day] / cost for day, cost in costs.items()}
    middle = median(rates.values())
    near = [
        day
        for day, rate in rates.items()
        if abs(rate - middle) <= tolerance * abs(middle) + splitting.tolerance(day) / costs[day]
    ]
    if len(near) < FEWEST_DAYS or 3 * len(near) < 2 * len(rates):
        return None
    left = sum((splitting.left[day] for day in near), ZERO)
    return _kept(left / sum((costs[day] for day in near), ZERO))


def _missing_days(splitting: _Splitting) -> None:
    differing = splitting.differing
    days = splitting.days
    splitting.take_rest(Cause.NOT_IN_LEDGER, [day for day in differing if not days[day].calls])
    if splitting.has_days:
        lacking = [day for day in differing if days[day].calls and not splitting.billed.get(day)]
        splitting.take_rest(Cause.NOT_IN_INVOICE, lacking)


def _failed(splitting: _Splitting) -> None:
    """Failures that have a cost here and none there."""
    costs = {day: known.failed_cost for day, known in splitting.days.items() if known.failed_cost}
    matching = [day for day, cost in costs.items() if splitting.fits(day, -cost)]
    above_rounding = [day for day in matching if costs[day] > splitting.tolerance(day)]
    if above_rounding and 2 * len(matching) > len(costs):
        splitting.take(Part(Cause.FAILED, ZERO), {day: -costs[day] for day in matching})


def _share(splitting: _Splitting) -> None:
    """The same share of all days that differ: a discount, a tax within the days, another price."""
    costs = {
        day: splitting.days[day].cost
        for day in splitting.differing
        if splitting.days[day].cost > 0 and splitting.billed.get(day)
    }
    rate = _common_rate(splitting, costs, SHARE_TOLERANCE) if costs else None
    if rate and not _are_rather_unknown(splitting, costs):
        amounts = {day: rate * cost for day, cost in costs.items()}
        splitting.take(Part(Cause.SHARE, ZERO, rate=rate), amounts)


def _are_rather_unknown(splitting: _Splitting, costs: Mapping[date, Decimal]) -> bool:
    """Whether calls without a cost make up what is left of these days as evenly as a share does."""
    estimates = _Estimates(splitting)
    expected = {
        day: sum(estimates.of(day).values(), estimates.bound_of_rounded(day)) for day in costs
    }
    if not all(expected[day] and estimates.may_explain(day) for day in costs):
        return False
    return _spread(splitting.left, expected) <= _spread(splitting.left, costs)


def _spread(left: Mapping[date, Decimal], costs: Mapping[date, Decimal]) -> Decimal:
    """How far from one another the rates of days usually are, as a part of them."""
    rates = [left[day] / cost for day, cost in costs.items()]
    middle = median(rates)
    return median(abs(rate - middle) for rate in rates) / abs(middle)


class _Estimates:
    """What calls without a cost may cost, a day and kind: as much as the others do on average."""

    def __init__(self, splitting: _Splitting) -> None:
        self._splitting = splitting
        self._month = together(splitting.days.values())

    def of(self, day: date) -> dict[Cause, Decimal]:
        """Of the kinds that there are. Nothing is known where no call has a cost: then any amount
        may be theirs."""
        known = self._splitting.days[day]
        basis = known if known.tokens and known.cost else self._month
        per_token = basis.cost / basis.tokens if basis.tokens else ZERO
        per_call = basis.cost / basis.costed_calls if basis.costed_calls else ZERO
        unlimited = abs(self._splitting.left[day])
        found = {
            Cause.UNPRICED: (per_token * known.unpriced_tokens or unlimited)
            if known.unpriced_calls
            else ZERO,
            Cause.NO_USAGE: (per_call * known.no_usage_calls or unlimited)
            if known.no_usage_calls
            else ZERO,
        }
        return {cause: amount for cause, amount in found.items() if amount}

    def bound_of_rounded(self, day: date) -> Decimal:
        """The most that calls rounded to zero can cost."""
        return self._splitting.days[day].rounded_away_calls * HALF_STEP

    def most(self, day: date) -> Decimal:
        return PLAUSIBLE * sum(self.of(day).values(), ZERO) + self.bound_of_rounded(day)

    def may_explain(self, day: date) -> bool:
        """True if what is left of the day may be the cost of such calls, and is above rounding."""
        return not self._splitting.fits(day) and 0 < self._splitting.left[day] <= self.most(day)


def _unknown_costs(splitting: _Splitting) -> None:
    """Calls without a cost, if that is what the days with such calls lack: on days that fit
    without them they cost nothing."""
    estimates = _Estimates(splitting)
    having = [day for day, known in splitting.days.items() if estimates.most(day)]
    differing = [day for day in having if not splitting.fits(day) and splitting.left[day] > 0]
    fitting = [day for day in having if splitting.fits(day)]
    if not differing or len(fitting) > len(differing):
        return
    shares = {day: _shares(splitting, estimates, day) for day in differing}
    kinds: dict[Cause, Callable[[Known], int]] = {
        Cause.UNPRICED: lambda known: known.unpriced_calls,
        Cause.NO_USAGE: lambda known: known.no_usage_calls,
        Cause.ROUNDED_AWAY: lambda known: known.rounded_away_calls,
    }
    for cause, calls in kinds.items():
        amounts = {day: share[cause] for day, share in shares.items() if share.get(cause)}
        part = Part(
            cause,
            ZERO,
            calls=sum(calls(splitting.days[day]) for day in amounts),
            bound=sum(map(estimates.bound_of_rounded, amounts), ZERO)
            if cause == Cause.ROUNDED_AWAY
            else None,
        )
        splitting.take(part, amounts)


def _shares(splitting: _Splitting, estimates: _Estimates, day: date) -> dict[Cause, Decimal]:
    """What is left of a day, by kind: as estimated, in proportion. What is more than plausible is
    no cost of such calls; then the estimate itself is taken."""
    of_kinds, bound = estimates.of(day), estimates.bound_of_rounded(day)
    left, estimated = splitting.left[day], sum(of_kinds.values(), ZERO)
    if not of_kinds:
        return {Cause.ROUNDED_AWAY: min(left, bound)}
    taken = left if left <= estimates.most(day) else estimated + bound / 2
    rounded = _kept(min(bound, taken * bound / (2 * estimated + bound)))
    shares = {Cause.ROUNDED_AWAY: rounded}
    *others, last = of_kinds
    for cause in others:
        shares[cause] = _kept((taken - rounded) * of_kinds[cause] / estimated)
    shares[last] = taken - sum(shares.values(), ZERO)
    return shares


def _edge(splitting: _Splitting, day: date, beyond: Decimal, within: Decimal) -> None:
    """Calls near the month's edge that the provider counts to the other side of it: such from
    `beyond`, or not those `within`."""
    left = splitting.left[day]
    tolerance = splitting.tolerance(day)
    if not splitting.fits(day) and -within - tolerance <= left <= beyond + tolerance:
        bound = beyond if left > 0 else within
        splitting.take(Part(Cause.EDGE, ZERO, bound=bound), {day: left})


def _days_that_stand_out(splitting: _Splitting) -> None:
    """Days that differ while most do not, or by far more."""
    usual = median(abs(left) for left in splitting.left.values())
    splitting.take_rest(
        Cause.DAY,
        [day for day in splitting.differing if abs(splitting.left[day]) > STANDS_OUT * usual],
    )


def _rounding(splitting: _Splitting) -> None:
    """What is left where it is no more than rounding can make up."""
    bounds = {day: _most_rounded(splitting, day) for day in splitting.days}
    amounts = {day: left for day, left in splitting.left.items() if abs(left) <= bounds[day]}
    bound = sum((bounds[day] for day, left in amounts.items() if left), ZERO)
    splitting.take(Part(Cause.ROUNDING, ZERO, bound=_kept(bound)), amounts)


def _most_rounded(splitting: _Splitting, day: date) -> Decimal:
    """As much as is likely; if more is left, half a step for each call."""
    if splitting.fits(day):
        return splitting.tolerance(day)
    return splitting.days[day].costed_calls * HALF_STEP


def _half_step(amounts: Iterable[Decimal]) -> Decimal:
    """Half of the last decimal that amounts are written with, at least that of a cost."""
    exponents = [amount.normalize().as_tuple().exponent for amount in amounts if amount]
    decimals = max((-exponent for exponent in exponents if isinstance(exponent, int)), default=0)
    return max(Decimal(1).scaleb(-max(decimals, 2)) / 2, HALF_STEP)


def _kept(amount: Decimal) -> Decimal:
    return amount.quantize(AMOUNT_STEP, ROUND_HALF_EVEN)
