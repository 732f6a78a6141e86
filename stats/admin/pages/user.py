"""One user: totals, trend, endpoints, jobs, errors."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.admin.components import latest_failures, names, tiles
from stats.admin.components.links import Address
from stats.admin.components.panels import (
    Trust,
    counted,
    in_currency,
    latest_failures_of,
    newest,
    ranked_endpoints,
    ranked_jobs,
    since,
    usage_panels,
    usage_tiles,
)
from stats.admin.pages.subject import SubjectPage
from stats.admin.sheets.pages import USER
from stats.core import formatting
from stats.models import EndUser
from stats.query.request import ReportRequest
from stats.reports.user import UserReport, user_report


class UserPage(SubjectPage):
    path = "reports/users/<id:user_id>/"
    name = "reports_user"
    title = gettext_lazy("User")
    template_name = "admin/reports/user.html"
    fixed_filters = ("user_id",)
    sheets = USER

    def record(self, pk: int) -> EndUser:
        return names.users([pk])[pk]

    def ask_about(self, pk: int, request: ReportRequest) -> UserReport:
        return user_report(pk, request)

    def about(self, record: EndUser) -> str:
        number = _("user %(id)s") % {"id": record.pk}
        group: str = getattr(record, "group", "")
        return f"{group}, {number}" if group else number

    def panels(self, found: UserReport, request: ReportRequest, address: Address) -> dict[str, Any]:
        own = address.having(user_id=found.user_id)
        calls = own.calls
        ranked = in_currency(calls, found.summary.ranked_in)
        return {
            **usage_panels(found.summary, address, own, request.now),
            "freshness": _freshness(found, request),
            "tiles": (
                *usage_tiles(found.summary, calls),
                *_jobs_tile(found),
            ),
            **ranked_endpoints(found.summary, ranked),
            **latest_failures_of(
                latest_failures.failures_of(found.summary.figures, request.now, own)
            ),
            **(ranked_jobs(found.jobs, found.summary, ranked) if found.jobs else {}),
        }


def _freshness(found: UserReport, request: ReportRequest) -> list[Trust]:
    """Where the user stands, or what is counted, and from when to when there are calls."""
    last = newest(found.extent, request.now)
    if found.place and found.place.share is not None:
        place = _("Rank %(rank)s of %(count)s by cost, %(share)s of all") % {
            "rank": found.place.rank,
            "count": formatting.number(found.active_users),
            "share": formatting.percent(found.place.share),
        }
        return [Trust(place), last, *since(found.extent)]
    return [last, counted(found.summary.figures), *since(found.extent)]


def _jobs_tile(found: UserReport) -> list[tiles.Tile]:
    if found.jobs is None:
        return []
    of_jobs = {row.key: row.sums.calls for row in found.jobs.present if row.key is not None}
    return [tiles.jobs_tile(len(of_jobs), sum(of_jobs.values()))]
