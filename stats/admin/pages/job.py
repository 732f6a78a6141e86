"""One job: totals, trend, users, endpoints, errors."""

from datetime import datetime
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
from stats.core.periods import Period
from stats.models import TranslationJob
from stats.query.filters import CallFilterSet
from stats.query.selection import Selection
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

    def ask_about(
        self, pk: int, selection: Selection, period: Period, now: datetime, ranked_in: str | None
    ) -> Job:
        return job(pk, selection, period, now, ranked_in)

    def about(self, record: TranslationJob) -> str:
        return _("job %(id)s") % {"id": record.pk}

    def panels(self, found: Job, filters: CallFilterSet, address: Address) -> dict[str, Any]:
        own = address.having(job_id=found.job_id)
        ranked = in_currency(own.calls, found.summary.ranked_in)
        people = names.users(tables.keys_shown(found.users))
        return {
            **usage_panels(found.summary, address, own, filters.now),
            "freshness": [
                newest(found.extent, filters.now),
                counted(found.summary.figures),
                *since(found.extent),
            ],
            "tiles": (
                *usage_tiles(found.summary, own.calls),
                tiles.count_tile(_("Users"), len(found.users.rows), own.at("reports_users")),
            ),
            **ranked_users(found.users, found.summary, ranked, people),
            **ranked_endpoints(found.summary, ranked),
            **latest_failures_of(
                latest_failures.failures_of(found.summary.figures, filters.now, own)
            ),
        }
