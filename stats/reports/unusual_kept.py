"""Unusual days that were kept: those of a period, and the newest that is news."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from stats.core import formatting
from stats.core.periods import DAY, Period, local_day
from stats.core.zones import reading_zone
from stats.models import EndUser, ExaminedDays, UnusualDay
from stats.models.unusual import Measure, SubjectKind
from stats.query import names
from stats.query.request import ReportRequest
from stats.query.selection import Selection
from stats.reports.culprits import Culprit

# What was unusual earlier is no news.
NEWS = 3 * DAY
_FIELDS = ("day", "currency", "observed", "usual", "made_by")


@dataclass(frozen=True, slots=True)
class UnusualDays:
    """The kept days of a period, the newest first. `examined_since` is None before the first look
    at any day."""

    period: Period
    rows: Sequence[UnusualDay]
    examined_since: date | None

    @property
    def not_expected(self) -> int:
        return sum(row.expected_at is None for row in self.rows)

    @property
    def is_examined(self) -> bool:
        """Whether any day of the period was looked at, or is to be."""
        return self.examined_since is not None and self.examined_since <= self.period.last

    @property
    def unexamined(self) -> str:
        """Which days of the period were not looked at, in a sentence; empty if all were."""
        since = self.examined_since
        if since is None:
            text = _("No day was looked at so far: that takes six weeks of calls.")
            # Days were kept before it was noted which are looked at.
            return "" if self.rows else text
        if since <= self.period.first:
            return ""
        day = formatting.day(since, with_year=True)
        return _("Days before %(day)s were not looked at.") % {"day": day}


def unusual_days_of(request: ReportRequest) -> UnusualDays:
    """Those of the users, groups, endpoint and currency that are asked for."""
    days = request.period.first, request.period.last
    kept = _narrowed(request.selection).filter(day__range=days)
    rows = tuple(kept.order_by("-day", "kind", "key", "measure", "currency"))
    since = ExaminedDays.objects.values_list("since", flat=True).first()
    return UnusualDays(request.period, rows, since)


def news_queries(now: datetime) -> list[QuerySet[UnusualDay, Any]]:
    """Each gives a value of the newest of the last days that cost everybody unusually much and was
    not expected."""
    newest = recent(now).filter(kind=SubjectKind.EVERYBODY, measure=Measure.COST)
    newest = newest.order_by("-day", "-currency")
    return [newest.values_list(name) for name in _FIELDS]


def recent(now: datetime) -> QuerySet[UnusualDay]:
    """What is news: of the last days, and not expected."""
    today = local_day(now, reading_zone())
    return UnusualDay.objects.filter(day__gte=today - NEWS, day__lt=today, expected_at=None)


def news(values: Sequence[Any]) -> UnusualDay | None:
    """Of the values that `news_queries` give; None without such a day."""
    return None if values[0] is None else UnusualDay(**dict(zip(_FIELDS, values, strict=True)))


def subject_name(row: UnusualDay, users: Mapping[int, EndUser]) -> str:
    """What the subject is called; `users` are those who are subjects, by id."""
    if row.kind == SubjectKind.USER:
        return str(users[int(row.key)])
    return row.key if row.kind != SubjectKind.EVERYBODY else _("everybody")


def in_words(rows: Collection[UnusualDay]) -> dict[int, str]:
    """By id, which day it was, whose, and what was unusual: 3 Nov 2026, everybody: Cost, USD."""
    users = names.users(int(row.key) for row in rows if row.kind == SubjectKind.USER)

    def measure(row: UnusualDay) -> str:
        title = row.get_measure_display()
        words = {"title": title, "currency": formatting.currency_name(row.currency)}
        return _("%(title)s, %(currency)s") % words if row.currency else title

    def told(row: UnusualDay) -> str:
        day = formatting.day(row.day, with_year=True)
        words = {"day": day, "subject": subject_name(row, users), "measure": measure(row)}
        return _("%(day)s, %(subject)s: %(measure)s") % words

    return {row.pk: told(row) for row in rows}


def made_by(row: UnusualDay) -> list[Culprit[str]]:
    """Who made it, the most first."""
    return [Culprit(key, Decimal(amount), Decimal(usual)) for key, amount, usual in row.made_by]


def _narrowed(selection: Selection) -> QuerySet[UnusualDay]:
    kept, asked = UnusualDay.objects.all(), Q()
    if selection.user_ids:
        asked |= Q(kind=SubjectKind.USER, key__in=map(str, selection.user_ids))
    if selection.groups:
        asked |= Q(kind=SubjectKind.GROUP, key__in=selection.groups)
    if selection.endpoint is not None:
        asked |= Q(kind=SubjectKind.ENDPOINT, key=selection.endpoint)
    kept = kept.filter(asked)
    return kept.filter(currency=selection.currency) if selection.currency else kept
