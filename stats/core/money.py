"""Money: the decimals of its columns, currencies, and whether the cost of a call is known."""

from decimal import Decimal
from enum import IntEnum

# What the columns hold (spec §1).
COST_STEP = Decimal("0.0001")
COST_MAX = Decimal("999999.9999")
UNIT_PRICE_STEP = Decimal("0.00000001")
UNIT_PRICE_MAX = Decimal("99.99999999")

# The currency of a call that names none.
DEFAULT_CURRENCY = "USD"
# The currency of an amount whose row names none.
NO_CURRENCY = "none"


class CostKind(IntEnum):
    """Whether a call's cost is known. The numbers stand in the rollups: they are for good."""

    COSTED = 0
    UNPRICED = 1
    ROUNDED_AWAY = 2
    NO_USAGE = 3
    # Failed before it used anything.
    FREE = 4


# Spec §4, "calls whose cost is not known", by the names of the filter.
UNKNOWN_COST = {
    "unpriced": CostKind.UNPRICED,
    "rounded_away": CostKind.ROUNDED_AWAY,
    "no_usage": CostKind.NO_USAGE,
}
