"""The tables of the pages that have several."""

from django.utils.translation import gettext_lazy as _

from stats.admin.components.files import Sheet
from stats.admin.sheets.days import days
from stats.admin.sheets.differences import changed_endpoints, changed_users, parts_of_change
from stats.admin.sheets.failures import failed_calls
from stats.admin.sheets.rankings import endpoints, jobs, users
from stats.reports.summary import jobs_in_full, users_in_full

_DAYS = Sheet("days", _("Days"), lambda found: days(found.summary.figures))
_ENDPOINTS = Sheet(
    "endpoints",
    _("Endpoints"),
    lambda found: endpoints(found.summary.endpoints, found.summary.currency).in_full(),
)
# A page has users and jobs with brief sums; its files ask for full ones.
_USERS = Sheet(
    "users",
    _("Users"),
    lambda found: users(
        users_in_full(found.summary), found.summary.currency, found.summary.selection
    ).in_full(),
)
_JOBS = Sheet(
    "jobs",
    _("Jobs"),
    lambda found: jobs(jobs_in_full(found.summary), found.summary.currency).in_full(),
)
_ERRORS = Sheet("errors", _("Errors"), failed_calls)
OVERVIEW = (_USERS, _ENDPOINTS, _DAYS)
USER = (_DAYS, _ENDPOINTS, _JOBS, _ERRORS)
JOB = (_DAYS, _USERS, _ENDPOINTS, _ERRORS)
ENDPOINT = (_DAYS, _USERS, _ERRORS)
CHANGES = (
    Sheet("users", _("Users"), changed_users),
    Sheet("endpoints", _("Endpoints"), changed_endpoints),
    Sheet("parts", _("Difference"), parts_of_change),
)
