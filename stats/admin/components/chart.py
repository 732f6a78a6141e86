"""A report → its daily chart: bars for each measure, their sentences, and the same as a table."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.admin.components import wording
from stats.admin.components.links import Address
from stats.admin.components.plot import Label, Plot, plot
from stats.core import formatting
from stats.core.periods import Period, local_day
from stats.core.zones import reading_zone
from stats.query.sums import NO_COST, Sums
from stats.reports.figures import Day, Figures

DayLink = Callable[[date, str | None], str]
MOST_TICKS = 7


@dataclass(frozen=True, slots=True)
class Series:
    """One measure per day: its name where there are several, its bars and its sentence."""

    name: str
    plot: Plot
    sentence: str


@dataclass(frozen=True, slots=True)
class View:
    """What a press of a button shows: a series, or one for each currency."""

    key: str
    label: str
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class TableRow:
    """A day of the chart's table: per column its text, and where the day leads."""

    day: str
    cells: tuple[str, ...]
    link: str


@dataclass(frozen=True, slots=True)
class DailyChart:
    """Bars per day, and the same as a table. `ticks` are labels below, fewer than the days."""

    ticks: tuple[Label, ...]
    views: tuple[View, ...]
    legend: str
    legend_before: str
    legend_running: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    totals: tuple[str, ...]
    # Set if the period is not one of whole local days, or has too many currencies.
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Measure:
    """How a figure is read from sums and written; `currency` is set for one of several."""

    name: str
    of: Callable[[Sums], int | Decimal]
    text: Callable[[Any], str]
    figure: Callable[[Any], str]
    currency: str | None = None


ALL_VIEWS = ("cost", "calls", "tokens")


def daily_chart(
    figures: Figures, address: Address, now: datetime, views: Collection[str] = ALL_VIEWS
) -> DailyChart:
    """Cost (a series per currency), calls and tokens per day, or some of these `views`. A bar leads
    to the calls of its day, under the filters of `address`."""
    calls, whole = address.calls, figures.request.selection.range

    # Bars of several measures and a row of the table lead to the same calls.
    @cache
    def link_to(day: date, currency: str | None) -> str:
        return str(calls.during_part_of(whole, day, day).in_currency(currency))

    is_running = any(day.is_running for day in figures.days)
    now_text = _("today, until %(time)s") % {"time": formatting.clock(now, reading_zone())}
    return DailyChart(
        _ticks([day.date for day in figures.days]),
        tuple(view for view in _views(figures, link_to) if view.key in views),
        _period_name(figures),
        _days_before(figures),
        now_text if is_running else "",
        *_table(figures, link_to),
        " ".join(filter(None, [_note(figures.request.period), _left_out(figures)])),
    )


def _note(period: Period) -> str:
    """A month as billed: when it begins and ends in TIME_ZONE, whose days the bars are."""
    zone = reading_zone()
    first, last = period.range.start, period.range.end
    if period.has_days_of(zone) or not (first and last):
        return ""
    return _(
        "Bars are days in %(zone)s. "
        "In that time zone, this UTC month runs from %(first)s to %(last)s."
    ) % {
        "zone": zone,
        "first": f"{formatting.day(local_day(first, zone))} {formatting.clock(first, zone)}",
        "last": f"{formatting.day(local_day(last, zone))} {formatting.clock(last, zone)}",
    }


def _left_out(figures: Figures) -> str:
    """The number of currencies that are not shown."""
    others = len(figures.currencies) - len(figures.shown_currencies)
    if not others:
        return ""
    text = ngettext(
        "%(count)s more currency is in the exports and can be chosen in the filter.",
        "%(count)s more currencies are in the exports and can be chosen in the filter.",
        others,
    )
    return wording.counted(text, others)


def _days_before(figures: Figures) -> str:
    return formatting.compared_days(figures.base.comparison) if figures.before else ""


def _period_name(figures: Figures) -> str:
    period = figures.request.period
    if period.is_month:
        month = formatting.month(period.first)
        return f"{month} UTC" if _note(period) else month
    return formatting.days(period.first, period.last)


def _views(figures: Figures, link_to: DayLink) -> tuple[View, ...]:
    views = (
        ("cost", _("Cost"), _money_measures(figures.shown_currencies)),
        ("calls", _("Calls"), [_CALLS]),
        ("tokens", _("Tokens"), [_TOKENS]),
    )
    return tuple(
        View(key, label, tuple(_series(figures, measure, link_to) for measure in measures))
        for key, label, measures in views
    )


def _money_measures(currencies: Sequence[str]) -> list[_Measure]:
    only = len(currencies) < 2

    def measure(currency: str) -> _Measure:
        return _Measure(
            formatting.currency_name(currency),
            lambda sums: sums.costs.get(currency, NO_COST),
            lambda value: formatting.money(currency, value),
            formatting.amount,
            None if only else currency,
        )

    return [measure(currency) for currency in currencies]


