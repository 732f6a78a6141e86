"""Refused posts of a period, and their reasons."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet, Value

from stats.ingest.refusals import KEPT_FOR
from stats.models import RefusedPost
from stats.query.request import ReportRequest
from stats.rollups.failures import fingerprint


@dataclass(frozen=True, slots=True)
class Post:
    """A refused post. Each of `errors` is a field, which may be empty, and a sentence."""

    at: datetime
    service: str
    key_prefix: str
    status: int
    errors: Sequence[tuple[str, str]]
    body: str

    @property
    def fields(self) -> tuple[str, ...]:
        """The wrong fields; none if the error is of no field."""
        return tuple(dict.fromkeys(field for field, _sentence in self.errors if field))

    @property
    def reason(self) -> str:
        """The sentences, each once."""
        return " ".join(dict.fromkeys(sentence for _field, sentence in self.errors))


@dataclass(frozen=True, slots=True)
class Reason:
    """Posts, the newest first, whose sentences differ only in numbers."""

    posts: Sequence[Post]

    @property
    def newest(self) -> Post:
        return self.posts[0]

    @property
    def oldest(self) -> Post:
        return self.posts[-1]

    @property
    def per_service(self) -> Counter[str]:
        return Counter(post.service for post in self.posts)


@dataclass(frozen=True, slots=True)
class Refused:
    """`posts`, the newest first, and their `reasons`, the most frequent first, as of `now`."""

    now: datetime
    posts: tuple[Post, ...]
    reasons: tuple[Reason, ...]


def refused(request: ReportRequest) -> Refused:
    """The kept posts of the period."""
    kept = RefusedPost.objects.filter(created_at__gte=request.now - KEPT_FOR)
    rows = kept.filter(created_at__range=request.range.bounds).order_by("-created_at", "-number")
    posts = tuple(_post(row) for row in rows)
    alike: dict[tuple[int, tuple[str, ...], str], list[Post]] = {}
    for post in posts:
        alike.setdefault((post.status, post.fields, fingerprint(post.reason)), []).append(post)
    reasons = sorted(map(Reason, alike.values()), key=lambda reason: -len(reason.posts))
    return Refused(request.now, posts, tuple(reasons))


def newest_number() -> int:
    """The number of the newest post ever kept; 0 without any."""
    return RefusedPost.objects.order_by("-number").values_list("number", flat=True).first() or 0


def count_behind(number: int, now: datetime) -> QuerySet[RefusedPost, Any]:
    """Gives how many posts were refused after the one with this number."""
    newer = RefusedPost.objects.filter(number__gt=number, created_at__gte=now - KEPT_FOR)
    return newer.order_by().values(every=Value(1)).annotate(count=Count("pk")).values_list("count")


def _post(row: RefusedPost) -> Post:
    errors = [(field, sentence) for field, sentence in row.errors]
    return Post(row.created_at, row.service, row.key_prefix, row.status, errors, row.body)
