"""What failed: kinds of errors, and the calls themselves."""

from dataclasses import replace
from typing import Any

from stats.admin.sheets.columns import (
    one_page,
)
from stats.query.failures import FailureGroup
from stats.reports.errors import Errors
from stats.reports.job import Job
from stats.reports.user import Person
from stats.tables.calls import calls_table
from stats.tables.table import Column, Kind, Table, local_time


def failure_groups(found: Errors) -> Table[FailureGroup]:
    return one_page(
        "errors",
        [
            Column("error_message", Kind.TEXT, lambda group: group.message),
            Column("failed_calls", Kind.NUMBER, lambda group: group.failures),
            Column("endpoints", Kind.TEXT, _failures_per_endpoint),
            Column("first_at", Kind.MOMENT, lambda group: local_time(group.first_at)),
            Column("last_at", Kind.MOMENT, lambda group: local_time(group.last_at)),
        ],
        found.groups,
        found.total.failed_costs,
    )


def _failures_per_endpoint(group: FailureGroup) -> str:
    return ", ".join(f"{endpoint} ({count})" for endpoint, count in group.per_endpoint.items())


def failed_calls(found: Person | Job) -> Table[Any]:
    """The calls themselves, of one user or job."""
    selection = found.summary.figures.selection
    if selection.success:
        return one_page("errors", calls_table(selection).columns, [])
    return replace(calls_table(replace(selection, success=False)), name="errors")
