"""One job: totals, trend, users, endpoints, errors."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.admin.components import latest_failures, names, tables, tiles
from stats.admin.components.links import Address
from stats.admin.components.panels import (
    counted,
    in_currency,
    latest_failures_of,
    newest,
    ranked_endpoints,
    ranked_users,
    since,
    usage_panels,
    usage_tiles,
)
from stats.admin.pages.subject import SubjectPage
from stats.admin.sheets.pages import JOB
from stats.core.formatting import DASH
from stats.models import JOB_COLUMNS, TranslationJob
from stats.query.request import ReportRequest
from stats.reports.job import Job, job


class JobPage(SubjectPage):
    path = "reports/jobs/<id:job_id>/"
    name = "reports_job"
    title = gettext_lazy("Job")
    template_name = "admin/reports/job.html"
    fixed_filters = ("job_id",)
    sheets = JOB

    def record(self, pk: int) -> TranslationJob:
        return names.jobs([pk])[pk]

    def ask_about(self, pk: int, request: ReportRequest) -> Job:
        return job(pk, request)

    def about(self, record: TranslationJob) -> str:
        return _("job %(id)s") % {"id": record.pk}

    def draw(self, found: Any, request: ReportRequest, address: Address) -> dict[str, Any]:
        facts = [(shown.label, shown.of(self.subject) or DASH) for shown in JOB_COLUMNS]
        return {**super().draw(found, request, address), "facts": facts}

    def panels(self, found: Job, request: ReportRequest, address: Address) -> dict[str, Any]:
        own = address.having(job_id=found.job_id)
        ranked = in_currency(own.calls, found.summary.ranked_in)
        users_by_id = names.users(tables.keys_shown(found.users))
        return {
            **usage_panels(found.summary, address, own, request.now),
            "freshness": [
                newest(found.extent, request.now),
                counted(found.summary.figures),
                *since(found.extent),
            ],
            "tiles": (
                *usage_tiles(found.summary, own.calls),
                tiles.count_tile(_("Users"), len(found.users.rows), own.at("reports_users")),
            ),
            **ranked_users(found.users, found.summary, ranked, users_by_id),
            **ranked_endpoints(found.summary, ranked),
            **latest_failures_of(
                latest_failures.failures_of(found.summary.figures, request.now, own)
            ),
        }
