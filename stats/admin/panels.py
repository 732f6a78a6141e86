"""Parts that several pages have: the line of trust, the daily chart, the empty period."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats import formatting
from stats.admin import latest, tables, tiles
from stats.admin.links import Address
from stats.charts import ALL_VIEWS, DailyChart, daily_chart
from stats.periods import ALL_TIME, local_day
from stats.reports.extent import Extent, extent
from stats.reports.figures import Figures
from stats.reports.selection import Selection
from stats.rollups.state import Books
from stats.zones import reading_zone


@dataclass(frozen=True, slots=True)
class Nothing:
    """A period without calls: when the last one was, if any, and the way to its day."""

    text: str
    link_text: str
    url: str


def freshness(of: Extent, figures: Figures, now: datetime) -> list[str]:
    """How far the figures can be trusted: the age of the newest call, and what was counted."""
    calls = figures.now.calls
    counted = ngettext("%(number)s call counted", "all %(number)s calls counted", calls) % {
        "number": formatting.number(calls)
    }
    return [newest(of, now), counted]


def verification(books: Books, now: datetime) -> str:
    """When all sums were last compared with the calls, and what came of it."""
    if books.verified_at is None:
        return _("not verified yet")
    ago = formatting.ago(books.verified_at, now, reading_zone())
    if not books.differing_days:
        return _("verified against the table %(ago)s, no differences") % {"ago": ago}
    days = len(books.differing_days)
    return ngettext(
        "verified %(ago)s, %(days)s day differs", "verified %(ago)s, %(days)s days differ", days
    ) % {"ago": ago, "days": formatting.number(days)}


def newest(of: Extent, now: datetime) -> str:
    if of.newest is None:
        return _("No call has a time")
    return _("Newest call %(ago)s") % {"ago": formatting.ago(of.newest, now, reading_zone())}


def since(of: Extent) -> list[str]:
    """From when on there are calls, where a call has a time."""
    if of.first is None:
        return []
    day = formatting.day(local_day(of.first, reading_zone()), with_year=True)
    return [_("first call ever %(day)s") % {"day": day}]


def chart_of(
    figures: Figures, address: Address, now: datetime, views: Collection[str] = ALL_VIEWS
) -> DailyChart:
    """The daily chart; its bars lead to the calls of their day, under the filters of `address`."""

    def link(day: date, currency: str | None) -> str:
        calls = address.calls.during(day, day)
        return str(calls.having(currency=currency) if currency else calls)

    return daily_chart(figures, link, now, views)


def usage_panels(
    figures: Figures, ranked_in: str | None, address: Address, own: Address, now: datetime
) -> dict[str, Any]:
    """What the overview and the pages of one user or job have alike: the chart, the tabs of the
    rankings below it, the newest errors. `own` is `address` narrowed to that one."""
    currencies = figures.currencies
    return {
        "chart": chart_of(figures, own, now),
        "tabs": tables.currency_tabs(currencies, figures.now, ranked_in, address),
        "currency": ranked_in or next(iter(currencies), ""),
        "excluded": tiles.unknown_costs(figures.now, own.calls),
        "failures": latest.failures(figures.selection, now),
        "failed": formatting.number(figures.now.failures),
        "all_users": own.at("reports_users"),
        "all_endpoints": own.at("reports_endpoints"),
        "all_failures": own.at("reports_errors"),
    }


def usage_tiles(figures: Figures, calls: Address) -> tuple[tiles.Tile, ...]:
    """The tiles that every page of totals begins with."""
    return (
        tiles.cost_tile(figures, calls),
        tiles.calls_tile(figures, calls),
        tiles.tokens_tile(figures),
        tiles.success_tile(figures, calls),
        tiles.response_tile(figures),
    )


def in_currency(calls: Address, currency: str | None) -> Address:
    """The calls behind a ranking within one of several currencies."""
    return calls.having(currency=currency) if currency else calls


def nothing_here(selection: Selection, address: Address) -> Nothing:
    """What to say where the filters find no call in the period."""
    found = extent(selection.during(ALL_TIME))
    if found.newest is None:
        return Nothing(
            _("No call of any time matches these filters."),
            _("Show all calls"),
            str(Address(address.path)),
        )
    day = local_day(found.newest, reading_zone())
    return Nothing(
        _("The last call that matches was on %(day)s.")
        % {"day": formatting.day(day, with_year=True)},
        _("Show that day"),
        str(address.during(day, day)),
    )
