"""Unusual days: what was out of the ordinary, who made it, and whether it was expected."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.admin.models import CHANGE
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stats.accounts import history
from stats.accounts.roles import MARK_EXPECTED
from stats.admin.components import tables, wording
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.pages.base import ReportPage
from stats.admin.sheets import unusual as sheets
from stats.models import UnusualDay
from stats.query.filters import call_filters
from stats.query.parameters import identifier
from stats.query.request import ReportRequest
from stats.reports.unusual_kept import UnusualDays, unusual_days_of
from stats.unusual import keeping

TAKEN = ("user_id", "group", "api_endpoint", "currency")
NOTE_LENGTH = UnusualDay._meta.get_field("note").max_length or 0


class UnusualDaysPage(ReportPage):
    path = "reports/unusual/"
    name = "reports_unusual"
    title = gettext_lazy("Unusual days")
    template_name = "admin/reports/unusual.html"
    # A day is of a subject and a currency; of its calls no more is kept.
    fixed_filters = tuple(name for name in call_filters() if name not in TAKEN)
    fixed_because = gettext_lazy("Unusual days are of a user, a group, an endpoint or a currency.")
    tells_adjustments = False
    sheets = (Sheet("unusual", title, sheets.table),)

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        """Say that a day was expected, or take that back."""
        if not request.user.has_perm(MARK_EXPECTED):
            raise PermissionDenied
        day, note = _posted_day(request.POST), request.POST.get("note", "").strip()
        account = cast(User, request.user)
        if request.POST.get("is_expected") != "yes":
            if keeping.take_back(day.pk):
                history.write(account, day, CHANGE, history.unmarked(day))
            messages.success(request, _("The day counts as unusual again."))
        elif len(note) > NOTE_LENGTH or not note.isprintable():
            text = _("Note: at most %(length)s characters in one line are possible.")
            messages.error(request, text % {"length": NOTE_LENGTH})
        elif keeping.expect(day.pk, account.get_username(), note, timezone.now()):
            history.write(account, day, CHANGE, history.marked(day, note))
            messages.success(request, _("The day counts as expected now."))
        else:
            messages.warning(request, _("Somebody has said so before."))
        return HttpResponseRedirect(request.get_full_path())

    def ask(self, request: ReportRequest) -> UnusualDays:
        return unusual_days_of(request)

    def draw(self, found: UnusualDays, request: ReportRequest, address: Address) -> dict[str, Any]:
        return {
            "sentence": " ".join(filter(None, (_sentence(found), found.unexamined))),
            "days": sheets.drawn_days(found, tables.MOST),
            "is_cut": len(found.rows) > tables.MOST,
            "may_mark": self.request.user.has_perm(MARK_EXPECTED),
            "note_length": NOTE_LENGTH,
        }


def _posted_day(posted: QueryDict) -> UnusualDay:
    """A kept day by its number."""
    try:
        number = identifier(posted.get("day", ""))
    except ValueError as error:
        raise Http404 from error
    return get_object_or_404(UnusualDay, pk=number)


def _sentence(found: UnusualDays) -> str:
    if not found.rows:
        nothing = _("Nothing was out of the ordinary in this period.")
        return nothing if found.is_examined else ""
    count = found.not_expected
    if not count:
        return _("All that was out of the ordinary was expected.")
    text = ngettext(
        "%(count)s time something was out of the ordinary.",
        "%(count)s times something was out of the ordinary.",
        count,
    )
    return wording.counted(text, count)
