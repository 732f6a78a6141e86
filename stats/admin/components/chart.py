"""A report → its chart: bars for each measure, their sentences, and the same as a table.

A bar is a day; in longer periods a week or a month.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stats.admin.components import wording
from stats.admin.components.links import Address
from stats.admin.components.plot import Label, Plot, plot
from stats.core import formatting
from stats.core.periods import Period, local_day
from stats.core.zones import reading_zone
from stats.query.sums import Sums
from stats.reports.figures import FOUR_WEEKS, MOST_DAYS, Figures
from stats.reports.spans import Span, Unit, spans, unit_of

SpanLink = Callable[[Span], str]
# As many as stand beside each other on a phone, in Chinese.
MOST_TICKS = 5
# In one month, where days are numbers alone, each of so many days has its own.
MOST_NUMBERS = 10
# Two years: in more there are two Januaries at least.
MOST_NAMED_MONTHS = 24
# Days of each of those that are compared: five of them are ten drawings.
MOST_COMPARED = 62


@dataclass(frozen=True, slots=True)
class Series:
    """One measure per bar: its name where there are several, its bars and its sentence. `currency`
    is set if it is one of several, whose calls its bars lead to."""

    name: str
    plot: Plot
    sentence: str
    currency: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What a press of a button shows: a series, or one for each currency."""

    key: str
    label: str
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class TableRow:
    """A bar in the chart's table: per column its text, and where it leads. `hint` is what pointing
    at the bar tells."""

    day: str
    cells: tuple[str, ...]
    link: str
    hint: str


@dataclass(frozen=True, slots=True)
class DailyChart:
    """Bars, and the same as a table. `ticks` are labels below, fewer than the bars."""

    title: str
    bar_name: str
    ticks: tuple[Label, ...]
    views: tuple[View, ...]
    legend: str
    legend_before: str
    legend_running: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    totals: tuple[str, ...]
    legend_level: str = ""
    # Set if the period is not one of whole local days, or has too many currencies.
    note: str = ""

    @property
    def axis_width(self) -> int:
        """Of all drawings, so that a day has one place in all of them."""
        return max(
            (series.plot.axis_width for view in self.views for series in view.series), default=0
        )


@dataclass(frozen=True, slots=True)
class _Measure:
    """How a figure is read from sums and written."""

    name: str
    of: Callable[[Sums], int | Decimal]
    text: Callable[[Any], str]
    figure: Callable[[Any], str]
    level: float | None = None
    currency: str = ""


_Measures = Mapping[str, Sequence[_Measure]]
_LABELS = {
    "cost": gettext_lazy("Cost"),
    "calls": gettext_lazy("Calls"),
    "tokens": gettext_lazy("Tokens"),
    "failures": gettext_lazy("Failures"),
}
_NAMES = {
    Unit.DAY: gettext_lazy("Day"),
    Unit.WEEK: gettext_lazy("Week"),
    Unit.MONTH: gettext_lazy("Month"),
    Unit.QUARTER: gettext_lazy("Quarter"),
}
_RUNNING = {
    Unit.DAY: gettext_lazy("today, until %(time)s"),
    Unit.WEEK: gettext_lazy("this week, until today %(time)s"),
    Unit.MONTH: gettext_lazy("this month, until today %(time)s"),
    Unit.QUARTER: gettext_lazy("this quarter, until today %(time)s"),
}
_TITLES = {
    Unit.DAY: gettext_lazy("Daily usage"),
    Unit.WEEK: gettext_lazy("Weekly usage"),
    Unit.MONTH: gettext_lazy("Monthly usage"),
    Unit.QUARTER: gettext_lazy("Quarterly usage"),
}
_COST_TITLES = {
    Unit.DAY: gettext_lazy("Cost per day"),
    Unit.WEEK: gettext_lazy("Cost per week"),
    Unit.MONTH: gettext_lazy("Cost per month"),
    Unit.QUARTER: gettext_lazy("Cost per quarter"),
}
_FAILURE_TITLES = {
    Unit.DAY: gettext_lazy("Failures per day"),
    Unit.WEEK: gettext_lazy("Failures per week"),
    Unit.MONTH: gettext_lazy("Failures per month"),
    Unit.QUARTER: gettext_lazy("Failures per quarter"),
}
# Where there is one view.
_TITLES_OF: dict[tuple[str, ...], Any] = {("cost",): _COST_TITLES, ("failures",): _FAILURE_TITLES}
ALL_VIEWS = ("cost", "calls", "tokens")


