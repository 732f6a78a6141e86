"""The admin's log: who changed what, in lines that Django translates when they are read.

`kind` and `field` are msgids. No line holds a value that is a secret.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db.models import Model
from django.utils.translation import gettext_noop

from stats.core import formatting
from stats.models import APIKey, ClosingEntry, ProviderInvoice, UnusualDay
from stats.models.closings import EntryKind

Line = dict[str, dict[str, Any]]
# Whose lines those of commands are. It is made when it is needed, and nobody can log in with it.
COMMANDS = "manage.py"
# As these stand in the log.
KEY, BUDGET = "API key", "budget"
REVOKED, REMOVED = gettext_noop("Revoked"), gettext_noop("Removed")
# Fields by the labels of forms, with a capital. Django's own catalogue has these without.
FIELDS = (
    gettext_noop("Username"),
    gettext_noop("First name"),
    gettext_noop("Last name"),
    gettext_noop("Email address"),
    gettext_noop("Active"),
    gettext_noop("Staff status"),
    gettext_noop("Superuser status"),
    gettext_noop("User permissions"),
    gettext_noop("Last login"),
    gettext_noop("Date joined"),
    gettext_noop("May record"),
    gettext_noop("May read"),
    gettext_noop("Requests per minute"),
)
MARK = gettext_noop("mark as expected")
NOTE = gettext_noop("note")
AMOUNT = gettext_noop("amount")
# What people write of a month.
ENTRIES: Mapping[str, str] = {
    EntryKind.CLOSING: gettext_noop("closing"),
    EntryKind.REQUEST: gettext_noop("request to reopen"),
    EntryKind.REOPENING: gettext_noop("reopening"),
}
# The terms of a budget by their msgids. The values of those that are told are no secrets; the
# address of a webhook may hold one.
TERMS: Mapping[str, str] = {
    "amount": gettext_noop("Amount"),
    "thresholds": gettext_noop("Thresholds"),
    "forecast_thresholds": gettext_noop("Thresholds of the forecast"),
    "mails": gettext_noop("Mail to"),
    "webhooks": gettext_noop("Webhooks"),
}
TOLD = ("amount", "thresholds", "forecast_thresholds")


def made() -> Line:
    """The object itself was created."""
    return {"added": {}}


def added(kind: str, name: str) -> Line:
    """Another object was created or given."""
    return {"added": {"name": kind, "object": name}}


def removed(kind: str, name: str) -> Line:
    """Another object was taken away."""
    return {"deleted": {"name": kind, "object": name}}


def changed(field: str, kind: str = "", name: str = "") -> Line:
    """A field changed; of another object if `kind` and `name` are given."""
    of = {"name": kind, "object": name} if kind else {}
    return {"changed": {"fields": [field], **of}}


def replaces(old: APIKey) -> list[Line]:
    """A key was made in place of another, which ends."""
    return [made(), changed("Expires", KEY, old.prefix)]


def replaced_by(new: APIKey) -> list[Line]:
    """A key ends, since there is a new one."""
    return [changed("Expires"), added(KEY, new.prefix)]


def terms_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Line]:
    """The terms of a budget that differ, with their values where these are told."""
    return [
        changed(words, BUDGET, f"{_text(before.get(name))} → {_text(after[name])}")
        if name in TOLD
        else changed(words)
        for name, words in TERMS.items()
        if _text(before.get(name)) != _text(after[name])
    ]


def marked(day: UnusualDay, note: str) -> list[Line]:
    """An unusual day was said to have been expected."""
    return [added(MARK, str(day.day)), *([added(NOTE, note)] if note else [])]


def unmarked(day: UnusualDay) -> list[Line]:
    """That was taken back."""
    return [removed(MARK, str(day.day))]


def entered(entry: ClosingEntry) -> list[Line]:
    """A month was closed, somebody asked to reopen it for a reason, or another one agreed."""
    return [added(ENTRIES[entry.kind], entry.reason or str(entry))]


def billed(invoice: ProviderInvoice) -> list[Line]:
    """An invoice was entered."""
    return [added(AMOUNT, f"{invoice.currency} {formatting.decimal(invoice.amount, 4)}")]


def write(account: User, changed: Model, flag: int, lines: Sequence[Line]) -> None:
    """Note what an account changed. `flag` is Django's ADDITION, CHANGE or DELETION."""
    LogEntry.objects.log_actions(
        account.pk, [changed], flag, change_message=[*lines], single_object=True
    )


def write_for_command(changed: Model, flag: int, lines: Sequence[Line]) -> None:
    """Note what a command changed."""
    nobody = {"is_active": False, "password": make_password(None)}
    account, _is_new = User.objects.get_or_create(username=COMMANDS, defaults=nobody)
    write(account, changed, flag, lines)


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return ", ".join(map(str, sorted(value or ()))) or "–"
