"""What the ledger knows of a month, by days of a zone."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache

from stats.core.periods import (
    DAY,
    SECOND,
    Range,
    end_of_day,
    last_of_month,
    range_of_days,
    start_of_day,
)
from stats.core.zones import reading_zone
from stats.invoices.explaining import ZERO, Edges, Explanation, Known, Ledger, explain
from stats.invoices.reading import Billed
from stats.models import ProviderInvoice
from stats.query import engine
from stats.query.selection import Selection
from stats.query.sums import Sums, together
from stats.rollups.folding import shared_rollup_state
from stats.rollups.local_days import first_in_column

# A provider may count a call to the other side of the month's edge, so near to it.
EDGE = timedelta(hours=6)


def explanations_of(invoices: Iterable[ProviderInvoice], now: datetime) -> list[Explanation]:
    """Why invoices differ from what is known now. Raises `engine.TooManyCallsError`."""
    # Several of a month and currency are told by the same ledger.
    ledgers = cache(ledger_of)
    # Many questions: none of them needs to look how far the sums are.
    with shared_rollup_state(now):
        return [_explanation_of(one, ledgers) for one in invoices]


def explanation_of(invoice: ProviderInvoice, now: datetime) -> Explanation:
    """The same of one."""
    return explanations_of([invoice], now)[0]


def _explanation_of(
    invoice: ProviderInvoice, ledgers: Callable[[date, tzinfo, str], Ledger]
) -> Explanation:
    month, currency = invoice.month, invoice.currency
    days = {one.day: one.amount for one in invoice.days.order_by("day")}
    zone, other_zone = (UTC, reading_zone()) if invoice.is_utc else (reading_zone(), UTC)
    is_same = _starts(month, zone) == _starts(month, other_zone)
    other = None if is_same else ledgers(month, other_zone, currency)
    return explain(Billed(currency, invoice.amount, days), ledgers(month, zone, currency), other)


@dataclass(frozen=True, slots=True)
class Listed:
    """An invoice, and what the ledger knows of its month in its currency."""

    invoice: ProviderInvoice
    known: Decimal

    @property
    def difference(self) -> Decimal:
        return self.invoice.amount - self.known


def listed(now: datetime) -> list[Listed]:
    """All invoices, the newest month first. Raises `engine.TooManyCallsError`."""
    invoices = list(ProviderInvoice.objects.defer("file").order_by("-month", "provider", "pk"))
    with shared_rollup_state(now):
        sums = {key: _whole_month(*key) for key in {(one.month, one.is_utc) for one in invoices}}
    return [
        Listed(one, sums[one.month, one.is_utc].costs.get(one.currency, ZERO)) for one in invoices
    ]


@dataclass(frozen=True, slots=True)
class Invoiced:
    """What all invoices of a month ask in a currency, and what the ledger knows of it."""

    billed: Decimal
    known: Decimal

    @property
    def difference(self) -> Decimal:
        return self.billed - self.known


def by_month(now: datetime) -> dict[date, dict[str, Invoiced]]:
    """By the month's first day and by currency. Raises `engine.TooManyCallsError`."""
    found: defaultdict[date, dict[str, Invoiced]] = defaultdict(dict)
    for one in listed(now):
        invoice, of_month = one.invoice, found[one.invoice.month]
        before = of_month.get(invoice.currency, Invoiced(ZERO, one.known))
        of_month[invoice.currency] = Invoiced(before.billed + invoice.amount, before.known)
    return dict(found)


def _whole_month(month: date, is_utc: bool) -> Sums:
    zone = UTC if is_utc else reading_zone()
    return engine.total(Selection(range_of_days(month, last_of_month(month), zone)))


def ledger_of(month: date, zone: tzinfo, currency: str) -> Ledger:
    """The month whose first day this is."""
    sums = _by_day(month, zone)
    days = {day: _known(sums.get(day, Sums()), currency) for day in _days(month)}
    start, end = start_of_day(month, zone), end_of_day(last_of_month(month), zone) + SECOND
    return Ledger(
        days,
        Edges(
            before=_cost(start - EDGE, start, currency),
            first=_cost(start, start + EDGE, currency),
            last=_cost(end - EDGE, end, currency),
            after=_cost(end, end + EDGE, currency),
        ),
    )


def _days(month: date) -> Iterator[date]:
    return (month + n * DAY for n in range((last_of_month(month) - month).days + 1))


def _starts(month: date, zone: tzinfo) -> list[datetime]:
    """When its days begin."""
    return [start_of_day(day, zone) for day in _days(month)]


def _by_day(month: date, zone: tzinfo) -> dict[date, Sums]:
    """The engine groups by days of TIME_ZONE only; days of another zone are made of hours, or asked
    one by one if the column's clock shows no full hour when they begin."""
    whole = Selection(range_of_days(month, last_of_month(month), zone))
    if zone == reading_zone():
        return engine.by_day(whole)
    starts = [first_in_column(start) for start in _starts(month, zone)]
    if any(start.minute or start.second for start in starts):
        return {day: engine.total(Selection(range_of_days(day, day, zone))) for day in _days(month)}
    hours: dict[date, list[Sums]] = defaultdict(list)
    for hour, sums in engine.by_hour(whole).items():
        hours[month + (bisect_right(starts, hour) - 1) * DAY].append(sums)
    return {day: together(found, Sums) for day, found in hours.items()}


def _cost(start: datetime, end: datetime, currency: str) -> Decimal:
    """The cost of the calls from `start` until before `end`."""
    sums = engine.total(Selection(Range(start, end - SECOND)))
    return sums.costs.get(currency, ZERO)


def _known(sums: Sums, currency: str) -> Known:
    return Known(
        calls=sums.calls,
        cost=sums.costs.get(currency, ZERO),
        others={name: cost for name, cost in sums.costs.items() if name != currency},
        failed_cost=sums.failed_costs.get(currency, ZERO),
        tokens=sums.total_tokens - sums.unpriced_tokens - sums.rounded_away_tokens,
        unpriced_calls=sums.unpriced_calls,
        unpriced_tokens=sums.unpriced_tokens,
        rounded_away_calls=sums.rounded_away_calls,
        no_usage_calls=sums.no_usage_calls,
    )
