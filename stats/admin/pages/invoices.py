"""Invoices of providers: all of them with a form for another, and why one differs."""

from datetime import date, datetime
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.models import ADDITION, DELETION
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stats.accounts import history
from stats.accounts.roles import SEE_INVOICES
from stats.admin.components import invoices as words
from stats.admin.components import wording
from stats.admin.components.files import Sheet, attachment
from stats.admin.pages.tables import TablesPage
from stats.admin.sheets import invoices as sheets
from stats.admin.sheets.invoices import Explained
from stats.closings.chain import ClosingError
from stats.closings.closing import month_of
from stats.core import formatting
from stats.core.zones import reading_zone
from stats.invoices import keeping
from stats.invoices.formats import FORMATS
from stats.invoices.keeping import Attached, Entry
from stats.invoices.ledger import Listed, explanation_of, listed
from stats.invoices.reading import LARGEST_FILE, InvoiceError
from stats.models import ProviderInvoice
from stats.tables.html import drawn_whole

FILE = "file"
UTC, LOCAL = "utc", "local"


class InvoiceForm(forms.Form):
    """An invoice, entered by hand or read from a file."""

    provider = forms.CharField(label=gettext_lazy("Provider"), max_length=keeping.LONGEST_PROVIDER)
    month = forms.CharField(label=gettext_lazy("Month"), max_length=7)
    format = forms.ChoiceField(label=gettext_lazy("Format"), required=False)
    file = forms.FileField(label=gettext_lazy("File"), required=False, allow_empty_file=True)
    currency = forms.CharField(
        label=gettext_lazy("Currency"), required=False, max_length=keeping.LONGEST_CURRENCY
    )
    amount = forms.CharField(label=gettext_lazy("Amount"), required=False, max_length=40)
    zone = forms.ChoiceField(label=gettext_lazy("Days of"), required=False)
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=keeping.LONGEST_NOTE
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        formats = [(one.name, one.label) for one in FORMATS.values()]
        self.fields["format"].choices = [("", _("Entered by hand")), *formats]  # type: ignore[attr-defined]
        zones = [(UTC, "UTC"), (LOCAL, str(reading_zone()))]
        self.fields["zone"].choices = zones  # type: ignore[attr-defined]
        self.fields["month"].widget.attrs["placeholder"] = "2026-10"
        self.fields["amount"].widget.attrs["inputmode"] = "decimal"

    def clean_month(self) -> date:
        try:
            return month_of(self.cleaned_data["month"])
        except ClosingError as error:
            raise forms.ValidationError(str(error)) from None

    def clean_file(self) -> Attached | None:
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        if file is None:
            return None
        if (file.size or 0) > LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than 4 MiB."))
        return Attached(file.name or "", file.read())

    @property
    def entry(self) -> Entry:
        """What was entered, once it is valid."""
        given = dict(self.cleaned_data)
        return Entry(is_utc=given.pop("zone") != LOCAL, **given)


class InvoicesPage(TablesPage):
    path = "reports/invoices/"
    name = "reports_invoices"
    title = gettext_lazy("Invoices")
    template_name = "admin/reports/invoices.html"
    permission = SEE_INVOICES
    sheets = (Sheet("invoices", title, sheets.invoices),)
    # What was posted, if something is wrong with it.
    posted: InvoiceForm | None = None

    def ask(self, now: datetime) -> list[Listed]:
        return listed(now)

    def draw(self, found: list[Listed], now: datetime) -> dict[str, Any]:
        return {
            "sentence": _sentence(found),
            "table": drawn_whole(sheets.invoices(found)) if found else None,
            "form": self.posted or InvoiceForm(initial={"zone": UTC}),
        }

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponseBase:
        """Keep an invoice; what is wrong with it stands above the form."""
        form, now = InvoiceForm(request.POST, request.FILES), timezone.now()
        if form.is_valid():
            try:
                invoice = keeping.add(form.entry, request.user.get_username(), now)
            except InvoiceError as error:
                form.add_error(None, str(error))
            else:
                account = cast(User, request.user)
                history.write(account, invoice, ADDITION, history.billed(invoice))
                messages.success(request, _("The invoice is kept."))
                return HttpResponseRedirect(reverse("admin:reports_invoice", args=[invoice.pk]))
        self.posted = form
        answer = self.get(request)
        answer.status_code = 400
        return answer


class InvoicePage(TablesPage):
    path = "reports/invoices/<int:invoice_id>/"
    name = "reports_invoice"
    title = gettext_lazy("Invoice")
    template_name = "admin/reports/invoice.html"
    permission = SEE_INVOICES
    in_navigation = False
    belongs_to = InvoicesPage.name
    sheets = (
        Sheet("parts", gettext_lazy("Parts"), sheets.parts),
        Sheet("days", gettext_lazy("Days"), sheets.days),
    )
    # That which is attached.
    other_files = {FILE: "file/"}

    @property
    def invoice(self) -> ProviderInvoice:
        """Raises `Http404`."""
        invoices = ProviderInvoice.objects.defer("file")
        return get_object_or_404(invoices, pk=self.kwargs["invoice_id"])

    @property
    def heading(self) -> str:
        month = formatting.month(self.invoice.month, with_year=True)
        return _("%(provider)s, %(month)s") % {"provider": self.invoice.provider, "month": month}

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return self._attached() if self.file_format == FILE else super().get(request, **kwargs)

    def _attached(self) -> HttpResponse:
        """The file as it came. A browser must not show it: it may be anything."""
        invoice = self.invoice
        if invoice.file is None:
            raise Http404
        content, headers = bytes(invoice.file), attachment(invoice.file_name)
        return HttpResponse(content, "application/octet-stream", headers=headers)

    def ask(self, now: datetime) -> Explained:
        invoice = self.invoice
        return Explained(invoice, explanation_of(invoice, now))

    def draw(self, found: Explained, now: datetime) -> dict[str, Any]:
        invoice, explanation = found.invoice, found.explanation
        parts = sheets.parts(found)
        return {
            "about": _("days of %(zone)s") % {"zone": words.zone_of(invoice)},
            "sentence": words.sentence(invoice, explanation),
            "tiles": words.tiles(invoice, explanation),
            "parts": drawn_whole(parts) if explanation.difference else None,
            "days": drawn_whole(sheets.days(found)) if explanation.lines else None,
            "invoice": invoice,
        }

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        """Remove it."""
        if request.POST.get("action") != "remove":
            return self.http_method_not_allowed(request)
        invoice = self.invoice
        with transaction.atomic():
            history.write(cast(User, request.user), invoice, DELETION, [])
            keeping.remove(invoice)
        messages.success(request, _("The invoice is removed."))
        return HttpResponseRedirect(reverse("admin:reports_invoices"))


def _sentence(found: list[Listed]) -> str:
    if not found:
        return _("There are no invoices yet.")
    text = ngettext("%(count)s invoice.", "%(count)s invoices.", len(found))
    return wording.counted(text, len(found))
