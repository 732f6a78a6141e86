"""A figure against the same figure of the period before."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from stats.periods import Comparison, Period, local_day

Figure = int | float | Decimal


@dataclass(frozen=True, slots=True)
class Base:
    """What a period is compared with; `ledger_begins` is set where the ledger is too young."""

    comparison: Comparison
    ledger_begins: date | None = None

    @property
    def is_comparable(self) -> bool:
        return self.ledger_begins is None


def base_of(period: Period, now: datetime, first_call: datetime | None) -> Base:
    """The comparable part of the period before `period`, seen at `now`."""
    comparison = period.previous(now)
    begins = local_day(first_call, period.zone) if first_call else local_day(now, period.zone)
    return Base(comparison, begins if begins > comparison.first else None)


def difference(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """None where either is not there."""
    return None if now is None or before is None else now - before


def percent_more(now: Figure, before: Figure) -> float | None:
    """The difference in percent of `before`; None where that is nothing to compare with."""
    return float(now - before) / float(before) * 100 if before > 0 else None  # type: ignore[operator]
