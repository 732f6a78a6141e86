"""What a text finds in the ledger: calls, users, groups, jobs, endpoints and errors.

Each kind is read within a bound, whatever the size of the tables: the newest jobs, the endpoints
that the rollups know, the newest failures.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

from stats.ingest import columns
from stats.models import HAS_GROUPS, APIUsageStats, EndpointName, EndUser, TranslationJob
from stats.query.group_names import group_names
from stats.query.listing import listed
from stats.query.selection import Selection
from stats.rollups.failures import fingerprint

# Of each kind, so many are told.
MOST = 10
# Names of jobs are looked for among so many of the newest, errors among so many of the newest
# failures.
NEWEST_JOBS = 50_000
NEWEST_FAILURES = 1_000
_NUMBER = re.compile(r"#?\s*([0-9]{1,19})", re.ASCII)
Hit = TypeVar("Hit")


@dataclass(frozen=True, slots=True)
class Found(Generic[Hit]):
    """Hits of a kind, and whether there are more."""

    hits: Sequence[Hit]
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The hits by kind. `errors` are the newest failures with the text, one of each kind."""

    calls: Found[APIUsageStats] = Found(())
    users: Found[EndUser] = Found(())
    groups: Found[str] = Found(())
    jobs: Found[TranslationJob] = Found(())
    endpoints: Found[str] = Found(())
    errors: Found[APIUsageStats] = Found(())


def search(text: str) -> SearchResult:
    """What a text without blanks at its ends finds; nothing if it is empty."""
    if not text:
        return SearchResult()
    number = _number(text)
    return SearchResult(
        calls=_first(APIUsageStats.objects.filter(pk=number) if number is not None else ()),
        users=_first(EndUser.objects.filter(_called(EndUser, text, number)).order_by("pk")),
        groups=_first(_holding(text, group_names(), str) if HAS_GROUPS else ()),
        jobs=_first(_jobs(text, number)),
        endpoints=_first(_holding(text, EndpointName.objects.values_list("text", flat=True), str)),
        errors=_first(_errors(text)),
    )


def _number(text: str) -> int | None:
    """The number that a text is, with # before it or not; None for other texts."""
    match = _NUMBER.fullmatch(text)
    number = int(match[1]) if match else None
    return number if number is not None and number <= columns.BIGINT_MAX else None


def _first(hits: Any) -> Found[Any]:
    """The first of a query or a list."""
    found = list(hits[: MOST + 1])
    return Found(found[:MOST], len(found) > MOST)


def _called(model: type[Model], text: str, number: int | None) -> Q:
    """The condition for records of this number, or with the text in their name if they have one."""
    condition = Q(pk=number) if number is not None else Q(pk__in=())
    return condition | Q(name__icontains=text) if hasattr(model, "name") else condition


def _jobs(text: str, number: int | None) -> QuerySet[TranslationJob]:
    newest = TranslationJob.objects.order_by("-pk")
    oldest_read = list(newest.values_list("pk", flat=True)[NEWEST_JOBS : NEWEST_JOBS + 1])
    condition = _called(TranslationJob, text, None)
    if oldest_read:
        condition &= Q(pk__gt=oldest_read[0])
    return newest.filter(condition | Q(pk=number) if number is not None else condition)


def _errors(text: str) -> list[APIUsageStats]:
    """The newest failure of each kind with the text in its message."""
    failures = Selection(success=False)
    newest = listed(failures, newest_first=True, cursor="", size=NEWEST_FAILURES).calls
    of_kind: dict[str, APIUsageStats] = {}
    for call in _holding(text, newest, lambda call: call.error_message or ""):
        of_kind.setdefault(fingerprint(call.error_message or ""), call)
    return list(of_kind.values())


def _holding(text: str, hits: Iterable[Hit], said: Callable[[Hit], str]) -> list[Hit]:
    """Those that say the text, in capitals or not."""
    wanted = text.casefold()
    return [hit for hit in hits if wanted in said(hit).casefold()]
