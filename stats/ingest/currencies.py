"""Which currencies this ledger knows: the codes of ISO 4217, and what its calls had before."""

from collections.abc import Iterable

from stats.core.currencies import ISO_4217
from stats.models import APIUsageStats, CurrencyName

# Of calls that may not be in the sums yet, so many of the newest are looked at.
NEWEST = 1_000
# Of those that were found, so many are remembered.
MOST_REMEMBERED = 1_000

# Found in the ledger by this process: calls in RMB, say, shall not ask again each time.
_found: set[str] = set()


def unknown(currencies: Iterable[str | None]) -> set[str]:
    """Those of the currencies that are no code and that no call had before; empty is none."""
    asked = {text for text in currencies if text and text not in ISO_4217} - _found
    if not asked:
        return asked
    found: set[str | None] = set(
        CurrencyName.objects.filter(text__in=asked).values_list("text", flat=True)
    )
    if found < asked:
        newest = APIUsageStats.objects.order_by("-pk").values_list("prompt_price_unit", flat=True)
        found |= set(newest[:NEWEST])
    new = asked - found
    if len(_found) < MOST_REMEMBERED:
        _found.update(asked - new)
    return new


def forget() -> None:
    """What this process remembers of the ledger: another one is asked from here on."""
    _found.clear()
