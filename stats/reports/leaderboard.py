"""Who stands where: groups of calls ranked by a measure, with shares and changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

from stats.reports.comparison import percent_more
from stats.reports.sums import Sums, together

Key = TypeVar("Key")


class Measure(StrEnum):
    """What a leaderboard ranks by."""

    COST = "cost"
    CALLS = "calls"
    TOKENS = "tokens"
    FAILURES = "failures"

    def of(self, sums: Sums) -> int | Decimal:
        """The figure; money is the plain sum, meant for one currency."""
        if self is Measure.COST:
            return sums.cost
        attribute = {"calls": "calls", "tokens": "total_tokens", "failures": "failures"}[self]
        value: int = getattr(sums, attribute)
        return value


@dataclass(frozen=True, slots=True)
class Row(Generic[Key]):
    """One group. Without rank it only had calls before; without `before` it had none then, or
    nothing is compared (`Ranking.is_compared`). `share` is percent of the whole."""

    key: Key
    measure: Measure
    rank: int | None
    rank_before: int | None
    sums: Sums
    before: Sums | None
    share: float | None

    @property
    def value(self) -> int | Decimal:
        return self.measure.of(self.sums)

    @property
    def value_before(self) -> int | Decimal:
        return self.measure.of(self.before or Sums())

    @property
    def difference(self) -> int | Decimal:
        return self.value - self.value_before

    @property
    def change(self) -> float | None:
        """Percent; None without a base."""
        return percent_more(self.value, self.value_before)

    @property
    def is_new(self) -> bool:
        return self.before is None

    @property
    def is_gone(self) -> bool:
        return self.rank is None


@dataclass(frozen=True, slots=True)
class Ranking(Generic[Key]):
    """All groups, the first first, those that are gone last; their sums are `total`'s."""

    measure: Measure
    rows: tuple[Row[Key], ...]
    total: Row[None]
    is_compared: bool

    @property
    def present(self) -> tuple[Row[Key], ...]:
        return tuple(row for row in self.rows if not row.is_gone)

    def top(self, count: int) -> tuple[tuple[Row[Key], ...], "Others | None"]:
        """The first `count` and all others in one, if any; one other stands for itself."""
        present = self.present
        if len(present) <= count + 1:
            return present, None
        rest = present[count:]
        sums = together(row.sums for row in rest)
        return present[:count], Others(
            len(rest), sums, self.measure.of(sums), _share(sums, self.total.sums, self.measure)
        )


@dataclass(frozen=True, slots=True)
class Others:
    """What is left below the rows shown."""

    count: int
    sums: Sums
    value: int | Decimal
    share: float | None


def ranking(
    now: Mapping[Key, Sums], before: Mapping[Key, Sums] | None, measure: Measure
) -> Ranking[Key]:
    """Ranked by `measure`, ties by key. `before` is None where there is nothing to compare."""
    order, order_before = _order(now, measure), _order(before or {}, measure)
    places_before = {key: place for place, key in enumerate(order_before, 1)}
    total = together(now.values())

    def row(key: Key, rank: int | None) -> Row[Key]:
        sums = now.get(key, Sums())
        return Row(
            key,
            measure,
            rank,
            places_before.get(key),
            sums,
            (before or {}).get(key),
            _share(sums, total, measure) if rank else None,
        )

    present = [row(key, rank) for rank, key in enumerate(order, 1)]
    gone = [row(key, None) for key in order_before if key not in now]
    all_before = together(before.values()) if before is not None else None
    whole = Row(None, measure, None, None, total, all_before, _share(total, total, measure))
    return Ranking(measure, (*present, *gone), whole, before is not None)


def _order(groups: Mapping[Key, Sums], measure: Measure) -> list[Key]:
    # A key may be None (no job); it comes last among equals.
    return sorted(groups, key=lambda key: (-measure.of(groups[key]), key is None, key))


def _share(part: Sums, whole: Sums, measure: Measure) -> float | None:
    all_of_it = measure.of(whole)
    return float(measure.of(part) / all_of_it * 100) if all_of_it else None
