"""What an occasion is: a name, how it is told, and where its facts come from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise

from stats.notices.fact import Fact, Facts

# The page that lists calls.
CALLS = "stats_apiusagestats_changelist"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a notice: what it is, its value, and the path of the page that shows it."""

    label: str
    value: str
    path: str


@dataclass(frozen=True, slots=True)
class Message:
    """A notice in words, in the language that is active."""

    subject: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Occasion:
    """As its file declares it. `tell` puts facts into words.

    `find` yields what is so now; an occasion without it is written where it happens, with
    recipients of its own.
    """

    name: str
    title: Promise
    tell: Callable[[Facts], Message]
    find: Callable[[datetime], Iterable[Fact]] | None = None


def page_of_day(page: str, day: str, **filters: str) -> str:
    """The path of a page of a local day in ISO 8601, under some filters."""
    query = {"created_at_after": day, "created_at_before": day, **filters}
    return f"{reverse(f'admin:{page}')}?{urlencode(query)}"
