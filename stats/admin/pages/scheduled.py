"""Scheduled jobs: what each did last, and when it runs next."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stats.admin.pages.base import SitePage
from stats.admin.sheets.scheduled import jobs
from stats.scheduled.states import JobState, job_states
from stats.tables.html import drawn_whole


class ScheduledJobsPage(SitePage):
    path = "reports/scheduled/"
    name = "reports_scheduled"
    title = gettext_lazy("Scheduled jobs")
    template_name = "admin/reports/scheduled.html"
    section = "ledger"

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        now = timezone.now()
        states = job_states(now)
        context = {"sentence": _sentence(states), "table": drawn_whole(jobs(states, now))}
        return self.render({**context, "is_well": not _ill(states)})


def _ill(states: Sequence[JobState]) -> list[JobState]:
    return [state for state in states if state.is_late or state.row.has_failed]


def _sentence(states: Sequence[JobState]) -> str:
    if all(state.is_late for state in states):
        return _("No process runs the jobs: start manage.py run_jobs --loop 10.")
    ill = len(_ill(states))
    if not ill:
        return _("All jobs run on time.")
    return ngettext("%(count)s job needs a look.", "%(count)s jobs need a look.", ill) % {
        "count": ill
    }
