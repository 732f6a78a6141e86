"""Rankings: groups of calls by a measure, with shares and changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

from stats.query.sums import AnySums, BriefSums, less, together
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
    """All groups in order, those that are gone last. `total` has their sums.

    Of very many, `rows` are only the first ones, and of those that are gone only such as were among
    the first before.
    """

    measure: Measure
    rows: tuple[Row[Key, Sums_co], ...]
    total: Row[None, Sums_co]
    kind: type[Sums_co]
    is_compared: bool
    # The number of those present that were not read, and whether all of before were.
    left_out: int = 0
    knows_all_before: bool = True

    @property
    def highest(self) -> int | Decimal:
        """The first value; 0 without any."""
        return self.rows[0].value if self.rows and not self.rows[0].is_gone else 0

    @property
    def present(self) -> tuple[Row[Key, Sums_co], ...]:
        return tuple(row for row in self.rows if not row.is_gone)

    @property
    def count(self) -> int:
        """The number of all that are present."""
        return len(self.present) + self.left_out

    @property
    def uncompared(self) -> "Ranking[Key, Sums_co]":
        """The same, shown without the period before."""
        return replace(self, rows=self.present, is_compared=False)

    def top(self, count: int) -> "tuple[tuple[Row[Key, Sums_co], ...], Others | None]":
        """The first `count`, and all others in one. A single other is shown as it is, if it is not
        left out."""
        present = self.present
        if self.count <= count + 1 and not self.left_out:
            return present, None
        sums: BriefSums
        if self.left_out:
            sums = less(self.total.sums, (row.sums for row in present[:count]), self.kind)
        else:
            sums = together((row.sums for row in present[count:]), self.kind)
        share = _share(self.measure.of(sums), self.total.value)
        return present[:count], Others(self.count - len(present[:count]), sums, share)


@dataclass(frozen=True, slots=True)
class Others:
    """The rest of a ranking."""

    count: int
    sums: BriefSums
    share: float | None


@dataclass(frozen=True, slots=True)
class Groups(Generic[Key, Sums_co]):
    """Groups of a period in order, the sums of these, and of all; so many more are `left_out`."""

    order: Sequence[Key]
    sums: Mapping[Key, Sums_co]
    total: Sums_co
    left_out: int = 0


def ranking(
    kind: type[AnySums],
    now: Mapping[Key, AnySums],
    before: Mapping[Key, AnySums] | None = None,
    measure: Measure = Measure.COST,
) -> Ranking[Key, AnySums]:
    """Sums of a kind, ranked by `measure`, ties by key. `before` is None if nothing is compared."""

    def in_order(groups: Mapping[Key, AnySums]) -> Groups[Key, AnySums]:
        return Groups(_order(groups, measure), groups, together(groups.values(), kind))

    earlier = None if before is None else in_order(before)
    return ranking_of(kind, in_order(now), earlier, measure)


def ranking_of(
    kind: type[AnySums],
    now: Groups[Key, AnySums],
    before: Groups[Key, AnySums] | None,
    measure: Measure,
) -> Ranking[Key, AnySums]:
    """The ranking of groups that are in order."""
    was = before or Groups((), {}, kind())
    places_before = {key: place for place, key in enumerate(was.order, 1)}
    whole, nothing = measure.of(now.total), kind()

    def row(key: Key, rank: int | None) -> Row[Key, AnySums]:
        sums, sums_before = now.sums.get(key, nothing), was.sums.get(key)
        value = measure.of(sums)
        return Row(
            key,
            measure,
            rank,
            places_before.get(key),
            sums,
            sums_before,
            value,
            measure.of(sums_before or nothing),
            _share(value, whole) if rank else None,
        )

    present = [row(key, rank) for rank, key in enumerate(now.order, 1)]
    gone = [row(key, None) for key in was.order if key not in now.sums]
    all_before = before.total if before else None
    whole_before, share = measure.of(was.total), _share(whole, whole)
    in_all = Row(None, measure, None, None, now.total, all_before, whole, whole_before, share)
    return Ranking(
        measure,
        (*present, *gone),
        in_all,
        kind,
        before is not None,
        now.left_out,
        not was.left_out,
    )


def _order(groups: Mapping[Key, BriefSums], measure: Measure) -> list[Key]:
    values = {key: measure.of(sums) for key, sums in groups.items()}
    # A key may be None (no job); it comes last among equals.
    return sorted(values, key=lambda key: (-values[key], key is None, key))


def _share(part: int | Decimal, whole: int | Decimal) -> float | None:
    return float(part / whole * 100) if whole else None
