"""The parts of an answer: sums of days and months, and calls, all of one shape.

A part yields rows of (key, currency, success, sign, *COUNTERS), to be joined by UNION ALL.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

from django.db.models import (
    BigIntegerField,
    F,
    IntegerField,
    Max,
    Min,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from stats.counters import COUNTERS, CURRENCY, ENDPOINT, SUCCEEDED
from stats.local_days import local_day_of
from stats.models import (
    UNDATED,
    APIUsageStats,
    CurrencyName,
    DayEndpoint,
    DayUser,
    DayUserEndpoint,
    EndpointName,
    EndUser,
    FoldState,
    MonthUser,
    MonthUserEndpoint,
)
from stats.periods import DAY, MAX_DAYS, Range
from stats.reports.coverage import Coverage, Days, months_and_days
from stats.reports.selection import Selection
from stats.rollups.state import STATE_ID

Part = QuerySet[Any]
PLUS, MINUS = 1, -1
FOLDED_TO = Coalesce(
    Subquery(FoldState.objects.filter(pk=STATE_ID).values("folded_to")),
    0,
    output_field=BigIntegerField(),
)
# One user on so many days is looked up day by day along the key, instead of over all users.
LOOKUPS = 2_000


class Dimension(Enum):
    """What sums are grouped by."""

    NONE = "none"
    DAY = "day"
    USER = "user_id"
    JOB = "job_id"
    ENDPOINT = "endpoint"


@dataclass(frozen=True, slots=True)
class Question:
    """Which calls, grouped by what, and which of `COUNTERS` are asked for."""

    selection: Selection
    by: Dimension
    counters: tuple[str, ...] = tuple(COUNTERS)

    def during(self, range: Range) -> "Question":
        """The same question about another stretch of time."""
        return replace(self, selection=self.selection.during(range))

    @property
    def columns(self) -> tuple[str, ...]:
        """What each row of an answer's part holds."""
        return ("key_", "currency_", "success_", "sign_", *map(_counted, self.counters))


def of_calls(question: Question) -> list[Part]:
    """Everything straight from the calls."""
    return [_calls(question, Q())]


def of_sums_and_calls(question: Question, coverage: Coverage) -> list[Part]:
    """Whole days from the sums, what is behind them and the edges of days from the calls."""
    parts = _sums(question, coverage.days) if coverage.days else []
    parts.append(_calls(question, Q(pk__gt=FOLDED_TO)))
    folded = Q(pk__lte=FOLDED_TO)
    parts += [_calls(question.during(edge), folded) for edge in coverage.added]
    parts += [_calls(question.during(edge), folded, MINUS) for edge in coverage.subtracted]
    return parts


def _counted(name: str) -> str:
    """The name of a counter in a part: apart from the columns that it counts."""
    return f"{name}_"


def _calls(question: Question, which: Q, sign: int = PLUS) -> Part:
    calls = question.selection.narrow(APIUsageStats.objects.filter(which))
    if question.by is Dimension.DAY:
        calls = calls.filter(created_at__isnull=False)
    grouped = calls.order_by().values(
        key_=_key_of_calls(question.selection.range, question.by),
        currency_=CURRENCY,
        success_=SUCCEEDED,
        sign_=Value(sign, IntegerField()),
    )
    counters = {_counted(name): COUNTERS[name] for name in question.counters}
    return grouped.annotate(**counters).values_list(*question.columns)


def _key_of_calls(range: Range, by: Dimension) -> Combinable:
    match by:
        case Dimension.NONE:
            return Value(0, IntegerField())
        case Dimension.DAY:
            return local_day_of("created_at", *_bounds(range))
        case Dimension.ENDPOINT:
            return ENDPOINT
        case _:
            return F(by.value)


def _bounds(range: Range) -> tuple[datetime | None, datetime | None]:
    """The first and last time that calls in the range can have."""
    if range.start and range.end and range.end - range.start <= MAX_DAYS * DAY:
        return range.start, range.end
    # Offsets are looked up day by day: not over the thousand years that a caller may ask for.
    found = APIUsageStats.objects.aggregate(first=Min("created_at"), last=Max("created_at"))
    if found["first"] is None:
        return None, None
    return (
        max(found["first"], range.start or found["first"]),
        min(found["last"], range.end or found["last"]),
    )


def _sums(question: Question, days: Days) -> list[Part]:
    by_day, by_month = _grains(question)
    months, rest = months_and_days(days) if by_month else (None, [days])
    parts = [_of_grain(by_day, question, _days(question, some)) for some in rest]
    if by_month and months:
        parts.append(_of_grain(by_month, question, months.condition("month")))
    return parts


def _grains(question: Question) -> tuple[type[Model], type[Model] | None]:
    """The grain by day, and the one by month where that will do."""
    selection, by = question.selection, question.by
    has_user = by is Dimension.USER or selection.user_ids or selection.groups
    has_endpoint = by is Dimension.ENDPOINT or selection.endpoint is not None
    if not has_user:
        return DayEndpoint, None
    by_day, by_month = (
        (DayUserEndpoint, MonthUserEndpoint) if has_endpoint else (DayUser, MonthUser)
    )
    return by_day, None if by is Dimension.DAY else by_month


def _days(question: Question, days: Days) -> Q:
    users = len(question.selection.user_ids)
    lookups = days.listed(LOOKUPS // users) if users else None
    if lookups:
        return Q(day__in=lookups)
    dated = Q(day__gt=UNDATED) if question.by is Dimension.DAY else Q()
    return days.condition("day") & dated


def _of_grain(model: type[Model], question: Question, when: Q) -> Part:
    rows = model._default_manager.filter(when, *conditions(question.selection)).order_by()
    grouped = rows.values(
        number_=_key_of_sums(question.by),
        currency_number_=F("currency_id"),
        success_=F("success"),
        sign_=Value(PLUS, IntegerField()),
    )
    is_by_endpoint = question.by is Dimension.ENDPOINT
    named = {
        "key_": text_of(EndpointName, "endpoint_id") if is_by_endpoint else F("number_"),
        "currency_": text_of(CurrencyName, "currency_id"),
    }
    counters = {_counted(name): Sum(name) for name in question.counters}
    summed: Part = grouped.annotate(**counters).annotate(**named)
    return summed.values_list(*question.columns)


def _key_of_sums(by: Dimension) -> Combinable:
    if by is Dimension.NONE:
        return Value(0, IntegerField())
    return F({Dimension.ENDPOINT: "endpoint_id"}.get(by, by.value))


def text_of(names: type[Model], number: str, column: str = "text") -> Subquery:
    """The text of a number, looked up once per group."""
    return Subquery(names._default_manager.filter(pk=OuterRef(number)).values(column))


def conditions(selection: Selection) -> list[Q]:
    """What a selection asks of the keys of a rollup, its time apart."""
    given = {
        "user_id__in": selection.user_ids or None,
        "success": selection.success,
        "endpoint_id": _number(EndpointName, selection.endpoint),
        "currency_id": _number(CurrencyName, selection.currency),
    }
    found = [Q((lookup, value)) for lookup, value in given.items() if value is not None]
    if selection.groups:
        users = EndUser._default_manager.filter(Q(("group__in", selection.groups)))
        found.append(Q(user_id__in=users.values("pk")))
    return found


def _number(names: type[Model], text: str | None) -> Subquery | None:
    if text is None:
        return None
    return Subquery(names._default_manager.filter(text=text.rstrip(" ")).values("pk"))
