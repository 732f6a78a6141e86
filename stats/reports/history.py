"""Who changed what in a period: accounts, keys, closed months, from the log of the admin."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils.translation import gettext

from stats.models import (
    APIKey,
    Budget,
    ClosingEntry,
    EndUser,
    ProviderInvoice,
    Recipient,
    TranslationJob,
    UnusualDay,
)
from stats.query.request import ReportRequest
from stats.reports.unusual_kept import in_words

UNUSUAL_DAY = "unusual_day"
# The kinds of what is changed. A new one is an entry here, and its word on the page.
KINDS: Mapping[str, type[Model]] = {
    "account": User,
    "permission_group": Group,
    "api_key": APIKey,
    "budget": Budget,
    "recipient": Recipient,
    "closed_month": ClosingEntry,
    "invoice": ProviderInvoice,
    UNUSUAL_DAY: UnusualDay,
    "user": EndUser,
    "job": TranslationJob,
}


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the log. `kind` is one of `KINDS`, or the name of a model that is none of them."""

    at: datetime
    account_id: int
    account: str
    kind: str
    name: str
    # Of the object's form; None where it has none, or is deleted.
    url: str | None
    # What was done, in the language of now.
    text: str


@dataclass(frozen=True, slots=True)
class History:
    """`changes`, the newest first, as of `now`."""

    now: datetime
    changes: tuple[Change, ...]


def history(request: ReportRequest) -> History:
    """The changes of the period, of a `kind` and by an `account` if these are asked for."""
    entries = LogEntry.objects.filter(action_time__range=request.range.bounds)
    if account := request.own.get("account"):
        entries = entries.filter(user=account)
    if kind := request.own.get("kind"):
        entries = entries.filter(content_type=_content_type(KINDS[kind]))
    kinds: dict[int | None, str] = {_content_type(model).pk: name for name, model in KINDS.items()}
    found = entries.select_related("user", "content_type").order_by("-action_time", "-pk")
    days = _unusual_days(found)
    return History(request.now, tuple(_change(entry, kinds, days) for entry in found))


def _unusual_days(entries: Iterable[LogEntry]) -> Mapping[str | None, str]:
    """Those that are kept in words, by id as the log has it."""
    kind = _content_type(UnusualDay).pk
    ids = {int(entry.object_id or 0) for entry in entries if entry.content_type_id == kind}
    words = in_words(UnusualDay.objects.in_bulk(ids).values())
    return {str(pk): text for pk, text in words.items()}


def _content_type(model: type[Model]) -> ContentType:
    return ContentType.objects.get_for_model(model, for_concrete_model=False)


def _change(
    entry: LogEntry, kinds: Mapping[int | None, str], days: Mapping[str | None, str]
) -> Change:
    is_gone = entry.is_deletion()
    kind = kinds.get(entry.content_type_id) or str(entry.content_type or "")
    # The log has a name as it was then, and of an unusual day what the columns have.
    words = days.get(entry.object_id) if kind == UNUSUAL_DAY else None
    return Change(
        at=entry.action_time,
        account_id=entry.user.pk,
        account=entry.user.get_username(),
        kind=kind,
        name=words or entry.object_repr,
        url=None if is_gone else entry.get_admin_url(),
        text=gettext("Deleted.") if is_gone else entry.get_change_message(),
    )