@dataclass(frozen=True, slots=True)
class Level:
    """What a day may cost in a currency, as a line across the bars; `text` explains it."""

    currency: str
    amount: Decimal
    text: str


def daily_chart(
    figures: Figures,
    address: Address,
    now: datetime,
    views: Collection[str] = ALL_VIEWS,
    level: Level | None = None,
    most: int = MOST_DAYS,
) -> DailyChart:
    """Cost (a series per currency), calls and tokens per day, or some of these `views`, which may
    be failures too. A bar leads to the calls of its day, under the filters of `address`; the script
    adds the currency of one of several. At most so many days are drawn one by one."""
    shown = spans(figures.days, most)
    measures = _measures(views, figures.shown_currencies, level)
    is_running = any(span.is_running for span in shown)
    is_compared = any(span.before is not None for span in shown)
    unit = unit_of(figures.days, most)
    now_text = str(_RUNNING[unit]) % {"time": formatting.clock(now, reading_zone())}
    return DailyChart(
        str(_TITLES_OF.get(tuple(views), _TITLES)[unit]),
        str(_NAMES[unit]),
        _ticks(shown),
        tuple(
            View(
                key,
                str(_LABELS[key]),
                tuple(_series(shown, measure) for measure in _with_bars(shown, some)),
            )
            for key, some in measures.items()
        ),
        _period_name(figures),
        _("same weekday four weeks earlier, the whole day") if is_compared else "",
        now_text if is_running else "",
        *_table(figures, shown, _links(figures, address), measures),
        level.text if level and level.currency in figures.shown_currencies else "",
        " ".join(filter(None, [_note(figures.request.period), _left_out(figures)])),
    )


Compared = Mapping[str, Figures]


def compared_chart(
    compared: Compared, currency: str, address: Address, now: datetime
) -> DailyChart:
    """A drawing for each name, one below the other on the same scale, and their days in one table,
    each leading to the same page, `address`, of that day. Costs are in `currency`, if any."""
    figures = next(iter(compared.values()))
    measures = _measures(("cost", "calls"), [currency] if currency else [], None)
    views = tuple(
        View(
            key,
            str(_LABELS[key]),
            tuple(series for measure in some for series in _on_one_scale(compared, measure)),
        )
        for key, some in measures.items()
    )
    columns, rows, totals = _table_of_several(compared, currency, measures, address)
    whole = daily_chart(figures, address, now, (), most=MOST_COMPARED)
    return replace(whole, views=views, columns=columns, rows=rows, totals=totals)


def _table_of_several(
    compared: Compared, currency: str, measures: _Measures, address: Address
) -> tuple[tuple[str, ...], tuple[TableRow, ...], tuple[str, ...]]:
    """Cost and calls of each name."""
    drawn = [spans(figures.days, MOST_COMPARED) for figures in compared.values()]
    whole = [figures.now for figures in compared.values()]
    costs = [[span.sums.costs.get(currency) for span in some] for some in drawn]
    places = formatting.places_of(
        cost for of_one in (*costs, (sums.costs.get(currency) for sums in whole)) for cost in of_one
    )

    def cells(of_each: Iterable[Sums]) -> tuple[str, ...]:
        return tuple(
            text
            for sums in of_each
            for text in (_cost_text(sums, currency, places), formatting.number(sums.calls))
        )

    def row(some: Sequence[Span]) -> TableRow:
        first, last = some[0].first, some[0].last
        text, there = formatting.span(first, last), address.during(first, last)
        hint = _hint(dict(zip(compared, some, strict=True)), measures)
        return TableRow(text, cells(one.sums for one in some), str(there), hint)

    words = (wording.cost_in(currency), _("Calls"))
    return (
        tuple(f"{name}: {word}" for name in compared for word in words),
        tuple(map(row, zip(*drawn, strict=True))),
        cells(whole),
    )


