"""Who changed what, for administrators."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stats.accounts.roles import SEE_HISTORY
from stats.admin.components import tables, wording
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.pages.base import ReportPage
from stats.admin.sheets import history as sheets
from stats.ingest import columns
from stats.query.filters import ShownFilter, Text, call_filters
from stats.query.parameters import one_of, whole_number
from stats.query.request import ReportRequest
from stats.reports.history import KINDS, History, history
from stats.tables.html import drawn_first


def _kinds() -> list[tuple[str, Text]]:
    return [(kind, capfirst(str(sheets.WORDS[kind]))) for kind in KINDS]


def _accounts() -> Iterator[tuple[str, Text]]:
    """Those that are in the log."""
    found = User.objects.filter(logentry__isnull=False).distinct().order_by("username")
    yield from ((str(pk), name) for pk, name in found.values_list("pk", "username"))


def _account(number: str) -> str:
    name = User.objects.filter(pk=number).values_list("username", flat=True).first()
    return name or _("never seen")


class HistoryPage(ReportPage):
    path = "reports/history/"
    name = "reports_history"
    title = gettext_lazy("Who changed what")
    template_name = "admin/reports/history.html"
    permission = SEE_HISTORY
    section = "access"
    # A change is no call: of what filters calls, it has a time only.
    fixed_filters = tuple(call_filters())
    fixed_because = gettext_lazy(
        "Changes have a period, a kind and an account, and no other filter."
    )
    tells_adjustments = False
    own_parameters = {
        "kind": ShownFilter(
            one_of(tuple(KINDS)),
            {"type": "string", "enum": list(KINDS)},
            "Changes of this kind of object.",
            label=gettext_lazy("Kind"),
            choices=_kinds,
            words=lambda kind: dict(_kinds()).get(kind, kind),
        ),
        "account": ShownFilter(
            whole_number(1, columns.INT_MAX),
            {"type": "integer", "minimum": 1, "maximum": columns.INT_MAX},
            "Changes by this account.",
            label=gettext_lazy("Changed by"),
            choices=lambda: list(_accounts()),
            words=_account,
        ),
    }
    sheets = (Sheet("history", title, sheets.table),)

    def ask(self, request: ReportRequest) -> History:
        return history(request)

    def draw(self, found: History, request: ReportRequest, address: Address) -> dict[str, Any]:
        changes = found.changes
        return {
            "sentence": _sentence(len(changes)),
            "table": drawn_first(sheets.table(found), tables.MOST) if changes else None,
            "is_cut": len(changes) > tables.MOST,
        }


def _sentence(count: int) -> str:
    if not count:
        return _("Nothing was changed in this period.")
    text = ngettext("%(count)s change.", "%(count)s changes.", count)
    return wording.counted(text, count)
