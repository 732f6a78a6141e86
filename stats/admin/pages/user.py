"""One user: totals, trend, endpoints, jobs, errors."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats import formatting
from stats.admin import names, tables, tiles
from stats.admin.links import Address
from stats.admin.pages.base import ReportPage
from stats.admin.panels import (
    in_currency,
    newest,
    nothing_here,
    since,
    usage_panels,
    usage_tiles,
)
from stats.columns import BIGINT_MAX
from stats.filters import CallFilterSet
from stats.models import EndUser
from stats.reports.person import Person, person


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
    ranked = in_currency(calls, found.ranked_in)
    return {
        **usage_panels(found.figures, found.ranked_in, address, own, filters.now),
        "freshness": _standing(found, filters),
        "tiles": (
            *usage_tiles(found.figures, calls),
            *_jobs_tile(found),
        ),
        "endpoints": tables.endpoints(found.endpoints, ranked),
        "jobs": tables.jobs(found.jobs, ranked) if found.jobs else None,
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
    return [*parts, *since(found.extent)]


def _jobs_tile(found: Person) -> list[tiles.Tile]:
    if found.jobs is None:
        return []
    of_jobs = {row.key: row.sums.calls for row in found.jobs.present if row.key is not None}
    return [tiles.jobs_tile(len(of_jobs), sum(of_jobs.values()))]
