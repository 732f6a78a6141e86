"""Lines of a month: what is known now, and what is known now beyond what was written."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable

from stats.core.money import CostKind
from stats.core.periods import ALL_TIME, Range, last_of_month, range_of_days
from stats.core.zones import reading_zone
from stats.db import sql
from stats.db.expressions import CollatedText
from stats.db.statements import Statement, compiled, union
from stats.models import (
    GROUPS_ARE_DATED,
    APIUsageStats,
    ClosedLine,
    CurrencyName,
    DayUserEndpoint,
    EndpointName,
    EndUser,
    MonthUserEndpoint,
)
from stats.models.closings import FIGURES
from stats.query.conditions import memberships_on, text_of
from stats.query.coverage import Days
from stats.query.memberships import cut_months
from stats.query.selection import Selection
from stats.rollups import counters, id_steps
from stats.rollups.local_days import any_local_day, is_within
from stats.rollups.texts import CURRENCIES, ENDPOINTS

CALLS_TABLE = APIUsageStats._meta.db_table
# The columns of a key in a statement, where GROUP is a word of SQL.
KEYS = ("user_id", "group_", "endpoint", "currency")
# Of their columns.
LONGEST_NAME = 500
Figures = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Who:
    """A user as named on a day; None: no such user, no such column, or no group."""

    name: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """What a line is of; `group` is None for none and never empty."""

    user_id: int
    group: str | None
    endpoint: str
    currency: str

    @property
    def place(self) -> tuple[int, str, str, str]:
        """By which lines are in order: of a user those without a group come first."""
        return self.user_id, self.group or "", self.endpoint, self.currency


@dataclass(frozen=True, slots=True)
class Line:
    """A line: `figures` are those of `stats.models.closings.FIGURES`, costs in ten-thousandths."""

    key: Key
    user_name: str | None
    figures: Figures


def _counted(**which: object) -> Combinable:
    """The calls of the rows of a rollup that are such."""
    return Case(When(Q(**which), then="calls"), default=Value(0), output_field=IntegerField())


def _named(figure: str) -> str:
    """The name of a figure in a statement, apart from the column that it is made of."""
    return f"{figure}_"


NUMBERS = tuple(map(_named, FIGURES))
_OF_SUMS: dict[str, Combinable] = {
    **{name: F(name) for name in FIGURES},
    "failures": _counted(success=False),
    "unpriced_calls": _counted(cost_kind=CostKind.UNPRICED.value),
    "rounded_away_calls": _counted(cost_kind=CostKind.ROUNDED_AWAY.value),
    "no_usage_calls": _counted(cost_kind=CostKind.NO_USAGE.value),
}


def known_beyond(month: date, places: Collection[int], folded_to: int) -> list[Line]:
    """What is known of a month, less the lines of the entries at these places; no line that is zero
    throughout. What is known are the sums, and the calls that are not folded yet.

    A user keeps the name that these entries first wrote. A group is that of the day where groups
    have dates; elsewhere the one first written, else that of today.
    """
    parts = [*_of_sums(month), of_unfolded_calls(month, folded_to)]
    if places:
        parts.append(_as_written(places))
    return _lines(parts, places)


def known_of(first: date, last: date, folded_to: int) -> list[Line]:
    """The same of days, of which nothing is written."""
    if (first, last) == (first.replace(day=1), last_of_month(first)):
        return known_beyond(first, (), folded_to)
    sums = DayUserEndpoint.objects.filter(day__range=(first, last))
    unfolded = _of_unfolded_calls(range_of_days(first, last, reading_zone()), folded_to)
    return _lines([_of_rows(sums, "day"), unfolded], ())


def _lines(parts: Sequence[Statement], places: Collection[int]) -> list[Line]:
    rows = sql.not_zero(union(parts), KEYS, NUMBERS).rows()
    if not rows:
        return []
    users = _users_of_today(row[0] for row in rows) | _users_as_written(places)
    return [_line(users.get(row[0], Who()), row) for row in rows]


def _line(who: Who, row: tuple[Any, ...]) -> Line:
    user_id, group, endpoint, currency, *figures = row
    key = Key(user_id, group if GROUPS_ARE_DATED else who.group, endpoint, currency)
    return Line(key, who.name, tuple(map(int, figures)))


def _of_sums(month: date) -> Iterator[Statement]:
    """By month, and by day for the users who changed their group within it."""
    sums = MonthUserEndpoint.objects.filter(month=month)
    days = Days(month, last_of_month(month))
    cut = cut_months(Selection(ALL_TIME), days) if GROUPS_ARE_DATED else None
    yield _of_rows(sums.exclude(cut.months) if cut else sums, "month")
    if cut:
        yield _of_rows(DayUserEndpoint.objects.filter(cut.days), "day")


def _of_rows(sums: QuerySet[Any], day: str) -> Statement:
    """Added up by numbers first: groups and texts are then looked up once for each line."""
    added_up = (
        sums.order_by()
        .values("user_id", "endpoint_id", "currency_id", day)
        .annotate(**{_named(name): Sum(value) for name, value in _OF_SUMS.items()})
    )
    named = added_up.annotate(
        group_=_group_on(OuterRef(day)),
        endpoint=text_of(EndpointName, "endpoint_id"),
        currency=text_of(CurrencyName, "currency_id"),
    )
    return compiled(named.values_list(*KEYS, *NUMBERS))


def _group_on(day: Combinable) -> Combinable:
    """That of the row's user; NULL where groups have no dates."""
    if GROUPS_ARE_DATED:
        return Subquery(memberships_on(day).values("group")[:1])
    return Value(None, CharField())


