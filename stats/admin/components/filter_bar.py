"""The filter bar of every page: the period in words, what is filtered, and the form behind it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.admin.sites import AdminSite
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from stats.admin.components import names, wording
from stats.admin.components.filter_form import UNKNOWN_COST, FilterForm
from stats.admin.components.links import PERIOD_PARAMETERS, Address
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
from stats.query.filters import CallFilterSet
from stats.reports.comparison import Base

PRESET_LABELS = {
    "today": gettext_lazy("Today"),
    "7d": gettext_lazy("7 days"),
    "30d": gettext_lazy("30 days"),
    "90d": gettext_lazy("90 days"),
    "this_month": gettext_lazy("This month"),
    "last_month": gettext_lazy("Last month"),
}
CHIP_LABELS = {
    "user_id": gettext_lazy("User"),
    "group": gettext_lazy("Group today"),
    "job_id": gettext_lazy("Job"),
    "api_endpoint": gettext_lazy("Endpoint"),
    "success": gettext_lazy("Result"),
    "currency": gettext_lazy("Currency"),
    "cost_min": gettext_lazy("Cost from"),
    "cost_max": gettext_lazy("Cost up to"),
    "response_time_ms_min": gettext_lazy("Response time from"),
    "response_time_ms_max": gettext_lazy("Response time up to"),
    "has_error": gettext_lazy("Message"),
    "unknown_cost": gettext_lazy("Cost"),
    "failure": gettext_lazy("Kind of error"),
}
WORDS = {
    ("success", "true"): pgettext_lazy("result", "succeeded"),
    ("success", "false"): pgettext_lazy("result", "failed"),
    ("has_error", "true"): pgettext_lazy("message", "yes"),
    ("has_error", "false"): pgettext_lazy("message", "none"),
    **{("unknown_cost", kind): label for kind, label in UNKNOWN_COST if kind},
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
    filters: CallFilterSet,
    address: Address,
    *,
    base: Base | None = None,
    left_out: Collection[str] = (),
) -> FilterBar:
    """The bar over a page at `address` whose valid `filters` those are."""
    period = filters.whole_days
    return FilterBar(
        address,
        tuple(_presets(period, address, filters.now)),
        period,
        _period_text(filters),
        _period_brief(filters),
        _zone(period),
        settings.TIME_ZONE,
        _billed(period, address, filters.now),
        _moved(period, address, filters.now, -1),
        _moved(period, address, filters.now, +1),
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


def _period_text(filters: CallFilterSet) -> str:
    if filters.whole_days:
        return formatting.days(filters.whole_days.first, filters.whole_days.last, with_year=True)
    return _moments(filters.range, filters.now)


def _period_brief(filters: CallFilterSet) -> str:
    period = filters.whole_days
    if period is None or period.last.year != filters.now.year:
        return _period_text(filters)
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
    labels = _labels(address)
    for name, value in address.pairs:
        if name in CHIP_LABELS:
            text = labels.get((name, value), value)
            label = str(CHIP_LABELS[name])
            yield Chip(name, label, text, str(address.without_pair(name, value)))


def _labels(address: Address) -> dict[tuple[str, str], str]:
    """What the values that are not their own label are called."""
    given = address.pairs
    users = names.users(int(value) for name, value in given if name == "user_id")
    jobs = names.jobs(int(value) for name, value in given if name == "job_id")
    kinds = [value for name, value in given if name == "failure"]
    return {
        **{("user_id", str(id)): str(user) for id, user in users.items()},
        **{("job_id", str(id)): str(job) for id, job in jobs.items()},
        **{("failure", kind): names.failure(kind) for kind in kinds},
        **{("group", value): names.group(value) for name, value in given if name == "group"},
        **{key: str(word) for key, word in WORDS.items()},
    }
