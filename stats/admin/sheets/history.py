"""Who changed what: a row for each line of the log."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from stats.admin.sheets.columns import ON_WIDE_PAGES, Columns, moment, one_page
from stats.core import formatting
from stats.reports.history import Change, History
from stats.tables.table import Column, Kind, OnPage, Table

# Of `reports.history.KINDS`.
WORDS: Mapping[str, str | Promise] = {
    "account": _("account"),
    "permission_group": _("permission group"),
    "api_key": _("API key"),
    "budget": _("budget"),
    "recipient": _("recipient"),
    "closed_month": _("closed month"),
    "invoice": _("invoice"),
    "unusual_day": _("unusual day"),
    "user": pgettext_lazy("end user", "user"),
    "job": _("job"),
}


# Of those that have a page instead of a form.
PAGES: Mapping[str, Callable[[Change], str]] = {
    "closed_month": lambda change: reverse("admin:reports_closing", args=[change.name]),
    # It may be removed by now.
    "invoice": lambda _change: reverse("admin:reports_invoices"),
}


def table(found: History) -> Table[Change]:
    def when(at: datetime) -> str:
        return formatting.moment(at, found.now)

    def kind(change: Change) -> str:
        return capfirst(str(WORDS.get(change.kind, change.kind)))

    def note(change: Change) -> str:
        return formatting.listed((when(change.at), change.account, kind(change)))

    name: OnPage[Change] = OnPage(is_heading=True, link=_page, note=note, classes="break-words")
    who: OnPage[Change] = replace(ON_WIDE_PAGES, link=_account, classes="break-words")
    words: OnPage[Change] = OnPage(classes="break-words")
    columns: Columns[Change] = [
        Column("object", Kind.TEXT, attrgetter("name"), _("What"), name),
        Column("kind", Kind.TEXT, attrgetter("kind"), _("Kind"), replace(ON_WIDE_PAGES, text=kind)),
        Column("change", Kind.TEXT, attrgetter("text"), _("What was done"), words),
        Column("account", Kind.TEXT, attrgetter("account"), _("Changed by"), who),
        moment("changed_at", attrgetter("at"), _("Time"), when),
    ]
    return one_page("history", columns, found.changes)


def _page(change: Change) -> str:
    page = PAGES.get(change.kind)
    return page(change) if page else change.url or ""


def _account(change: Change) -> str:
    return reverse("admin:auth_user_change", args=[change.account_id])
