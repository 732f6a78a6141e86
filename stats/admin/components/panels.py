"""Parts that several pages have: the line of trust, the daily chart, the tiles."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.admin.components import month_end, tables, tiles
from stats.admin.components.chart import ALL_VIEWS, DailyChart, daily_chart
from stats.admin.components.latest_failures import Failure
from stats.admin.components.links import Address
from stats.admin.sheets import rankings
from stats.admin.sheets.failures import drawn_failed_calls
from stats.core import formatting
from stats.core.periods import local_day
from stats.core.zones import reading_zone
from stats.models import EndUser
from stats.query.extent import Extent
from stats.query.filters import ALL
from stats.reports.figures import Figures
from stats.reports.ranking import Ranking
from stats.reports.summary import Summary
from stats.rollups.state import RollupState


@dataclass(frozen=True, slots=True)
class Trust:
    """A part of the line that says how far the figures can be trusted; `brief` for a phone."""

    text: str
    brief: str = ""
    url: str = ""


def newest(of: Extent, now: datetime) -> Trust:
    if of.newest is None:
        return Trust(_("No call has a time"))
    ago = formatting.ago(of.newest, now, reading_zone())
    return Trust(_("Newest call %(ago)s") % {"ago": ago})


def counted(figures: Figures) -> Trust:
    calls = figures.now.calls
    text = ngettext("%(number)s call counted", "all %(number)s calls counted", calls)
    return Trust(text % {"number": formatting.number(calls)}, _("all counted"))


def verification(rollups: RollupState, now: datetime) -> Trust:
    """When all sums were last compared with the calls, and what came of it."""
    url = reverse("admin:reports_rollups")
    if rollups.verified_at is None:
        return Trust(_("not verified yet"), _("not verified"), url)
    ago = formatting.ago(rollups.verified_at, now, reading_zone())
    brief = _("verified %(ago)s") % {"ago": ago}
    if not rollups.differing_days:
        text = _("verified against the table %(ago)s, no differences") % {"ago": ago}
        return Trust(text, brief, url)
    days = len(rollups.differing_days)
    text = ngettext(
        "verified %(ago)s, %(days)s day differs", "verified %(ago)s, %(days)s days differ", days
    )
    return Trust(text % {"ago": ago, "days": formatting.number(days)}, url=url)


def undated(calls: int, list_of_calls: Address) -> list[Trust]:
    """What no period counts, where there is something."""
    if not calls:
        return []
    text = ngettext(
        "%(number)s call without a time is in no period",
        "%(number)s calls without a time are in no period",
        calls,
    )
    url = Address(list_of_calls.path).preset(ALL)
    return [Trust(text % {"number": formatting.number(calls)}, url=str(url))]


def since(of: Extent) -> list[Trust]:
    """From when on there are calls, where a call has a time."""
    if of.first is None:
        return []
    day = formatting.day(local_day(of.first, reading_zone()), with_year=True)
    return [Trust(_("first call ever %(day)s") % {"day": day})]


def chart_of(
    figures: Figures, address: Address, now: datetime, views: Collection[str] = ALL_VIEWS
) -> DailyChart:
    """The daily chart; its bars lead to the calls of their day, under the filters of `address`."""

    list_of_calls = address.calls

    # Bars of several measures and a row of the table lead to the same calls.
    @cache
    def link(day: date, currency: str | None) -> str:
        calls = list_of_calls.during_part_of(figures.request.selection.range, day, day)
        return str(in_currency(calls, currency))

    return daily_chart(figures, link, now, views)


def usage_panels(found: Summary, address: Address, own: Address, now: datetime) -> dict[str, Any]:
    """What the overview and the pages of one user or job have alike: the chart, the tabs of the
    rankings below it. `own` is `address` narrowed to that one."""
    figures, currencies = found.figures, found.figures.currencies
    return {
        "chart": chart_of(figures, own, now),
        "tabs": tables.currency_tabs(currencies, figures.now, found.ranked_in, address),
        "currency": found.currency,
        "excluded": tiles.unknown_costs(figures.now, own.calls),
        "failed": formatting.number(figures.now.failures),
        "all_users": own.at("reports_users"),
        "all_endpoints": own.at("reports_endpoints"),
        "all_failures": own.at("reports_errors"),
    }


def ranked_users(
    ranking: Ranking[int, Any], found: Summary, calls: Address, users_by_id: Mapping[int, EndUser]
) -> dict[str, Any]:
    """The first users by cost, their numbers leading to `calls`."""
    users = tables.users(ranking, calls, users_by_id)
    return {"users": users, "users_table": rankings.drawn_users(users, found.currency)}


def ranked_endpoints(
    found: Summary, calls: Address, failing: Collection[str] = ()
) -> dict[str, Any]:
    """The first endpoints by cost, those `failing` more than usual marked."""
    endpoints = tables.endpoints(found.endpoints, calls, failing=failing)
    drawn = rankings.drawn_endpoints(endpoints, found.currency)
    return {"endpoints": endpoints, "endpoints_table": drawn}


def ranked_jobs(
    ranking: Ranking[int | None, Any], found: Summary, calls: Address
) -> dict[str, Any]:
    """The first jobs by cost."""
    jobs = tables.jobs(ranking, calls)
    return {"jobs": jobs, "jobs_table": rankings.drawn_jobs(jobs, found.currency)}


def latest_failures_of(failures: Sequence[Failure]) -> dict[str, Any]:
    return {"failures": failures, "failures_table": drawn_failed_calls(failures)}


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


def in_currency(calls: Address, currency: str | None) -> Address:
    """The calls behind a ranking within one of several currencies."""
    return calls.having(currency=currency) if currency else calls
