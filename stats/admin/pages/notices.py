"""Notices: what went to whom, what failed and why; one sent again, and a test."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stats.accounts.roles import SEE_NOTICES
from stats.admin.components import tables
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.pages.base import ReportPage
from stats.admin.sheets import notices as sheets
from stats.core import formatting
from stats.models import Notice, Recipient
from stats.models.notices import NoticeState
from stats.notices import outbox
from stats.notices.listing import Notices, notices_of
from stats.query.filters import call_filters
from stats.query.parameters import identifier
from stats.query.request import ReportRequest
from stats.tables.html import drawn_first


class NoticesPage(ReportPage):
    path = "reports/notices/"
    name = "reports_notices"
    title = gettext_lazy("Notices")
    template_name = "admin/reports/notices.html"
    permission = SEE_NOTICES
    section = "ledger"
    # A notice is no call: of what filters calls, it has a time only.
    fixed_filters = tuple(call_filters())
    fixed_because = gettext_lazy("Notices have a period, and no other filter.")
    sheets = (Sheet("notices", title, sheets.notices),)

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        """`again` is the number of a notice, `test` the number of a recipient."""
        now = timezone.now()
        if "again" in request.POST:
            if not outbox.send_again(_number(request.POST["again"]), now):
                raise Http404
        else:
            to = get_object_or_404(Recipient, pk=_number(request.POST.get("test", "")))
            outbox.write_test(to, request.user.get_username(), now)
        messages.success(request, _("It is sent within a minute, if run_jobs runs."))
        return HttpResponseRedirect(request.get_full_path())

    def ask(self, request: ReportRequest) -> Notices:
        return notices_of(request)

    def draw(self, found: Notices, request: ReportRequest, address: Address) -> dict[str, Any]:
        shown = found.rows[: tables.MOST]
        return {
            "sentence": _sentence(found),
            "table": drawn_first(sheets.notices(found), tables.MOST) if found.rows else None,
            "is_cut": len(found.rows) > tables.MOST,
            # Those that were not sent first.
            "sendable": [(one.pk, sheets.label(one)) for one in sorted(shown, key=_is_sent)],
            "recipients": Recipient.objects.order_by("address"),
            "may_add": self.request.user.has_perm("stats.add_recipient"),
        }


def _is_sent(notice: Notice) -> bool:
    return notice.state == NoticeState.SENT


def _number(text: str) -> int:
    try:
        return identifier(text)
    except ValueError as error:
        raise Http404 from error


def _sentence(found: Notices) -> str:
    if not found.rows:
        return _("Nothing was to be told in this period.")
    sent, waiting, failed = map(
        found.count, (NoticeState.SENT, NoticeState.WAITING, NoticeState.FAILED)
    )
    texts = [
        (ngettext("%(count)s notice was sent.", "%(count)s notices were sent.", sent), sent),
        (ngettext("%(count)s waits.", "%(count)s wait.", waiting), waiting),
        (ngettext("%(count)s was given up.", "%(count)s were given up.", failed), failed),
    ]
    return " ".join(text % {"count": formatting.number(count)} for text, count in texts if count)