def of_unfolded_calls(month: date, folded_to: int) -> Statement:
    """The lines of the calls of a month that are not in the sums yet."""
    return _of_unfolded_calls(range_of_days(month, last_of_month(month), reading_zone()), folded_to)


def _of_unfolded_calls(range: Range, folded_to: int) -> Statement:
    counted_as = {name: f"{name}_" for name in counters.COUNTERS}
    calls = (
        APIUsageStats.objects.filter(id_steps.above(folded_to))
        .filter(is_within(range))
        .values(
            "user_id",
            group_=_group_on(any_local_day(OuterRef("created_at"))),
            key_=CollatedText("api_endpoint"),
            outcome_=counters.OUTCOME,
        )
        .annotate(currency_=CollatedText("prompt_price_unit"))
        .annotate(**{counted_as[name]: count for name, count in counters.COUNTERS.items()})
    )
    columns = ("user_id", "group_", "key_", "currency_", "outcome_", *counted_as.values())
    part = compiled(calls.order_by().values_list(*columns))
    part = replace(part, text=sql.read_along_the_primary_key(part.text, CALLS_TABLE))
    figures = counted_as | counters.conditional_sums(counted_as, "outcome_")
    figures["failures"] = f"calls_ - {figures['successes']}"
    return sql.selected(
        part,
        {
            "user_id": "user_id",
            "group_": "group_",
            "endpoint": ENDPOINTS.or_others("RTRIM(key_)"),
            "currency": CURRENCIES.or_others(counters.CURRENCY_OF_TEXT.format("currency_")),
            **{_named(name): figures[name] for name in FIGURES},
        },
    )


def _as_written(places: Collection[int]) -> Statement:
    """The lines of entries with the opposite sign."""
    negative = {_named(name): F(name) * -1 for name in FIGURES}
    group = F("group") if GROUPS_ARE_DATED else Value(None, CharField())
    lines = ClosedLine.objects.filter(entry_id__in=places).annotate(group_=group, **negative)
    return compiled(lines.values_list(*KEYS, *NUMBERS))


def _users_of_today(user_ids: Iterable[int]) -> dict[int, Who]:
    """Users as they are called today."""
    return {
        user.pk: Who(
            _text(getattr(user, "name", None)),
            # Blank is no group, as everywhere.
            _text(user.group or None) if settings.USER_GROUP_COLUMN else None,
        )
        for user in EndUser.objects.in_bulk(list(set(user_ids))).values()
    }


def _users_as_written(places: Collection[int]) -> dict[int, Who]:
    """Users as the first of these entries calls each."""
    rows = ClosedLine.objects.filter(entry_id__in=places).order_by("-entry_id", "-number")
    return {
        user_id: Who(name, group)
        for user_id, name, group in rows.values_list("user_id", "user_name", "group")
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)[:LONGEST_NAME]
