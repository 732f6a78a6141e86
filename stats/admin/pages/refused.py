"""Refused posts, for administrators."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stats.accounts.roles import SEE_REFUSED_POSTS
from stats.admin.components import tables, wording
from stats.admin.components.attention import SEEN
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.pages.base import ReportPage
from stats.admin.sheets import refused as sheets
from stats.query.filters import call_filters
from stats.query.request import ReportRequest
from stats.reports.refused import Refused, newest_number, refused
from stats.tables.html import drawn_first, drawn_whole


class RefusedPage(ReportPage):
    path = "reports/refused/"
    name = "reports_refused"
    title = gettext_lazy("Refused posts")
    template_name = "admin/reports/refused.html"
    permission = SEE_REFUSED_POSTS
    section = "ledger"
    # A refused post is no call: of what filters calls, it has a time only.
    fixed_filters = tuple(call_filters())
    fixed_because = gettext_lazy("Refused posts have a period, and no other filter.")
    tells_adjustments = False
    sheets = (
        Sheet("reasons", gettext_lazy("Reasons"), sheets.reasons),
        Sheet("posts", gettext_lazy("Posts"), sheets.posts),
    )

    def ask(self, request: ReportRequest) -> Refused:
        return refused(request)

    def draw(self, found: Refused, request: ReportRequest, address: Address) -> dict[str, Any]:
        if (newest := newest_number()) != self.request.session.get(SEEN):
            self.request.session[SEEN] = newest
        return {
            "sentence": _sentence(found),
            "reasons": drawn_whole(sheets.reasons(found)) if found.posts else None,
            "posts": drawn_first(sheets.posts(found), tables.MOST) if found.posts else None,
            "is_cut": len(found.posts) > tables.MOST,
        }


def _sentence(found: Refused) -> str:
    if not found.posts:
        return _("No refused post of this period is kept.")
    count = len(found.posts)
    text = ngettext("%(count)s refused post is kept.", "%(count)s refused posts are kept.", count)
    return wording.counted(text, count)
