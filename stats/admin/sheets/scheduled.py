"""The scheduled jobs, a row each."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.admin.sheets.columns import ON_WIDE_PAGES, Columns, one_page
from stats.core import formatting
from stats.core.sentences import text_of
from stats.scheduled.states import JobState
from stats.tables.table import Column, Kind, OnPage, Phone, Table, local_time


def jobs(states: Sequence[JobState], now: datetime) -> Table[JobState]:
    """As of `now`."""

    def ago(moment: datetime | None) -> str:
        return formatting.ago(moment, now) if moment else _("never")

    def next_run(state: JobState) -> str:
        at = state.row.next_run_at
        if at is None or at <= now:
            return _("now")
        return formatting.moment(at, now)

    columns: Columns[JobState] = [
        Column(
            "job",
            Kind.TEXT,
            attrgetter("job.title"),
            gettext_lazy("Scheduled job"),
            OnPage(is_heading=True),
        ),
        Column(
            "state",
            Kind.TEXT,
            _state,
            gettext_lazy("State"),
            OnPage(phone=Phone.LAST, classes="brief"),
        ),
        Column(
            "ended_at",
            Kind.MOMENT,
            lambda state: local_time(state.row.ended_at),
            gettext_lazy("Last run"),
            OnPage(text=lambda state: ago(state.row.ended_at)),
        ),
        Column(
            "duration_ms",
            Kind.MILLISECONDS,
            attrgetter("row.duration_ms"),
            gettext_lazy("Took"),
            ON_WIDE_PAGES,
        ),
        Column(
            "next_run_at",
            Kind.MOMENT,
            lambda state: local_time(state.row.next_run_at),
            gettext_lazy("Next run"),
            OnPage(phone=Phone.HIDDEN, text=next_run),
        ),
        Column(
            "outcome",
            Kind.TEXT,
            lambda state: text_of(state.row.outcome),
            gettext_lazy("Outcome"),
            OnPage(phone=Phone.HIDDEN, classes="words"),
        ),
    ]
    return one_page("jobs", columns, states)


def _state(state: JobState) -> str:
    if state.is_running:
        return _("running")
    if state.is_late:
        return _("late")
    if state.row.has_failed:
        return _("failed")
    return _("in order")
