"""A figure against the same figure of the period before."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from stats.core.periods import Comparison, Period, local_day

Figure = int | float | Decimal


@dataclass(frozen=True, slots=True)
class Base:
    """What a period is compared with, and the day of the ledger's first call, today without one."""

    comparison: Comparison
    first_day: date

    @property
    def ledger_begins(self) -> date | None:
        """The ledger's first day where it is too young to compare with anything before."""
        return self.first_day if self.first_day > self.comparison.first else None

    @property
    def is_comparable(self) -> bool:
        return self.ledger_begins is None


def base_of(period: Period, now: datetime, first_call: datetime | None) -> Base:
    """The comparable part of the period before `period`, seen at `now`."""
    return Base(period.previous(now), local_day(first_call or now, period.zone))


def difference(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """None where either is not there."""
    return None if now is None or before is None else now - before


def percent_more(now: Figure, before: Figure) -> float | None:
    """The difference in percent of `before`; None where that is nothing to compare with."""
    return float(now - before) / float(before) * 100 if before > 0 else None  # type: ignore[operator]
