"""The state of the rollups: how far they are filled, whether they agree with the calls."""

from operator import itemgetter
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stats.admin.pages.base import SitePage
from stats.adoption.belongings import missing_indexes
from stats.core import formatting
from stats.core.zones import reading_zone
from stats.db.dialects import dialect
from stats.db.dialects.base import MANY_IDS_USED
from stats.models import UNDATED, APIUsageStats
from stats.query.extent import future_calls, undated_calls
from stats.rollups import grains
from stats.rollups.state import RollupState, read_rollup_state
from stats.tables.html import DrawnTable, Rows, drawn
from stats.tables.table import Column, Kind, OnPage

CALLS_TABLE = APIUsageStats._meta.db_table


class RollupsPage(SitePage):
    path = "reports/rollups/"
    name = "reports_rollups"
    title = _("Rollup state")
    template_name = "admin/reports/rollups.html"
    section = "ledger"

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        now = timezone.now()
        rollups = read_rollup_state()
        used = dialect().share_of_ids(CALLS_TABLE)
        context = {
            "rollups": rollups,
            "facts": _facts(rollups),
            "behind": [(grain, rollups.fill_of(grain)) for grain in rollups.behind],
            "partly_known": [
                (grain, fill)
                for grain in grains.later()
                if (fill := rollups.fill_of(grain)).known_from and fill.is_complete
            ],
            "clock_ahead": rollups.clock_ahead(now),
            "future_calls": future_calls(now),
            "undated_calls": undated_calls(),
            "missing_indexes": missing_indexes(),
            "is_read_only": dialect().is_read_only(),
            "ids_used": formatting.percent(used * 100) if used >= MANY_IDS_USED else "",
            "undated": UNDATED,
            "zone": reading_zone(),
        }
        return self.render(context)


def _facts(rollups: RollupState) -> DrawnTable:
    """How far the rollups have come, a row for each figure."""
    never = gettext("never")
    folded_at, purged_before = rollups.folded_at, rollups.purged_before
    lines = (
        (
            _("Includes calls up to"),
            formatting.number(rollups.folded_to) if rollups.have_begun else gettext("none yet"),
        ),
        (_("Newest call"), formatting.number(rollups.newest_id)),
        (_("Calls not included yet, at most"), formatting.number(rollups.tail)),
        (
            _("Last updated"),
            formatting.exact_moment(folded_at) if folded_at else never,
        ),
        (_("Calls purged before"), date_format(purged_before) if purged_before else never),
    )
    columns: list[Column[tuple[Any, str]]] = [
        Column("name", Kind.TEXT, itemgetter(0), _("Rollups"), OnPage(is_heading=True)),
        Column("value", Kind.TEXT, itemgetter(1), _("state"), OnPage(classes="number")),
    ]
    return drawn("rollups", columns, Rows(lines=lines))
