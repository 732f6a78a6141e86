"""The figures of a period, in all and by day, beside those of the period before."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from stats.core.money import DEFAULT_CURRENCY
from stats.core.periods import DAY, days_touched, local_day, range_of_days, start_of_day
from stats.core.zones import reading_zone
from stats.query import engine
from stats.query.request import Base, ReportRequest
from stats.query.selection import Selection
from stats.query.sums import Sums, currencies_of, together

# Currencies: each is a series of bars and a column.
MOST_SHOWN = 8
# Drawn one by one; only then is each compared with the same weekday so much earlier.
MOST_DAYS = 100
FOUR_WEEKS = 28 * DAY


@dataclass(frozen=True, slots=True)
class Day:
    """A local day of the period. `before` is all of the same weekday four weeks earlier; None if
    the ledger does not reach back so far, or the period has only a part of the day."""

    date: date
    sums: Sums
    before: Sums | None
    is_running: bool
    # All of it is over, in the period, and not before the ledger's first day.
    is_full: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of a period. `before` is the period before; None if nothing is compared."""

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
    return {day: sums.cost_in(currency) for day, sums in days.items()}


def figures(request: ReportRequest, base: Base, history_from: date | None = None) -> Figures:
    """The figures of the period, beside those of the period before.

    With `history_from`, the period has whole local days, and those since then are read along.
    """
    before = request.before(base)
    earlier_from = _earlier_from(request, base)
    since = min(filter(None, (history_from, earlier_from)), default=None)
    if since and _can_read_along(request):
        known = engine.by_day(_since(request, since))
        by_day = {day: sums for day, sums in known.items() if day >= request.period.first}
    else:
        by_day = engine.by_day(request.selection)
        known = dict(_earlier(request, earlier_from))
    by_day_before = engine.by_day(before) if before else None
    return Figures(
        request,
        base,
        # Totals are those of the days, even if the period cuts the first and the last.
        together(by_day.values(), Sums),
        together(by_day_before.values(), Sums) if by_day_before is not None else None,
        _days(by_day, known, request, base),
        days_so_far(request, base),
        history=known if history_from else None,
    )


def _earlier_from(request: ReportRequest, base: Base) -> date | None:
    """The first day with which one of the period is compared; None without any."""
    first, last = (day - FOUR_WEEKS for day in days_touched(request.range, reading_zone()))
    if request.period.length > MOST_DAYS or last < base.first_day:
        return None
    return max(first, base.first_day)


def _can_read_along(request: ReportRequest) -> bool:
    """Whether earlier days cost nothing: those of sums, next to whole days."""
    return request.period.has_days_of(reading_zone()) and engine.has_sums_by_day(request.selection)


def _earlier(request: ReportRequest, first: date | None) -> Mapping[date, Sums]:
    """The days from `first` on with which those of the period are compared."""
    if first is None:
        return {}
    zone = reading_zone()
    last = days_touched(request.range, zone)[1] - FOUR_WEEKS
    return engine.by_day(request.selection.during(range_of_days(first, last, zone)))


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
    known: Mapping[date, Sums],
    request: ReportRequest,
    base: Base,
) -> tuple[Day, ...]:
    """Every day of the period, those without calls as zero. `known` has the days four weeks
    earlier."""
    zone, days = reading_zone(), _days_shown(sums, request)
    today = local_day(request.now, zone)

    def four_weeks_earlier(day: date) -> Sums | None:
        earlier = day - FOUR_WEEKS
        is_whole = earlier >= base.first_day and request.period.holds(day, zone)
        return known.get(earlier, Sums()) if is_whole and len(days) <= MOST_DAYS else None

    return tuple(
        Day(
            day,
            sums.get(day, Sums()),
            four_weeks_earlier(day),
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