def _on_one_scale(compared: Compared, measure: _Measure) -> tuple[Series, ...]:
    drawn = {name: spans(figures.days, MOST_COMPARED) for name, figures in compared.items()}
    sums = (one for some in drawn.values() for span in some for one in (span.sums, span.before))
    highest = float(max((measure.of(one) for one in sums if one is not None), default=0))
    return tuple(
        replace(_series(some, measure, highest), name=name) for name, some in drawn.items()
    )


def _links(figures: Figures, address: Address) -> SpanLink:
    """From a bar to its calls."""
    calls, whole = address.calls, figures.request.selection.range
    return lambda span: str(calls.during_part_of(whole, span.first, span.last))


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


def _period_name(figures: Figures) -> str:
    period = figures.request.period
    if period.is_month:
        month = formatting.month(period.first)
        return f"{month} UTC" if _note(period) else month
    return formatting.days(period.first, period.last, with_year=period.length > MOST_DAYS)


def _measures(keys: Collection[str], currencies: Sequence[str], level: Level | None) -> _Measures:
    """Of each view."""
    of_views = {
        "cost": _money_measures(currencies, level),
        "calls": [_CALLS],
        "tokens": [_TOKENS],
        "failures": [_FAILURES],
    }
    return {key: measures for key, measures in of_views.items() if key in keys}


def _money_measures(currencies: Sequence[str], level: Level | None) -> list[_Measure]:
    def measure(currency: str) -> _Measure:
        return _Measure(
            formatting.currency_name(currency),
            lambda sums: sums.cost_in(currency),
            lambda value: formatting.money(currency, value),
            formatting.amount,
            float(level.amount) if level and level.currency == currency else None,
            currency if len(currencies) > 1 else "",
        )

    return [measure(currency) for currency in currencies]


def _with_bars(shown: Sequence[Span], measures: Sequence[_Measure]) -> Sequence[_Measure]:
    """Without the currencies of which there is nothing to draw beside others."""

    def has_bars(measure: _Measure) -> bool:
        sums = (some for span in shown for some in (span.sums, span.before) if some is not None)
        return any(map(measure.of, sums))

    return list(filter(has_bars, measures)) or measures


def _short(tokens: int) -> str:
    return str(formatting.quantity(tokens))


def _tokens_text(tokens: int) -> str:
    return _("%(number)s tokens") % {"number": _short(tokens)}


_CALLS = _Measure("", attrgetter("calls"), wording.calls, formatting.number)
_TOKENS = _Measure("", attrgetter("total_tokens"), _tokens_text, _short)


def _failures_text(count: int) -> str:
    return wording.counted(ngettext("%(number)s failure", "%(number)s failures", count), count)


_FAILURES = _Measure("", attrgetter("failures"), _failures_text, formatting.number)


def _series(shown: Sequence[Span], measure: _Measure, highest: float = 0.0) -> Series:
    values = [measure.of(span.sums) for span in shown]
    before = [measure.of(span.before) if span.before is not None else None for span in shown]
    drawn = plot(
        [float(value) for value in values],
        [None if value is None else float(value) for value in before],
        measure.figure(max(values)),
        next((n for n, span in enumerate(shown) if span.is_running), None),
        highest,
        measure.level,
    )
    return Series(measure.name, drawn, _sentence(shown, values, measure), measure.currency)


def _hint(drawn: Mapping[str, Span], measures: _Measures) -> str:
    """Tue 24 Nov; USD 2.13 · 52 calls; Tue 27 Oct: USD 1.98 · 40 calls; on a line each. Of several
    names, a line for each below each day."""

    def figures(name: str, sums: Sums) -> str:
        texts = (one.text(one.of(sums)) for some in measures.values() for one in some)
        return (f"{name}: " if name else "") + " · ".join(texts)

    first = next(iter(drawn.values()))
    now = [figures(name, span.sums) for name, span in drawn.items()]
    before = [figures(name, span.before) for name, span in drawn.items() if span.before is not None]
    lines = [formatting.span(first.first, first.last), *now]
    if before:
        earlier = formatting.weekday(first.first - FOUR_WEEKS)
        lines += [earlier, *before] if len(drawn) > 1 else [f"{earlier}: {before[0]}"]
    return "\n".join(lines)


