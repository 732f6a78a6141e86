"""The last sheet of an XLSX: what the file holds, its filters, who made it and when."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from stats.admin.components.filter_bar import FilterBar
from stats.core import formatting
from stats.core.periods import local_day
from stats.core.zones import reading_zone
from stats.models import GROUPS_ARE_DATED, HAS_GROUPS, JOB_COLUMNS
from stats.query.request import Request
from stats.rollups.folding import current_rollup_state
from stats.tables.about import Line, contents
from stats.tables.table import local_time
from stats.tables.workbook import AboutSheet, Written


def about_file(
    title: str, bar: FilterBar, request: Request, made_by: str, written: Sequence[Written]
) -> AboutSheet:
    """The sheet about a file whose tables are `written`."""
    group = _("that of the day of each call") if GROUPS_ARE_DATED else _("that of today")
    lines = [
        (_("Report"), title),
        (_("Period"), bar.period_text),
        *([(_("Comparison"), bar.compared)] if bar.compared else []),
        *((chip.label, chip.value) for chip in bar.chips),
        (_("Time zone"), bar.zone),
        (_("Created by"), made_by),
        (_("Created at"), local_time(request.now)),
        *(line for each in written for line in contents(each)),
        *_purged(request),
        *_how_it_is_written(),
        *([(_("Group"), group)] if HAS_GROUPS else []),
        *((shown.name, _("that of today")) for shown in JOB_COLUMNS),
    ]
    return AboutSheet(_("About this file"), lines)


def about_tables(title: str, now: datetime, made_by: str, written: Sequence[Written]) -> AboutSheet:
    """The same about tables that have neither a period nor filters."""
    lines = [
        (_("Report"), title),
        (_("Time zone"), str(reading_zone())),
        (_("Created by"), made_by),
        (_("Created at"), local_time(now)),
        *(line for each in written for line in contents(each)),
        *_how_it_is_written(),
    ]
    return AboutSheet(_("About this file"), lines)


def _how_it_is_written() -> list[Line]:
    return [
        (_("Numbers"), _("unrounded; numbers of more than 15 digits are stored as text")),
        (_("Times"), _("local time, with the UTC offset in the next column")),
    ]


def _purged(request: Request) -> Iterator[Line]:
    """A line if calls of the period were purged."""
    before = current_rollup_state().purged_before
    if before is None:
        return
    start = request.range.start
    if start is None or local_day(start, reading_zone()) < before:
        text = _("Calls before %(day)s were purged; their totals still count.")
        yield _("Details purged"), text % {"day": formatting.day(before, with_year=True)}
