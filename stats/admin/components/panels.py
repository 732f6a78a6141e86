"""Parts that several pages have: how fresh the figures are, tiles, chart, endpoints."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.admin.components import month_end, tables, tiles, wording
from stats.admin.components.chart import Level, daily_chart
from stats.admin.components.links import Address
from stats.admin.components.tabs import currency_tabs
from stats.admin.components.tiles import Piece
from stats.admin.sheets import rankings
from stats.core import formatting
from stats.core.periods import ALL, local_day
from stats.core.zones import reading_zone
from stats.query.extent import Extent
from stats.reports.figures import Figures
from stats.reports.summary import Summary
from stats.rollups.state import RollupState


def newest(of: Extent, now: datetime) -> Piece:
    if of.newest is None:
        return Piece(_("No call has a time"))
    ago = formatting.ago(of.newest, now)
    return Piece(_("Newest call %(ago)s") % {"ago": ago})


def counted(figures: Figures) -> Piece:
    calls = figures.now.calls
    text = ngettext("%(number)s call counted", "all %(number)s calls counted", calls)
    return Piece(wording.counted(text, calls), brief=_("all counted"))


def verification(rollups: RollupState, now: datetime) -> Piece:
    """When all rollups were last compared with the calls, and the result."""
    url = reverse("admin:reports_rollups")
    if rollups.verified_at is None:
        return Piece(_("not verified yet"), url, brief=_("not verified"))
    ago = formatting.ago(rollups.verified_at, now)
    days = len(rollups.differing_days)
    if not days:
        text = _("verified against the table %(ago)s, no differences") % {"ago": ago}
        return Piece(text, url, brief=_("verified %(ago)s") % {"ago": ago})
    text = ngettext(
        "verified %(ago)s, %(days)s day differs", "verified %(ago)s, %(days)s days differ", days
    )
    return Piece(text % {"ago": ago, "days": formatting.number(days)}, url)


def undated(calls: int, list_of_calls: Address) -> list[Piece]:
    """The calls that no period counts, if any."""
    if not calls:
        return []
    text = ngettext(
        "%(number)s call without a time is in no period",
        "%(number)s calls without a time are in no period",
        calls,
    )
    url = Address(list_of_calls.path).preset(ALL)
    return [Piece(wording.counted(text, calls), str(url))]


def since(of: Extent) -> list[Piece]:
    """The day of the first call, if one has a time."""
    if of.first is None:
        return []
    day = formatting.day(local_day(of.first, reading_zone()), with_year=True)
    return [Piece(_("first call ever %(day)s") % {"day": day})]


def usage_panels(
    found: Summary,
    address: Address,
    own: Address,
    now: datetime,
    failing: Collection[str] = (),
    level: Level | None = None,
) -> dict[str, Any]:
    """What the overview and the pages of one user or job have alike. `own` is `address` narrowed to
    that one; endpoints that are `failing` more than usual stand out."""
    figures, currencies = found.figures, found.figures.currencies
    ranked = own.calls.in_currency(found.ranked_in)
    endpoints = rankings.endpoints(found.endpoints, found.currency, ranked, failing)
    return {
        "chart": daily_chart(figures, own, now, level=level),
        "tabs": currency_tabs(currencies, figures.now, found.ranked_in, address),
        "currency": found.currency,
        "excluded": tiles.unknown_costs(figures.now, own.calls),
        "endpoints": endpoints.drawn(tables.TOP),
        "failed": formatting.number(figures.now.failures),
        "all_users": own.at("reports_users"),
        "all_endpoints": own.at("reports_endpoints"),
        "all_failures": own.at("reports_errors"),
    }


def usage_tiles(found: Summary, calls: Address) -> tuple[tiles.Tile, ...]:
    """The tiles that every page of totals begins with."""
    figures = found.figures
    forecast = month_end.forecast(figures, found.month_ends)
    why_none = month_end.why_none(figures, found.month_ends)
    return (
        tiles.cost_tile(figures, calls, forecast, why_none),
        tiles.calls_tile(figures, calls),
        tiles.tokens_tile(figures),
        tiles.success_tile(figures, calls),
        tiles.response_tile(figures),
    )
