"""An October of calls, the invoice that fits it, and faults in either."""

import csv
import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from io import StringIO
from zoneinfo import ZoneInfo

from stats.invoices.explaining import Cause, Explanation
from stats.invoices.formats import FORMATS
from stats.invoices.keeping import Attached, Entry, add
from stats.invoices.ledger import explanation_of
from stats.models import ProviderInvoice
from tests.ledger import row, write
from tests.oracle import Row

OCTOBER = date(2026, 10, 1)
TAIPEI = ZoneInfo("Asia/Taipei")
NOW = datetime(2026, 11, 24, 15, 42, tzinfo=UTC)
Costs = dict[date, Decimal]


def calls(seed: int = 3, a_day: int = 24) -> list[Row]:
    """From the last day of September through the first of November, day and night, by the clock of
    UTC; costs from a tenth of a cent to a dollar."""
    rng = random.Random(seed)
    found = []
    for day in range(33):
        for number in range(a_day):
            hours = (number + rng.random()) * 24 / a_day
            at = datetime(2026, 9, 30) + timedelta(days=day, hours=hours)
            tokens = rng.randint(200, 9000)
            found.append(
                row(
                    user_id=rng.randint(1, 5),
                    created_at=at.replace(microsecond=0),
                    prompt_tokens=tokens,
                    completion_tokens=tokens // 7,
                    total_tokens=tokens + tokens // 7,
                    cost=(tokens * Decimal("0.0001") * Decimal(rng.randint(70, 130)) / 100)
                    .quantize(Decimal("0.0001")),
                )
            )  # fmt: skip
    return found


def in_october(rows: Iterable[Row], zone: tzinfo = UTC) -> list[Row]:
    return [one for one in rows if day_of(one, zone).replace(day=1) == OCTOBER]


def day_of(one: Row, zone: tzinfo = UTC) -> date:
    at: datetime = one["created_at"]
    return at.replace(tzinfo=UTC).astimezone(zone).date()


def costs(rows: Iterable[Row], zone: tzinfo = UTC) -> Costs:
    """What the provider bills a day, if it is right."""
    found: defaultdict[date, Decimal] = defaultdict(Decimal)
    for one in in_october(rows, zone):
        found[day_of(one, zone)] += one["cost"] or 0
    return dict(found)


def rounded(days: Costs) -> Costs:
    """As invoices are written."""
    return {day: cost.quantize(Decimal("0.01")) for day, cost in days.items()}


def plain(days: Costs) -> bytes:
    text = StringIO()
    csv.writer(text).writerows([("date", "amount"), *days.items()])
    return text.getvalue().encode()


def invoice(days: Costs, amount: str = "", currency: str = "USD", *, is_utc: bool = True) -> (
    ProviderInvoice
):  # fmt: skip
    """Kept as from a plain file."""
    file = Attached("october.csv", plain(days))
    entry = Entry(
        provider="OpenAI", month=OCTOBER, is_utc=is_utc, currency=currency, amount=amount,
        format=FORMATS["plain"].name, file=file,
    )  # fmt: skip
    return add(entry, "ann", NOW)


def explained(ledger: Iterable[Row], billed: ProviderInvoice) -> Explanation:
    """Of a ledger of these calls."""
    write(*ledger)
    found = explanation_of(billed, NOW)
    assert sum(part.amount for part in found.parts) == found.difference
    assert found.difference == found.billed - found.known
    return found


def causes(found: Explanation) -> dict[Cause, Decimal]:
    """The parts above rounding, by cause; the unexplained apart."""
    amounts: defaultdict[Cause, Decimal] = defaultdict(Decimal)
    for part in found.parts:
        if part.cause not in (Cause.ROUNDING, Cause.UNEXPLAINED):
            amounts[part.cause] += part.amount
    return dict(amounts)
