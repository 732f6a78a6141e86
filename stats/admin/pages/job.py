"""One job: totals, trend, users, endpoints, errors."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
from stats.reports.job import Job, job


class JobPage(ReportPage):
    path = "reports/jobs/<int:job_id>/"
    name = "reports_job"
    title = gettext_lazy("Job")
    template_name = "admin/reports/job.html"
    own_parameters = {"ranked_in": None}
    fixed_filters = ("job_id",)
    in_navigation = False
    belongs_to = "reports_users"

    def report(self, filters: CallFilterSet, address: Address, **kwargs: Any) -> dict[str, Any]:
        job_id: int = kwargs["job_id"]
        if job_id > BIGINT_MAX:
            raise Http404
        record = names.jobs([job_id])[job_id]
        period = filters.whole_days
        assert period is not None  # noqa: S101 (requires_period says so)
        ranked_in = filters.data.get("ranked_in")
        found = job(job_id, filters.selection, period, filters.now, ranked_in)
        if record._state.adding and found.extent.newest is None and not found.figures.now.calls:
            raise Http404
        context = {
            "bar": self.bar(filters, address, found.figures.base),
            "title": str(record),
            "about": _("job %(id)s") % {"id": job_id},
        }
        if not found.figures.now.calls:
            return {**context, "nothing": nothing_here(found.figures.selection, address)}
        return {**context, **_panels(found, filters, address)}


def _panels(found: Job, filters: CallFilterSet, address: Address) -> dict[str, Any]:
    own = address.having(job_id=found.job_id)
    ranked = in_currency(own.calls, found.ranked_in)
    return {
        **usage_panels(found.figures, found.ranked_in, address, own, filters.now),
        "freshness": [newest(found.extent, filters.now), *since(found.extent)],
        "tiles": (
            *usage_tiles(found.figures, own.calls),
            tiles.count_tile(_("Users"), len(found.users.rows), own.at("reports_users")),
        ),
        "users": tables.users(found.users, ranked),
        "endpoints": tables.endpoints(found.endpoints, ranked),
    }
