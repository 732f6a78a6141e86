"""Refused posts: why, whose, and what they were; for administrators."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stats.accounts.roles import SEE_REFUSED_POSTS
from stats.admin.components import tables
from stats.admin.components.attention import SEEN
from stats.admin.components.files import Sheet
from stats.admin.components.links import PERIOD_PARAMETERS, Address
from stats.admin.pages.base import Errors, ReportPage, period_of
from stats.admin.sheets import refused as sheets
from stats.core import formatting
from stats.query.filters import CallFilterSet
from stats.reports.refused import Refused, newest_number, refused
from stats.tables.html import drawn_whole


class RefusedPage(ReportPage):
    path = "reports/refused/"
    name = "reports_refused"
    title = gettext_lazy("Refused posts")
    template_name = "admin/reports/refused.html"
    permission = SEE_REFUSED_POSTS
    section = "ledger"
    # What is no call has a time, and nothing else that calls are filtered by.
    fixed_filters = tuple(
        name for name in CallFilterSet.base_filters if name not in PERIOD_PARAMETERS
    )
    sheets = (
        Sheet("reasons", gettext_lazy("Reasons"), sheets.reasons),
        Sheet("posts", gettext_lazy("Posts"), sheets.posts),
    )

    def errors(self, filters: CallFilterSet, query: QueryDict) -> Errors:
        sentence = _("Refused posts have a period, and no other filter.")
        others = {name: [sentence] for name in self.fixed_filters if name in query}
        return {**super().errors(filters, query), **others}

    def ask(self, filters: CallFilterSet) -> Refused:
        return refused(period_of(filters), filters.now)

    def draw(self, found: Refused, filters: CallFilterSet, address: Address) -> dict[str, Any]:
        if (newest := newest_number()) != self.request.session.get(SEEN):
            self.request.session[SEEN] = newest
        return {
            "bar": self.bar(filters, address),
            "sentence": _sentence(found),
            "reasons": drawn_whole(sheets.reasons(found)) if found.posts else None,
            "posts": sheets.drawn_posts(found, tables.MOST) if found.posts else None,
            "is_cut": len(found.posts) > tables.MOST,
        }


def _sentence(found: Refused) -> str:
    if not found.posts:
        return _("No post was refused in this period.")
    count = len(found.posts)
    text = ngettext("%(count)s post was refused.", "%(count)s posts were refused.", count)
    return text % {"count": formatting.number(count)}
