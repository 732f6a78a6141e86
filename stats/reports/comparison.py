"""A figure against the same figure of the period before."""

from decimal import Decimal

Figure = int | float | Decimal


def difference(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """None where either is not there."""
    return None if now is None or before is None else now - before


def percent_more(now: Figure, before: Figure) -> float | None:
    """The difference in percent of `before`; None where that is nothing to compare with."""
    return float(now - before) / float(before) * 100 if before > 0 else None  # type: ignore[operator]
