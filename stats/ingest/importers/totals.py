"""The sums of an import by currency: those of its files, and those of the stored calls."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from stats.core.money import DEFAULT_CURRENCY, NO_CURRENCY
from stats.ingest import columns
from stats.ingest.columns import EXACT, InvalidFieldsError
from stats.ingest.importers.writing import RowOutcome
from stats.ingest.usage import MOST_KEYS, usage_of
from stats.ingest.validation import NewCall

Value = TypeVar("Value")
# Only a broken file has more.
MOST_CURRENCIES = 200
OTHERS = "others"
# No sum of money has more digits before its point.
LARGEST = Decimal(10) ** 30


@dataclass(slots=True)
class Sums:
    """Rows, their tokens, and their cost unrounded."""

    rows: int = 0
    tokens: int = 0
    cost: Decimal = Decimal(0)

    def add(self, tokens: int, cost: Decimal) -> None:
        self.rows += 1
        self.tokens += tokens
        if cost:
            self.cost = EXACT.add(self.cost, cost)


@dataclass(slots=True)
class InCurrency:
    """The sums of the files by outcome, and the sums of the stored calls."""

    in_files: dict[RowOutcome, Sums] = field(
        default_factory=lambda: {outcome: Sums() for outcome in RowOutcome}
    )
    in_ledger: Sums = field(default_factory=Sums)
    # The number of costs above 0 that are stored as 0.
    rounded_away: int = 0

    @property
    def all_in_files(self) -> Sums:
        """Of all rows."""
        total = Sums()
        for sums in self.in_files.values():
            total.rows += sums.rows
            total.tokens += sums.tokens
            total.cost = EXACT.add(total.cost, sums.cost)
        return total


class Totals:
    """The sums and counts of one import."""

    def __init__(self) -> None:
        self.by_currency: defaultdict[str, InCurrency] = defaultdict(InCurrency)
        self.warnings: Counter[str] = Counter()
        # Some keys of usage objects that were not understood.
        self.unknown_keys: dict[str, None] = {}
        self.unread = 0
        self.no_calls = 0

    def rows(self, outcome: RowOutcome) -> int:
        """The number of rows in all currencies; unreadable rows count as rejected."""
        unread = self.unread if outcome is RowOutcome.REJECTED else 0
        return unread + sum(each.in_files[outcome].rows for each in self.by_currency.values())

    def add(self, outcome: RowOutcome, posted: Mapping[str, Any], call: NewCall | None) -> None:
        """Count a row: `posted` is its call as posted; a rejected row may lack `call`."""
        currency, tokens, cost = _figures(posted, call)
        sums = self._in(currency)
        sums.in_files[outcome].add(tokens, cost)
        if outcome is RowOutcome.IMPORTED and call:
            sums.in_ledger.add(call.total_tokens or 0, call.cost or Decimal(0))
            sums.rounded_away += bool(cost and not call.cost)
            self.warnings.update(call.warnings)
            if len(self.unknown_keys) < MOST_KEYS:
                self.unknown_keys.update(dict.fromkeys(call.unknown_keys))

    def _in(self, currency: str) -> InCurrency:
        if currency not in self.by_currency and len(self.by_currency) >= MOST_CURRENCIES:
            currency = OTHERS
        return self.by_currency[currency]


def _figures(posted: Mapping[str, Any], call: NewCall | None) -> tuple[str, int, Decimal]:
    """The currency, the tokens and the unrounded cost of a row."""
    if call:
        cost = _cost(posted) if call.given_cost is None else call.given_cost
        return call.prompt_price_unit or NO_CURRENCY, call.total_tokens or 0, cost
    with suppress(InvalidFieldsError):
        if usage := usage_of(posted):
            return usage.currency, usage.total_tokens, usage.given_cost
    return _readable_figures(posted)


def _readable_figures(posted: Mapping[str, Any]) -> tuple[str, int, Decimal]:
    """Of a rejected row, as far as they can be read."""
    figures = posted
    if isinstance(metadata := posted.get("metadata"), Mapping):
        usage = metadata.get("usage")
        usage = usage if isinstance(usage, Mapping) else {}
        figures = {
            **usage,
            "cost": usage.get("total_price"),
            "prompt_price_unit": usage.get("currency"),
        }
    currency = _readable(columns.currency, figures.get("prompt_price_unit"))
    return currency or DEFAULT_CURRENCY, _tokens(figures), _cost(figures)


def _cost(figures: Mapping[str, Any]) -> Decimal:
    cost = _readable(columns.decimal, figures.get("cost")) or Decimal(0)
    # A larger one was rejected.
    return cost if cost < LARGEST else Decimal(0)


def _tokens(figures: Mapping[str, Any]) -> int:
    total = _readable(columns.count, figures.get("total_tokens"))
    if total is not None:
        return total
    given = (figures.get(name) for name in ("prompt_tokens", "completion_tokens"))
    return sum(_readable(columns.count, value) or 0 for value in given)


def _readable(parse: Callable[[object], Value], value: object) -> Value | None:
    try:
        return None if value is None else parse(value)
    except ValueError:
        return None
