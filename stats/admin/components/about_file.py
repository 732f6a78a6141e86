"""The last sheet of an XLSX: what the file holds, its filters, who made it and when."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from stats.admin.components.filter_bar import FilterBar
from stats.core import formatting
from stats.core.periods import local_day
from stats.core.zones import reading_zone
from stats.query.request import Request
from stats.rollups.folding import current_rollup_state
from stats.tables.table import local_time
from stats.tables.workbook import AboutSheet, Written

Line = tuple[str, Any]


def about_file(
    title: str, bar: FilterBar, request: Request, made_by: str, written: Sequence[Written]
) -> AboutSheet:
    """The sheet about a file whose tables are `written`."""
    lines = [
        (_("Report"), title),
        (_("Period"), bar.period_text),
        *([(_("Comparison"), bar.compared)] if bar.compared else []),
        *((chip.label, chip.value) for chip in bar.chips),
        (_("Time zone"), bar.zone),
        (_("Created by"), made_by),
        (_("Created at"), local_time(request.now)),
        *(line for each in written for line in _contents(each)),
        *_purged(request),
        (_("Numbers"), _("unrounded; numbers of more than 15 digits are stored as text")),
        (_("Times"), _("local time, with the UTC offset in the next column")),
        *([(_("Group"), _("that of today"))] if settings.USER_GROUP_COLUMN else []),
    ]
    return AboutSheet(_("About this file"), lines)


def _contents(written: Written) -> Iterator[Line]:
    name = written.table.name
    yield _("Rows, %(table)s") % {"table": name}, written.rows
    for currency, cost in sorted(written.table.costs.items()):
        label = _("Cost in %(currency)s, %(table)s")
        yield label % {"currency": formatting.currency_name(currency), "table": name}, cost


def _purged(request: Request) -> Iterator[Line]:
    """A line if calls of the period were purged."""
    before = current_rollup_state().purged_before
    if before is None:
        return
    start = request.range.start
    if start is None or local_day(start, reading_zone()) < before:
        text = _("Calls before %(day)s were purged; their totals still count.")
        yield _("Details purged"), text % {"day": formatting.day(before, with_year=True)}
