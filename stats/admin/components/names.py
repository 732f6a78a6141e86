"""What users, jobs and kinds of failures are called on pages; deleted ones keep their number."""

from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Model
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from stats.models import APIUsageStats, EndUser, FailureKind, TranslationJob
from stats.query.filters import group_of_value
from stats.rollups.counters import FAILED
from stats.rollups.failures import fingerprint

Named = TypeVar("Named", bound=Model)
MESSAGE_SHOWN = 80
# A kind without a number yet is looked for among so many of the newest failures.
NEWEST_FAILURES = 1_000


def users(ids: Iterable[int]) -> dict[int, EndUser]:
    """The users of these ids, each of them there."""
    return _named(EndUser, ids)


def jobs(ids: Iterable[int | None]) -> dict[int, TranslationJob]:
    """The jobs of these ids, each of them there but None."""
    return _named(TranslationJob, (id for id in ids if id is not None))


def group(value: str) -> str:
    """A group as an address has it."""
    return group_of_value(value) or _("without a group")


def failure(kind: str) -> str:
    """One of the messages of failures of a kind, which is a fingerprint."""
    known = FailureKind.objects.filter(fingerprint=kind).values_list("message", flat=True).first()
    message = _newest_message(kind) if known is None else known
    if message is None:
        return _("never seen")
    return Truncator(message).chars(MESSAGE_SHOWN) if message.strip() else _("no message")


def _newest_message(kind: str) -> str | None:
    failed = APIUsageStats.objects.filter(FAILED).order_by("-pk")
    newest = failed.values_list("error_message", flat=True)[:NEWEST_FAILURES]
    return next((text or "" for text in newest if fingerprint(text or "") == kind), None)


def _named(model: type[Named], ids: Iterable[int]) -> dict[int, Named]:
    wanted = set(ids)
    found = model._default_manager.in_bulk(wanted) if wanted else {}
    return {id: found.get(id) or model(pk=id) for id in wanted}
