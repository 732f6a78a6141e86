"""The statement that goes with a letter, as an XLSX."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from stats.core import formatting
from stats.core.zones import reading_zone
from stats.letters.scope import Scope
from stats.models import HAS_GROUPS
from stats.notices.failure import NotSentError
from stats.reports import statements
from stats.reports.statements import NoStatementError, Statement, Whose
from stats.tables import statements as tables
from stats.tables.about import contents
from stats.tables.table import Table, local_time
from stats.tables.workbook import AboutSheet, Written, write_workbook


def statement_of(scope: Scope) -> Statement:
    """That of a month once it is over, else of the days so far. Raises `NotSentError`."""
    whose = Whose(scope.group)
    try:
        if scope.is_month and scope.is_over:
            return statements.statement(scope.period.first, whose, scope.as_of)
        return statements.statement_of_days(scope.period.first, scope.through, whose, scope.as_of)
    except NoStatementError as error:
        raise NotSentError(error.sentence) from error


def file(found: Statement, scope: Scope) -> bytes:
    """The same bytes for the same statement and scope, in the language that is active."""
    written = BytesIO()
    write_workbook(
        written,
        [*_tables(found)],
        lambda tables: _about(found, scope, tables),
        created=scope.as_of,
    )
    return written.getvalue()


def file_name(scope: Scope) -> str:
    """usage-statement_2026-10-01_2026-10-31.xlsx"""
    parts = ["usage-statement", str(scope.period.first), str(scope.through)]
    if scope.group is not None:
        parts.append(scope.group)
    return get_valid_filename("_".join(parts)) + ".xlsx"


def _tables(found: Statement) -> Iterator[Table[Any]]:
    """Those that its page would show."""
    yield tables.sums(found)
    if HAS_GROUPS and found.whose.group is None:
        yield tables.groups(found)
    yield tables.users(found)
    yield tables.lines(found)
    if found.adjustments:
        yield tables.adjustments(found)


def _about(found: Statement, scope: Scope, written: Sequence[Written]) -> AboutSheet:
    days = formatting.days(scope.period.first, scope.through, with_year=True)
    lines: list[tuple[str, Any]] = [
        (_("Report"), _("Statement")),
        (_("Period"), days),
        (_("State"), found.sentence),
        *([(_("Group"), scope.group)] if scope.group is not None else []),
        (_("Time zone"), str(reading_zone())),
        (_("As of"), local_time(scope.as_of)),
        *(line for each in written for line in contents(each)),
    ]
    return AboutSheet(_("About this file"), lines)
