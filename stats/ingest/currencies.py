"""The currencies that are known: the codes of ISO 4217, and those of earlier calls."""

from collections.abc import Iterable

from stats.core.currencies import ISO_4217
from stats.models import APIUsageStats, CurrencyName

# The newest calls, which may not be folded yet.
NEWEST = 1_000
MOST_REMEMBERED = 1_000

# Found by this process. Each call in RMB, say, would ask again without it.
_found: set[str] = set()


def unknown(currencies: Iterable[str | None]) -> set[str]:
    """The currencies that are neither a code nor those of an earlier call. Empty ones do not
    count."""
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
