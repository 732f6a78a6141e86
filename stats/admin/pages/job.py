"""One job: totals, trend, users, endpoints, errors."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.admin.components import tables, tiles
from stats.admin.components.links import Address
from stats.admin.components.tiles import Tile
from stats.admin.pages.subject import SubjectPage
from stats.admin.sheets import rankings
from stats.admin.sheets.pages import JOB
from stats.core.formatting import DASH
from stats.models import JOB_COLUMNS, TranslationJob
from stats.query import names
from stats.query.request import ReportRequest
from stats.reports.job import Job, job
from stats.tables.html import DrawnTable


class JobPage(SubjectPage):
    path = "reports/jobs/<id:job_id>/"
    belongs_to = "reports_jobs"
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

    def tile(self, found: Job, own: Address) -> Tile:
        return tiles.count_tile(_("Users"), len(found.users.rows), str(own.at("reports_users")))

    def ranking(self, found: Job, calls: Address) -> dict[str, DrawnTable | None]:
        users = rankings.users(found.users, found.summary.currency, found.summary.selection, calls)
        return {"users": users.drawn(tables.TOP)}

    def context(self, found: Any, request: ReportRequest, address: Address) -> dict[str, Any]:
        facts = [(shown.label, shown.of(self.subject) or DASH) for shown in JOB_COLUMNS]
        return {**super().context(found, request, address), "facts": facts}
