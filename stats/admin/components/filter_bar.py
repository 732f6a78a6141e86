"""The filter bar of every page: the period in words, what is filtered, and the form behind it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC

from django.conf import settings
from django.contrib.admin.sites import AdminSite
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from stats.admin.components import wording
from stats.admin.components.filter_form import FilterForm
from stats.admin.components.links import Address
from stats.admin.components.tabs import Choice
from stats.core import formatting
from stats.core.periods import (
    ALL,
    Period,
    billed_name,
    is_within_bounds,
    last_of_month,
    local_day,
    preset_period,
    running_preset,
)
from stats.core.zones import reading_zone
from stats.query import names
from stats.query.filters import PERIOD_PARAMETERS, ShownFilter, call_filters
from stats.query.request import Base, Request

PRESET_LABELS = {
    "today": gettext_lazy("Today"),
    "7d": gettext_lazy("7 days"),
    "30d": gettext_lazy("30 days"),
    "90d": gettext_lazy("90 days"),
    "this_month": gettext_lazy("This month"),
    "last_month": gettext_lazy("Last month"),
    "this_quarter": gettext_lazy("This quarter"),
    "last_quarter": gettext_lazy("Last quarter"),
    "this_year": gettext_lazy("This year"),
    "last_year": gettext_lazy("Last year"),
    ALL: gettext_lazy("All time"),
}
# Beside the heading of a page; the menu of the period has all.
IN_HEADING = ("today", "7d", "30d", "this_month", "last_month", "this_quarter", "this_year")


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, and the address without it."""

    parameter: str
    label: str
    value: str
    url: str


class FilterBar:
    """The bar over a page at `address` that was asked so; its form has a field for each of the
    page's `own` filters, but none for `left_out`, nor for those `chosen` in a form of their own.

    `period` is None for all time and for a range by the clock. Its days are those of TIME_ZONE, or
    for a month as billed those of UTC.
    """

    def __init__(
        self,
        site: AdminSite,
        request: Request,
        address: Address,
        base: Base | None = None,
        left_out: Collection[str] = (),
        own: Mapping[str, ShownFilter] | None = None,
        chosen: Collection[str] = (),
    ) -> None:
        self.request = request
        self.address = address
        self.base = base
        self.period = request.period
        self.reading_zone = settings.TIME_ZONE
        self.own = own or {}
        self.form = FilterForm(site, address.query, {*left_out, *chosen}, self.own)
        self.chosen = chosen
        self.choice = FilterForm(site, address.query, set(call_filters()) - set(chosen), {})

    @property
    def presets(self) -> list[Choice]:
        """All of them."""
        return [self._preset(name) for name in PRESET_LABELS]

    @property
    def presets_in_heading(self) -> list[Choice]:
        """Those that are asked for most."""
        return [self._preset(name) for name in IN_HEADING]

    def _preset(self, name: str) -> Choice:
        """It is current if the page has its days, however they were chosen."""
        return Choice(
            str(PRESET_LABELS[name]), str(self.address.preset(name)), self._is_current(name)
        )

    def _is_current(self, name: str) -> bool:
        period, zone = self.period, reading_zone()
        if name == ALL:
            return self.request.range.is_all_time or (period is not None and period.preset == ALL)
        today = local_day(self.request.now, zone)
        return period is not None and preset_period(name, today, zone).range == period.range

    @cached_property
    def period_text(self) -> str:
        if self.period:
            return formatting.days(self.period.first, self.period.last, with_year=True)
        return self._moments()

    @property
    def period_brief(self) -> str:
        """Without the year, where it is this one."""
        if self.period is None or self.period.last.year != self.request.now.year:
            return self.period_text
        return formatting.days(self.period.first, self.period.last)

    @property
    def zone(self) -> str:
        """The zone of the period's days."""
        is_billed = self.period is not None and not self.period.has_days_of(reading_zone())
        return "UTC" if is_billed else self.reading_zone

    @cached_property
    def billed(self) -> Choice | None:
        """From a month to its days in the other zone; nothing where TIME_ZONE is UTC."""
        period = self.period
        if period is None or not period.is_month:
            return None
        zone = reading_zone()
        if not period.has_days_of(zone):
            month = Period(period.first, last_of_month(period.first), zone)
            return Choice(
                _("days in %(zone)s") % {"zone": self.reading_zone}, self._at(month), True
            )
        name = "" if period.has_days_of(UTC) else billed_name(period.first, self.request.now)
        return Choice(_("as billed (UTC)"), str(self.address.preset(name)), False) if name else None

    @cached_property
    def earlier(self) -> str:
        return self._moved(-1)

    @cached_property
    def later(self) -> str:
        return self._moved(+1)

    @property
    def compared(self) -> str:
        if self.base is None:
            return ""
        if self.base.ledger_begins:
            return _("not compared: the ledger begins on %(day)s") % {
                "day": formatting.day(self.base.ledger_begins, with_year=True)
            }
        return _("compared with %(days)s") % {"days": wording.days_before(self.base)}

    @property
    def fixed(self) -> str:
        """The address of these days, whenever it is opened; empty without whole days."""
        if self.period is None:
            return ""
        address = self.address.having(**self.request.own).without("cursor")
        if self.period.has_days_of(reading_zone()):
            return str(address.during(self.period.first, self.period.last))
        return str(address.preset(f"{self.period.first:%Y-%m}_utc"))

    @cached_property
    def chips(self) -> list[Chip]:
        return list(chips(self.address, self.own))

    @property
    def clear(self) -> str:
        """The address without any filter but the period."""
        return str(Address(self.address.path, tuple(self.period_pairs)))

    @property
    def period_pairs(self) -> list[tuple[str, str]]:
        """What the filter form sends along."""
        return [pair for pair in self.address.pairs if pair[0] in PERIOD_PARAMETERS]

    @property
    def filter_pairs(self) -> list[tuple[str, str]]:
        """What the form of the dates sends along."""
        return [pair for pair in self.address.pairs if pair[0] not in PERIOD_PARAMETERS]

    @property
    def pairs_beside_choice(self) -> list[tuple[str, str]]:
        """What the form of what is chosen sends along."""
        return [pair for pair in self.address.pairs if pair[0] not in self.chosen]

    def _moved(self, direction: int) -> str:
        """The address of the neighbouring period, empty for one that has not begun."""
        if self.period is None or self.period.preset == ALL:
            return ""
        there = self.period.shifted(direction)
        today = local_day(self.request.now, there.zone)
        if there.first > today or not is_within_bounds(there.first, there.last, today):
            return ""
        return self._at(there)

    def _at(self, period: Period) -> str:
        """The address of a period, by its name if it runs from the first of a month, quarter or
        year, or is a month as billed."""
        now = self.request.now
        if not period.has_days_of(reading_zone()):
            return str(self.address.preset(billed_name(period.first, now)))
        if name := running_preset(period, local_day(now, period.zone)):
            return str(self.address.preset(name))
        return str(self.address.during(period.first, period.last))

    def _moments(self) -> str:
        """A range by the clock, open or closed."""
        start, end, now = self.request.range.start, self.request.range.end, self.request.now
        if start is None and end is None:
            return _("All time")
        return pgettext("range of moments", "%(first)s – %(last)s") % {
            "first": formatting.moment(start, now) if start else "…",
            "last": formatting.moment(end, now) if end else "…",
        }


def chips(address: Address, own: Mapping[str, ShownFilter] | None = None) -> Iterator[Chip]:
    """A chip for each value of each filter, also of the page's `own`."""
    declared = {**call_filters(), **(own or {})}
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