def _short(tokens: int) -> str:
    return str(formatting.quantity(tokens))


def _tokens_text(tokens: int) -> str:
    return _("%(number)s tokens") % {"number": _short(tokens)}


_CALLS = _Measure("", attrgetter("calls"), wording.calls, formatting.number)
_TOKENS = _Measure("", attrgetter("total_tokens"), _tokens_text, _short)


def _series(figures: Figures, measure: _Measure, link_to: DayLink) -> Series:
    days = figures.days
    values = [measure.of(day.sums) for day in days]
    before = [measure.of(day.before) if day.before is not None else None for day in days]
    legend = _days_before(figures)
    texts_before = ("" if one is None else f"{legend}: {measure.text(one)}" for one in before)
    drawn = plot(
        [float(value) for value in values],
        [None if value is None else float(value) for value in before],
        measure.figure(max(values)),
        [link_to(day.date, measure.currency) for day in days],
        [
            _title(day, measure.text(now), then)
            for day, now, then in zip(days, values, texts_before, strict=True)
        ],
        next((n for n, day in enumerate(days) if day.is_running), None),
    )
    return Series(measure.name, drawn, _sentence(days, values, measure))


def _title(day: Day, now: str, before: str) -> str:
    """Tue 24 Nov; USD 2.13; 24 Oct: USD 1.98; on a line each."""
    return "\n".join(filter(None, (formatting.weekday(day.date), now, before)))


def _sentence(days: Sequence[Day], values: Sequence[int | Decimal], measure: _Measure) -> str:
    """The highest day, and the average of full weekdays."""
    highest = max(range(len(values)), key=lambda n: values[n])
    if not values[highest]:
        return _("Nothing in this period.")
    sentence = _("Highest: %(value)s on %(day)s.") % {
        "value": measure.text(values[highest]),
        "day": formatting.day(days[highest].date),
    }
    full = [
        value
        for day, value in zip(days, values, strict=True)
        if day.date.weekday() < 5 and day.is_full
    ]
    if len(full) < 2 or not any(full):
        return sentence
    average = sum(full, Decimal(0)) / len(full)
    exact = average if measure.name else int(average)
    return f"{sentence} " + _("Average weekday: %(value)s.") % {"value": measure.text(exact)}


def _ticks(days: Sequence[date]) -> tuple[Label, ...]:
    """The labels below the days."""
    return tuple(
        Label(text, f"{(n + 0.5) / len(days):.2%}")
        for n, text in enumerate(_tick_texts(days))
        if text
    )


def _tick_texts(days: Sequence[date]) -> list[str]:
    """A text for each day, most of them empty; within a month, the month is named once."""
    first, last = days[0], days[-1]
    if (first.year, first.month) == (last.year, last.month) and len(days) > MOST_TICKS:
        return [_tick_within_month(day, first, last) for day in days]
    step = -(-len(days) // MOST_TICKS)
    return [formatting.day(day) if n % step == 0 else "" for n, day in enumerate(days)]


def _tick_within_month(day: date, first: date, last: date) -> str:
    if day == first:
        return formatting.day(day)
    is_fifth = day.day % 5 == 0 and (day - first).days > 1 and (last - day).days > 1
    return str(day.day) if is_fifth or day == last else ""


def _table(
    figures: Figures, link_to: DayLink
) -> tuple[tuple[str, ...], tuple[TableRow, ...], tuple[str, ...]]:
    """The chart's figures as columns, rows and totals."""
    currencies = _places(figures)
    return (
        (*map(wording.cost_in, figures.shown_currencies), _("Calls"), _("Failures"), _("Tokens")),
        tuple(_table_row(day, currencies, link_to) for day in figures.days),
        _cells(figures.now, currencies),
    )


def _places(figures: Figures) -> dict[str, int]:
    """The decimals of each column of costs, day by day and in total."""
    return {
        currency: formatting.places_of(
            sums.costs.get(currency) for sums in (*(day.sums for day in figures.days), figures.now)
        )
        for currency in figures.shown_currencies
    }


def _table_row(day: Day, currencies: Mapping[str, int], link_to: DayLink) -> TableRow:
    return TableRow(
        formatting.weekday(day.date), _cells(day.sums, currencies), link_to(day.date, None)
    )


def _cells(sums: Sums, currencies: Mapping[str, int]) -> tuple[str, ...]:
    counts = (sums.calls, sums.failures, sums.total_tokens)
    return (
        *(
            formatting.in_line(formatting.amount(sums.costs.get(name, Decimal(0)), places), places)
            for name, places in currencies.items()
        ),
        *(formatting.number(count) for count in counts),
    )
