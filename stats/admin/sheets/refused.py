"""Refused posts: the reasons, and the posts themselves."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from stats.admin.sheets.columns import ON_WIDE_PAGES, Columns, moment, on_page, one_page
from stats.core import formatting
from stats.core.periods import local_day
from stats.core.zones import reading_zone
from stats.reports.refused import Post, Reason, Refused
from stats.tables.html import MAIN
from stats.tables.table import Column, Kind, OnPage, Phone, Table, Text

# Characters of a body in its cell; a press shows the rest.
SHOWN = 60


def reasons(found: Refused) -> Table[Reason]:
    count: OnPage[Reason] = OnPage(phone=Phone.LAST, classes=MAIN)

    def day(at: datetime) -> str:
        return formatting.day(local_day(at, reading_zone()))

    def ago(at: datetime) -> str:
        return formatting.ago(at, found.now)

    columns: Columns[Reason] = [
        *_errors("newest."),
        _names("services", _services, _("Services")),
        moment("first_at", attrgetter("oldest.at"), _("First seen"), day),
        moment("last_at", attrgetter("newest.at"), _("Last seen"), ago),
        Column("posts", Kind.NUMBER, lambda reason: len(reason.posts), _("Posts"), count),
    ]
    return one_page("reasons", columns, found.reasons)


def posts(found: Refused) -> Table[Post]:
    def when(at: datetime) -> str:
        return formatting.moment(at, found.now)

    def note(post: Post) -> str:
        return formatting.listed((when(post.at), post.service))

    reason, *others = on_page(_errors(), "reason", note=note)
    words: OnPage[Post] = replace(ON_WIDE_PAGES, classes="break-words")
    columns: Columns[Post] = [
        moment("created_at", attrgetter("at"), _("Time"), when),
        Column("service", Kind.TEXT, attrgetter("service"), _("Service"), words),
        Column("key", Kind.TEXT, attrgetter("key_prefix"), _("Key"), words),
        *others,
        reason,
        Column("body", Kind.TEXT, attrgetter("body"), _("Body"), OnPage(text=_body)),
    ]
    return one_page("posts", columns, found.posts)


def _errors(at: str = "") -> Columns[Any]:
    """Reason, fields and status; `at` is the path from an item to its post."""
    heading: OnPage[Any] = OnPage(is_heading=True)
    return [
        Column("reason", Kind.TEXT, attrgetter(f"{at}reason"), _("Reason"), heading),
        _names("fields", attrgetter(f"{at}fields"), _("Fields")),
        Column("status", Kind.ID, attrgetter(f"{at}status"), _("Status"), ON_WIDE_PAGES),
    ]


def _names(name: str, names: Callable[[Any], Iterable[str]], title: Promise) -> Column[Any]:
    """Names in a cell: a page lists them as its language does, a file alike in all languages."""
    listed = replace(ON_WIDE_PAGES, text=lambda item: formatting.listed(names(item)))
    return Column(name, Kind.TEXT, lambda item: ", ".join(names(item)), title, listed)


def _services(reason: Reason) -> list[str]:
    counts = reason.per_service.most_common()
    return [f"{service} ({count})" for service, count in counts]


def _body(post: Post) -> Text:
    if len(post.body) <= SHOWN:
        return Text(post.body)
    return Text(f"{post.body[:SHOWN]}…", unfolded=post.body)
