"""A figure against the same figure of the period before."""

from decimal import Decimal

Figure = int | float | Decimal


def difference(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """None if either is."""
    return None if now is None or before is None else now - before


def percent_more(now: Figure, before: Figure) -> float | None:
    """The difference in percent of `before`; None if `before` is not above 0."""
    return float(now - before) / float(before) * 100 if before > 0 else None  # type: ignore[operator]
