"""Rankings: groups of calls by a measure, with shares and changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

from stats.query.sums import AnySums, BriefSums, together
from stats.reports.comparison import percent_more

Key = TypeVar("Key")
# Covariant, so that full sums may stand for brief ones.
Sums_co = TypeVar("Sums_co", bound=BriefSums, covariant=True)


class Measure(StrEnum):
    """What a leaderboard ranks by."""

    COST = "cost"
    CALLS = "calls"
    TOKENS = "tokens"
    FAILURES = "failures"

    def of(self, sums: BriefSums) -> int | Decimal:
        """The figure; a cost is the plain sum, meant for one currency. Raises `AttributeError` for
        failures of brief sums."""
        attribute = "total_tokens" if self is Measure.TOKENS else self.value
        value: int | Decimal = getattr(sums, attribute)
        return value


@dataclass(frozen=True, slots=True)
class Row(Generic[Key, Sums_co]):
    """One group. Without `rank` it has no calls now; without `before` it had none, or nothing is
    compared (`Ranking.is_compared`). `share` is percent of the whole."""

    key: Key
    measure: Measure
    rank: int | None
    rank_before: int | None
    sums: Sums_co
    before: Sums_co | None
    value: int | Decimal
    value_before: int | Decimal
    share: float | None

    @property
    def difference(self) -> int | Decimal:
        return self.value - self.value_before

    @property
    def change(self) -> float | None:
        """Percent; None if there is nothing to compare with."""
        return percent_more(self.value, self.value_before)

    @property
    def is_new(self) -> bool:
        return self.before is None

    @property
    def is_gone(self) -> bool:
        return self.rank is None


@dataclass(frozen=True, slots=True)
class Ranking(Generic[Key, Sums_co]):
    """All groups in order, those that are gone last. `total` has their sums."""

    measure: Measure
    rows: tuple[Row[Key, Sums_co], ...]
    total: Row[None, Sums_co]
    kind: type[Sums_co]
    is_compared: bool

    @property
    def highest(self) -> int | Decimal:
        """The first value; 0 without any."""
        return self.rows[0].value if self.rows and not self.rows[0].is_gone else 0

    @property
    def present(self) -> tuple[Row[Key, Sums_co], ...]:
        return tuple(row for row in self.rows if not row.is_gone)

    def top(self, count: int) -> "tuple[tuple[Row[Key, Sums_co], ...], Others | None]":
        """The first `count`, and all others in one. A single other is shown as it is."""
        present = self.present
        if len(present) <= count + 1:
            return present, None
        rest = present[count:]
        sums: BriefSums = together((row.sums for row in rest), self.kind)
        share = _share(self.measure.of(sums), self.total.value)
        return present[:count], Others(len(rest), sums, share)


@dataclass(frozen=True, slots=True)
class Others:
    """The rest of a ranking."""

    count: int
    sums: BriefSums
    share: float | None


def ranking(
    kind: type[AnySums],
    now: Mapping[Key, AnySums],
    before: Mapping[Key, AnySums] | None = None,
    measure: Measure = Measure.COST,
) -> Ranking[Key, AnySums]:
    """Sums of a kind, ranked by `measure`, ties by key. `before` is None if nothing is compared."""
    values, values_before = _values(now, measure), _values(before or {}, measure)
    order, order_before = _order(values), _order(values_before)
    places_before = {key: place for place, key in enumerate(order_before, 1)}
    total = together(now.values(), kind)
    whole, nothing = measure.of(total), measure.of(kind())

    def row(key: Key, rank: int | None) -> Row[Key, AnySums]:
        value = values.get(key, nothing)
        return Row(
            key,
            measure,
            rank,
            places_before.get(key),
            now.get(key, kind()),
            (before or {}).get(key),
            value,
            values_before.get(key, nothing),
            _share(value, whole) if rank else None,
        )

    present = [row(key, rank) for rank, key in enumerate(order, 1)]
    gone = [row(key, None) for key in order_before if key not in now]
    all_before = together(before.values(), kind) if before is not None else None
    whole_before, share = measure.of(all_before or kind()), _share(whole, whole)
    in_all = Row(None, measure, None, None, total, all_before, whole, whole_before, share)
    return Ranking(measure, (*present, *gone), in_all, kind, before is not None)


def _values(groups: Mapping[Key, BriefSums], measure: Measure) -> dict[Key, int | Decimal]:
    return {key: measure.of(sums) for key, sums in groups.items()}


def _order(values: Mapping[Key, int | Decimal]) -> list[Key]:
    # A key may be None (no job); it comes last among equals.
    return sorted(values, key=lambda key: (-values[key], key is None, key))


def _share(part: int | Decimal, whole: int | Decimal) -> float | None:
    return float(part / whole * 100) if whole else None
