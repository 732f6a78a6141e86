"""Money: the steps and limits of its columns, default currencies, cost kinds."""

from decimal import Decimal
from enum import IntEnum

# The limits of the columns (spec §1).
COST_STEP = Decimal("0.0001")
COST_MAX = Decimal("999999.9999")
UNIT_PRICE_STEP = Decimal("0.00000001")
UNIT_PRICE_MAX = Decimal("99.99999999")

# The currency of a call that names none.
DEFAULT_CURRENCY = "USD"
# The currency of an amount whose row names none.
NO_CURRENCY = "none"


class CostKind(IntEnum):
    """Whether a call's cost is known. The rollups store these numbers: never change one."""

    COSTED = 0
    UNPRICED = 1
    ROUNDED_AWAY = 2
    NO_USAGE = 3
    # Failed before it used anything.
    FREE = 4


# The kinds of "cost not known" (spec §4), by their names in the filter.
UNKNOWN_COST = {
    "unpriced": CostKind.UNPRICED,
    "rounded_away": CostKind.ROUNDED_AWAY,
    "no_usage": CostKind.NO_USAGE,
}
