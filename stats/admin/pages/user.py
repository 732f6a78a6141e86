"""One user: totals, trend, endpoints, jobs, errors."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats import formatting
from stats.admin import latest, names, tables, tiles
from stats.admin.links import Address
from stats.admin.pages.base import ReportPage
from stats.admin.panels import chart_of, newest, nothing_here
from stats.columns import BIGINT_MAX
from stats.filters import CallFilterSet
from stats.models import EndUser
from stats.periods import local_day
from stats.reports.person import Person, person
from stats.zones import reading_zone


class UserPage(ReportPage):
    path = "reports/users/<int:user_id>/"
    name = "reports_user"
    title = gettext_lazy("User")
    template_name = "admin/reports/user.html"
    own_parameters = {"ranked_in": None}
    fixed_filters = ("user_id",)
    in_navigation = False
    belongs_to = "reports_users"

    def report(self, filters: CallFilterSet, address: Address, **kwargs: Any) -> dict[str, Any]:
        user_id: int = kwargs["user_id"]
        if user_id > BIGINT_MAX:
            raise Http404
        user = names.users([user_id])[user_id]
        period = filters.whole_days
        assert period is not None  # noqa: S101 (requires_period says so)
        ranked_in = filters.data.get("ranked_in")
        found = person(user_id, filters.selection, period, filters.now, ranked_in)
        if _is_unknown(user, found):
            raise Http404
        context = {
            "bar": self.bar(filters, address, found.figures.base),
            "title": str(user),
            "about": _about(user),
        }
        if not found.figures.now.calls:
            nothing = nothing_here(found.figures.selection, address)
            return {**context, "nothing": nothing}
        return {**context, **_panels(found, filters, address)}


def _is_unknown(user: EndUser, found: Person) -> bool:
    """Neither in the table of users nor in any call."""
    return user._state.adding and not found.figures.now.calls and found.extent.newest is None


def _about(user: EndUser) -> str:
    number = _("user %(id)s") % {"id": user.pk}
    group: str = getattr(user, "group", "")
    return f"{group}, {number}" if group else number


def _panels(found: Person, filters: CallFilterSet, address: Address) -> dict[str, Any]:
    own = address.having(user_id=found.user_id)
    calls = own.calls
    in_currency = calls.having(currency=found.ranked_in) if found.ranked_in else calls
    currencies = found.figures.currencies
    return {
        "freshness": _standing(found, filters),
        "tiles": (
            tiles.cost_tile(found.figures, calls),
            tiles.calls_tile(found.figures, calls),
            tiles.tokens_tile(found.figures),
            tiles.success_tile(found.figures, calls),
            tiles.response_tile(found.figures),
            *_jobs_tile(found),
        ),
        "chart": chart_of(found.figures, own, filters.now),
        "endpoints": tables.endpoints(found.endpoints, in_currency),
        "jobs": tables.jobs(found.jobs, in_currency) if found.jobs else None,
        "tabs": tables.currency_tabs(currencies, found.figures.now, found.ranked_in, address),
        "currency": found.ranked_in or next(iter(currencies), ""),
        "p95": found.figures.p95,
        "excluded": tiles.unknown_costs(found.figures.now, calls),
        "failures": latest.failures(found.figures.selection, filters.now),
        "failed": formatting.number(found.figures.now.failures),
        "all_failures": calls.having(success="false"),
    }


def _standing(found: Person, filters: CallFilterSet) -> list[str]:
    """Where the user stands, and from when to when there are calls."""
    parts = [newest(found.extent, filters.now)]
    if found.place and found.place.share is not None:
        place = _("Rank %(rank)s of %(count)s by cost, %(share)s of all") % {
            "rank": found.place.rank,
            "count": formatting.number(found.active_users),
            "share": formatting.percent(found.place.share),
        }
        parts.insert(0, place)
    if found.extent.first:
        day = formatting.day(local_day(found.extent.first, reading_zone()), with_year=True)
        parts.append(_("first call ever %(day)s") % {"day": day})
    return parts


def _jobs_tile(found: Person) -> list[tiles.Tile]:
    if found.jobs is None:
        return []
    of_jobs = {row.key: row.sums.calls for row in found.jobs.present if row.key is not None}
    return [tiles.jobs_tile(len(of_jobs), sum(of_jobs.values()))]