def _sentence(shown: Sequence[Span], values: Sequence[int | Decimal], measure: _Measure) -> str:
    """The highest bar, and the average of full weekdays."""
    highest = max(range(len(values)), key=lambda n: values[n])
    if not values[highest]:
        return _("Nothing in this period.")
    sentence = _("Highest: %(value)s on %(day)s.") % {
        "value": measure.text(values[highest]),
        "day": _named(shown[highest]),
    }
    full = [
        measure.of(day.sums)
        for span in shown
        for day in span.days
        if day.date.weekday() < 5 and day.is_full
    ]
    if len(full) < 2 or not any(full):
        return sentence
    average = sum(full, Decimal(0)) / len(full)
    exact = average if measure.name else round(average)
    if not exact:
        return sentence
    return f"{sentence} " + _("Average weekday: %(value)s.") % {"value": measure.text(exact)}


def _named(span: Span) -> str:
    """In a sentence."""
    return formatting.day(span.first) if span.is_day else formatting.span(span.first, span.last)


def _ticks(shown: Sequence[Span]) -> tuple[Label, ...]:
    """The labels below the bars."""
    is_by_day = all(span.is_day for span in shown)
    texts = _tick_texts([span.first for span in shown]) if is_by_day else _month_texts(shown)
    return tuple(
        Label(text, f"{(n + 0.5) / len(shown):.2%}") for n, text in enumerate(texts) if text
    )


def _month_texts(shown: Sequence[Span]) -> list[str]:
    """Where some months begin, the year with the first of each year. In several years, where some
    years begin."""
    begins = [
        n for n, span in enumerate(shown) if not n or span.first.month != shown[n - 1].first.month
    ]
    if len(begins) > MOST_NAMED_MONTHS:
        years = [n for n in begins if shown[n].first.month == 1]
        of_years = set(years[:: -(-len(years) // MOST_TICKS)])
        return [
            formatting.year(span.first) if n in of_years else "" for n, span in enumerate(shown)
        ]
    # The first, of a month in part, may begin right before the second.
    first, second, *later = [*begins, len(shown)]
    is_in_part = bool(later) and second - first < later[0] - second
    if is_in_part and (second - first) * MOST_TICKS * 2 < len(shown):
        begins = begins[1:]
    named = begins[:: -(-len(begins) // MOST_TICKS)]
    texts = [""] * len(shown)
    for before, n, after in zip([None, *named], named, [*named[1:], None], strict=False):
        year = shown[n].first.year
        is_new = before is None or shown[before].first.year != year
        # Two labels with a year would touch.
        is_alone = before is None and after is not None and shown[after].first.year != year
        of = formatting.month_of_year if is_new and not is_alone else formatting.short_month
        texts[n] = of(shown[n].first)
    return texts


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
    if (last - first).days < MOST_NUMBERS:
        return str(day.day)
    is_fifth = day.day % 5 == 0 and (day - first).days > 1 and (last - day).days > 1
    return str(day.day) if is_fifth or day == last else ""


def _table(
    figures: Figures, shown: Sequence[Span], link_to: SpanLink, measures: _Measures
) -> tuple[tuple[str, ...], tuple[TableRow, ...], tuple[str, ...]]:
    """The chart's figures as columns, rows and totals; calls and failures always."""
    currencies = _places(figures, shown) if "cost" in measures else {}
    has_tokens = "tokens" in measures

    def cells(sums: Sums) -> tuple[str, ...]:
        counts = (sums.calls, sums.failures, *([sums.total_tokens] if has_tokens else ()))
        costs = (_cost_text(sums, name, places) for name, places in currencies.items())
        return (*costs, *map(formatting.number, counts))

    tokens = (_("Tokens"),) if has_tokens else ()
    return (
        (*map(wording.cost_in, currencies), _("Calls"), _("Failures"), *tokens),
        tuple(
            TableRow(
                formatting.span(span.first, span.last),
                cells(span.sums),
                link_to(span),
                _hint({"": span}, measures),
            )
            for span in shown
        ),
        cells(figures.now),
    )


def _places(figures: Figures, shown: Sequence[Span]) -> dict[str, int]:
    """The decimals of each column of costs, bar by bar and in total."""
    return {
        currency: formatting.places_of(
            sums.costs.get(currency) for sums in (*(span.sums for span in shown), figures.now)
        )
        for currency in figures.shown_currencies
    }


def _cost_text(sums: Sums, currency: str, places: int) -> str:
    return formatting.in_line(formatting.amount(sums.cost_in(currency), places), places)
