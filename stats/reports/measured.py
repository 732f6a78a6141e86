"""What is looked at of a day, whether it was unusual."""

from dataclasses import dataclass
from decimal import Decimal

from stats.models.unusual import Measure
from stats.query.sums import Sums


@dataclass(frozen=True, slots=True)
class Figure:
    """What is looked at of a day: its cost in a currency, its calls, or its failures."""

    measure: Measure
    currency: str = ""

    def of(self, sums: Sums) -> Decimal:
        if self.measure is Measure.COST:
            return sums.cost_in(self.currency)
        return Decimal(sums.calls if self.measure is Measure.CALLS else sums.failures)
