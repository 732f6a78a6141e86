"""The filter bar of every page: the period in words, what is filtered, and the form behind it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.admin.sites import AdminSite
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from stats.admin.components import names, wording
from stats.admin.components.filter_form import FilterForm
from stats.admin.components.links import Address
from stats.core import formatting
from stats.core.periods import (
    PRESETS,
    Period,
    Range,
    billed_name,
    is_within_bounds,
    last_of_month,
    local_day,
    preset_period,
)
from stats.core.zones import reading_zone
from stats.query.filters import PERIOD_PARAMETERS, call_filters
from stats.query.request import Base, Request

PRESET_LABELS = {
    "today": gettext_lazy("Today"),
    "7d": gettext_lazy("7 days"),
    "30d": gettext_lazy("30 days"),
    "90d": gettext_lazy("90 days"),
    "this_month": gettext_lazy("This month"),
    "last_month": gettext_lazy("Last month"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several addresses of this page, of which one is the current; `brief` where there is
    little room."""

    label: str
    url: str
    is_current: bool
    brief: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, and the address without it."""

    parameter: str
    label: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class FilterBar:
    """What the bar's template draws. `period` is None for all time; `zone` is that of its days,
    `reading_zone` that of the dates one may choose; `billed` leads to the month in UTC and back."""

    address: Address
    presets: tuple[Choice, ...]
    period: Period | None
    period_text: str
    # Without the year, where it is this one.
    period_brief: str
    zone: str
    reading_zone: str
    billed: Choice | None
    earlier: str
    later: str
    compared: str
    chips: tuple[Chip, ...]
    form: FilterForm

    @property
    def clear(self) -> str:
        """The address without any filter but the period."""
        periods = (pair for pair in self.address.pairs if pair[0] in PERIOD_PARAMETERS)
        return str(Address(self.address.path, tuple(periods)))

    @property
    def period_pairs(self) -> list[tuple[str, str]]:
        """What the filter form sends along."""
        return [pair for pair in self.address.pairs if pair[0] in PERIOD_PARAMETERS]

    @property
    def filter_pairs(self) -> list[tuple[str, str]]:
        """What the form of the dates sends along."""
        return [pair for pair in self.address.pairs if pair[0] not in PERIOD_PARAMETERS]


def filter_bar(
    site: AdminSite,
    request: Request,
    address: Address,
    *,
    base: Base | None = None,
    left_out: Collection[str] = (),
) -> FilterBar:
    """The bar over a page at `address` that was asked so."""
    period = request.period
    return FilterBar(
        address,
        tuple(_presets(period, address, request.now)),
        period,
        _period_text(request),
        _period_brief(request),
        _zone(period),
        settings.TIME_ZONE,
        _billed(period, address, request.now),
        _moved(period, address, request.now, -1),
        _moved(period, address, request.now, +1),
        _compared(base),
        tuple(chips(address)),
        FilterForm(site, address.query, left_out),
    )


def _presets(period: Period | None, address: Address, now: datetime) -> Iterator[Choice]:
    """Each preset; the current one is the one with the same days, however they were chosen."""
    zone = reading_zone()
    for name in PRESETS:
        days = preset_period(name, local_day(now, zone), zone)
        is_current = period is not None and days.range == period.range
        yield Choice(str(PRESET_LABELS[name]), str(address.preset(name)), is_current)


def _moved(period: Period | None, address: Address, now: datetime, direction: int) -> str:
    """The address of the neighbouring period, empty for one that has not begun."""
    if period is None:
        return ""
    today = local_day(now, period.zone)
    there = period.shifted(direction)
    if there.first > today or not is_within_bounds(there.first, there.last, today):
        return ""
    if not period.has_days_of(reading_zone()):
        return str(address.preset(billed_name(there.first, now)))
    if there.is_month:
        return _month(there, address, now)
    return str(address.during(there.first, there.last))


def _month(month: Period, address: Address, now: datetime) -> str:
    """A month of TIME_ZONE, the running one by its name."""
    if month.first == local_day(now, month.zone).replace(day=1):
        return str(address.preset("this_month"))
    return str(address.during(month.first, month.last))


def _zone(period: Period | None) -> str:
    is_billed = period is not None and not period.has_days_of(reading_zone())
    return "UTC" if is_billed else settings.TIME_ZONE


def _billed(period: Period | None, address: Address, now: datetime) -> Choice | None:
    """Of a month, its days in the other zone; nothing where TIME_ZONE is UTC."""
    if period is None or not period.is_month:
        return None
    zone = reading_zone()
    if not period.has_days_of(zone):
        month = Period(period.first, last_of_month(period.first), zone)
        label = _("days in %(zone)s") % {"zone": settings.TIME_ZONE}
        return Choice(label, _month(month, address, now), True)
    name = "" if period.has_days_of(UTC) else billed_name(period.first, now)
    return Choice(_("as billed (UTC)"), str(address.preset(name)), False) if name else None


def _period_text(request: Request) -> str:
    if request.period:
        return formatting.days(request.period.first, request.period.last, with_year=True)
    return _moments(request.range, request.now)


def _period_brief(request: Request) -> str:
    period = request.period
    if period is None or period.last.year != request.now.year:
        return _period_text(request)
    return formatting.days(period.first, period.last)


def _moments(range: Range, now: datetime) -> str:
    """A range by the clock, open or closed."""
    zone = reading_zone()
    today = local_day(now, zone)
    start, end = range.start, range.end
    if start is None and end is None:
        return _("All time")
    return pgettext("range of moments", "%(first)s – %(last)s") % {
        "first": formatting.moment(start, zone, today) if start else "…",
        "last": formatting.moment(end, zone, today) if end else "…",
    }


def _compared(base: Base | None) -> str:
    if base is None:
        return ""
    if base.ledger_begins:
        return _("not compared: the ledger begins on %(day)s") % {
            "day": formatting.day(base.ledger_begins, with_year=True)
        }
    return _("compared with %(days)s") % {"days": wording.days_before(base)}


def chips(address: Address) -> Iterator[Chip]:
    """A chip for each value of each filter."""
    declared = call_filters()
    named = {
        name: names.named(one.foreign_key, map(int, address.query.getlist(name)))
        for name, one in declared.items()
        if one.foreign_key
    }
    for name, value in address.pairs:
        if name in declared:
            text = str(named[name][int(value)]) if name in named else declared[name].text(value)
            url = str(address.without_pair(name, value))
            yield Chip(name, str(declared[name].chip), text, url)
