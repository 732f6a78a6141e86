"""The figures of a period, in all and by day, beside those of the period before."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from stats.core.money import DEFAULT_CURRENCY
from stats.core.periods import DAY, days_touched, local_day, start_of_day
from stats.core.zones import reading_zone
from stats.query import engine
from stats.query.request import Base, ReportRequest
from stats.query.selection import Selection
from stats.query.sums import NO_COST, Sums, currencies_of, together

# Currencies: each is a series of bars and a column.
MOST_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Day:
    """A local day of the period. `before` is its counterpart in the period before, if any."""

    date: date
    sums: Sums
    before: Sums | None
    is_running: bool
    # All of it is over, in the period, and not before the ledger's first day.
    is_full: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of a period. `before` is None if nothing is compared."""

    request: ReportRequest
    base: Base
    now: Sums
    before: Sums | None
    days: tuple[Day, ...]
    # Days of the period that have begun, since the ledger's first: averages divide by them.
    days_so_far: int
    # Response times in ms; None if not asked, without any, or with too many calls to read.
    p95: float | None = None
    p95_before: float | None = None
    # The days of the same calls from long before the period on; None where nobody asked.
    history: Mapping[date, Sums] | None = None

    @property
    def currencies(self) -> list[str]:
        """Those with costs, now or in the period before."""
        return ordered_currencies([self.now, self.before or Sums()])

    @property
    def shown_currencies(self) -> list[str]:
        """Those for which a chart and a table of days have room; files have all."""
        return self.currencies[:MOST_SHOWN]


def costs_of(days: Mapping[date, Sums], currency: str) -> dict[date, Decimal]:
    """What each day cost in one currency."""
    return {day: sums.costs.get(currency, NO_COST) for day, sums in days.items()}


def figures(request: ReportRequest, base: Base, history_from: date | None = None) -> Figures:
    """The figures of the period, beside those of the period before.

    With `history_from`, the period has whole local days, and those since then are read along.
    """
    before = request.before(base)
    if history_from is None:
        history, by_day = None, engine.by_day(request.selection)
    else:
        history = engine.by_day(_since(request, history_from))
        by_day = _from(request.period.first, history)
    by_day_before = engine.by_day(before) if before else None
    return Figures(
        request,
        base,
        # Totals are those of the days, even if the period cuts the first and the last.
        together(by_day.values(), Sums),
        together(by_day_before.values(), Sums) if by_day_before is not None else None,
        _days(by_day, by_day_before, request, base),
        days_so_far(request, base),
        history=history,
    )


def _from(first: date, by_day: Mapping[date, Sums]) -> dict[date, Sums]:
    return {day: sums for day, sums in by_day.items() if day >= first}


def _since(request: ReportRequest, first: date) -> Selection:
    start = start_of_day(first, reading_zone())
    return request.selection.during(replace(request.range, start=start))


def days_so_far(request: ReportRequest, base: Base) -> int:
    """See `Figures.days_so_far`; at least 1."""
    period = request.period
    first = max(period.first, base.first_day)
    last = min(period.last, local_day(request.now, period.zone))
    return max((last - first).days + 1, 1)


def _days_shown(by_day: Mapping[date, Sums], request: ReportRequest) -> list[date]:
    """The local days that a period touches; a billed month has days of UTC."""
    period, now = request.period, request.now
    first, last = days_touched(period.range, reading_zone())
    if period.last == local_day(now, period.zone):
        last = max(local_day(now, reading_zone()), *by_day, first)
    return [first + n * DAY for n in range((last - first).days + 1)]


def _days(
    sums: Mapping[date, Sums],
    sums_before: Mapping[date, Sums] | None,
    request: ReportRequest,
    base: Base,
) -> tuple[Day, ...]:
    """Every day of the period, those without calls as zero."""
    zone, days = reading_zone(), _days_shown(sums, request)
    first_before, last_before = days_touched(base.comparison.range, zone)
    today = local_day(request.now, zone)

    def counterpart(day: date) -> Sums | None:
        day_before = first_before + (day - days[0])
        if sums_before is None or day_before > last_before:
            return None
        return sums_before.get(day_before, Sums())

    return tuple(
        Day(
            day,
            sums.get(day, Sums()),
            counterpart(day),
            day == today,
            base.first_day <= day < today and request.period.holds(day, zone),
        )
        for day in days
    )


def ordered_currencies(all_sums: list[Sums]) -> list[str]:
    """The currencies with costs, the default first."""
    return sorted(currencies_of(all_sums), key=lambda name: (name != DEFAULT_CURRENCY, name))


class NoCostInCurrencyError(ValueError):
    """There are no costs in the asked currency; `currencies` are those with costs."""

    def __init__(self, asked: str, currencies: list[str]) -> None:
        super().__init__(f"Nothing cost anything in {asked}.")
        self.asked = asked
        self.currencies = currencies


def currency_to_rank_in(currencies: list[str], asked: str | None) -> str | None:
    """The asked currency or the first; None if there is at most one.

    Raises `NoCostInCurrencyError`.
    """
    if asked is not None and asked not in currencies:
        raise NoCostInCurrencyError(asked, currencies)
    return (asked or currencies[0]) if len(currencies) > 1 else None


def within(selection: Selection, currency: str | None) -> Selection:
    """Only the calls in `currency`; None leaves the selection as it is."""
    return replace(selection, currency=currency) if currency else selection
