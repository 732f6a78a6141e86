"""Closed months: how each stands, the story of one, and who closes and reopens it."""

from datetime import date, datetime
from typing import Any, cast

from django.contrib import messages
from django.contrib.admin.models import ADDITION
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.accounts import history
from stats.accounts.roles import CLOSE_MONTHS, SEE_INVOICES
from stats.admin.components import closings, tables
from stats.admin.components.files import Sheet, attachment
from stats.admin.pages.tables import TablesPage, month_or_404
from stats.admin.sheets import closings as sheets
from stats.admin.sheets.closings import Months, Told
from stats.admin.sheets.invoices import Explained, explained
from stats.closings import bundling, closing, reopening
from stats.closings.chain import ClosingError, Signer
from stats.core import formatting
from stats.core.zones import reading_zone
from stats.invoices.ledger import by_month, explanations_of
from stats.models import ClosingEntry, ProviderInvoice
from stats.query.parameters import whole_number
from stats.reports.closings import Month, months, story
from stats.rollups.rebuilding import RollupsBusyError
from stats.rollups.state import read_rollup_state
from stats.tables.html import drawn_first, drawn_whole

ZIP = "zip"
MOST_CALLS = 2**31


class ClosingsPage(TablesPage):
    path = "reports/closings/"
    name = "reports_closings"
    title = gettext_lazy("Closed months")
    template_name = "admin/reports/closings.html"
    sheets = (Sheet("closings", title, sheets.months),)

    def ask(self, now: datetime) -> Months:
        invoiced = by_month(now) if self.request.user.has_perm(SEE_INVOICES) else {}
        return Months(months(now, invoiced), invoiced)

    def draw(self, found: Months, now: datetime) -> dict[str, Any]:
        return {
            "sentence": closings.sentence(found.rows),
            "table": drawn_whole(sheets.months(found)) if found.rows else None,
        }


class ClosingPage(TablesPage):
    path = "reports/closings/<str:month>/"
    name = "reports_closing"
    title = gettext_lazy("Closed month")
    template_name = "admin/reports/closing.html"
    in_navigation = False
    belongs_to = ClosingsPage.name
    sheets = (
        Sheet("figures", gettext_lazy("Figures"), sheets.figures),
        Sheet("entries", gettext_lazy("What happened"), sheets.entries),
        Sheet("lines", gettext_lazy("Lines as closed"), sheets.signed_lines),
        Sheet("adjustments", gettext_lazy("Adjustments"), sheets.adjusted_lines),
    )
    other_files = {ZIP: "bundle.zip"}

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return self._bundle() if self.file_format == ZIP else super().get(request, **kwargs)

    def _bundle(self) -> HttpResponse:
        try:
            content = bundling.bundle(self.month)
        except ClosingError as error:
            raise Http404 from error
        headers = attachment(f"closing-{self.month:%Y-%m}.zip")
        return HttpResponse(content, "application/zip", headers=headers)

    @property
    def month(self) -> date:
        """Raises `Http404` if the address has none."""
        return month_or_404(self.kwargs["month"])

    @property
    def heading(self) -> str:
        return formatting.month(self.month, with_year=True)

    def ask(self, now: datetime) -> Told:
        if (found := story(self.month, now)) is None:
            raise Http404
        if self.file_format or not self.request.user.has_perm(SEE_INVOICES):
            return Told(found)
        of_month = ProviderInvoice.objects.filter(month=self.month).defer("file")
        invoices = list(of_month.order_by("provider", "pk"))
        told = zip(invoices, explanations_of(invoices, now), strict=True)
        return Told(found, [Explained(*one) for one in told])

    def draw(self, found: Told, now: datetime) -> dict[str, Any]:
        month, entries, invoices = found.story.month, found.story.entries, found.invoices
        unknown = month.unknown_cost
        adjusted = sheets.adjusted_lines(found)
        count = sum(map(len, adjusted.pages))
        return {
            "about": str(reading_zone()),
            "sentence": closings.sentence_of(month),
            "difference": closings.difference_of(month),
            "month": month,
            "obstacles": found.story.obstacles,
            "unknown": closing.unknown_cost_sentence(unknown) if unknown.calls else "",
            "figures": drawn_whole(sheets.figures(found)),
            "entries": drawn_whole(sheets.entries(found)) if entries else None,
            "lines": drawn_first(adjusted, tables.MOST) if count else None,
            "is_cut": count > tables.MOST,
            "compared_at": read_rollup_state().verified_at,
            "may_close": self.request.user.has_perm(CLOSE_MONTHS),
            "has_asked": _has_asked(month, self.request),
            "may_ask": reopening.may_ask(month.request, now),
            "longest_reason": reopening.LONGEST_REASON,
            "invoices": drawn_whole(explained(invoices)) if invoices else None,
        }

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        """Close the month, ask to reopen it, or agree."""
        if not request.user.has_perm(CLOSE_MONTHS):
            raise PermissionDenied
        account = cast(User, request.user)
        act, done = ACTIONS.get(request.POST.get("action", ""), (None, ""))
        if act is None:
            raise Http404
        try:
            entry = act(self.month, Signer.of(account), request, timezone.now())
        except ClosingError as error:
            messages.error(request, str(error))
        except RollupsBusyError:
            messages.error(request, _("The sums are just being written: try again."))
        else:
            history.write(account, entry, ADDITION, history.entered(entry))
            messages.success(request, done)
        return HttpResponseRedirect(request.path)


def _has_asked(month: Month, request: HttpRequest) -> bool:
    """Whether the account asked itself, and so cannot agree."""
    return bool(month.request and month.request.account_id == request.user.pk)


def _close(month: date, signer: Signer, request: HttpRequest, now: datetime) -> ClosingEntry:
    try:
        accepted = whole_number(0, MOST_CALLS)(request.POST.get("accepted", "0"))
    except ValueError:
        accepted = 0
    return closing.close(month, signer, accepted, now)


def _ask(month: date, signer: Signer, request: HttpRequest, now: datetime) -> ClosingEntry:
    return reopening.request(month, signer, request.POST.get("reason", ""), now)


def _agree(month: date, signer: Signer, _request: HttpRequest, now: datetime) -> ClosingEntry:
    return reopening.agree(month, signer, now)


# Each with what is said once it is done.
ACTIONS = {
    "close": (_close, gettext_lazy("The month is closed.")),
    "ask": (_ask, gettext_lazy("Asked to reopen the month: another account has to agree.")),
    "agree": (
        _agree,
        gettext_lazy("The month is open again. Its closing stays in the chain."),
    ),
}
