"""The tables of the report pages as their files hold them: all rows, every figure unrounded.

Headings are the API's names where the API has one. Where there are several currencies, each has
its column, `costs.USD`, as it has its place in the API's `costs`; they are not added up.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from operator import itemgetter
from typing import Any, TypeVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from stats.admin import names
from stats.admin.files import Sheet
from stats.exports.calls import calls_table
from stats.exports.tables import Column, Kind, Table, local_time
from stats.models import EndUser, TranslationJob
from stats.reports.changes import Changes, NotComparable
from stats.reports.comparison import difference
from stats.reports.daily import CostTrend, DayCost
from stats.reports.endpoints import Endpoints, timed
from stats.reports.engine import TooManyCallsError
from stats.reports.errors import Errors
from stats.reports.failures import FailureGroup
from stats.reports.figures import Day, Figures
from stats.reports.job import Job
from stats.reports.latency import NO_TIMES, Percentiles
from stats.reports.leaderboard import Ranking, Row
from stats.reports.overview import Overview
from stats.reports.person import Person
from stats.reports.standings import Standings
from stats.reports.sums import NO_COST, Sums

Item = TypeVar("Item")
Columns = list[Column[Item]]
NamedUser = tuple[Row[Any], EndUser]
NamedJob = tuple[Row[Any], TranslationJob | None]


def one_page(
    name: str,
    columns: Iterable[Column[Item]],
    rows: Sequence[Item],
    costs: Mapping[str, Decimal] | None = None,
) -> Table[Item]:
    """A table whose rows are all there; `costs` is what they cost per currency."""
    return Table(name, tuple(columns), [rows] if rows else [], costs or {})


# ── columns that several tables have ────────────────────────────────────────────────────────────


def counts(sums: Callable[[Item], Sums]) -> Columns[Item]:
    """How many calls, how they went, and their tokens."""
    return [
        Column("total_calls", Kind.NUMBER, lambda item: sums(item).calls, _("Calls")),
        Column("successful_calls", Kind.NUMBER, lambda item: sums(item).successes, _("Succeeded")),
        Column("failed_calls", Kind.NUMBER, lambda item: sums(item).failures, _("Failures")),
        Column("total_tokens", Kind.NUMBER, lambda item: sums(item).total_tokens, _("Tokens")),
    ]


def more_counts(sums: Callable[[Item], Sums]) -> Columns[Item]:
    """What the sums of a full question tell besides."""

    def average(item: Item) -> float | None:
        return sums(item).average_response_ms if sums(item).timed_calls else None

    return [
        Column("prompt_tokens", Kind.NUMBER, lambda item: sums(item).prompt_tokens, _("Tokens in")),
        Column(
            "completion_tokens",
            Kind.NUMBER,
            lambda item: sums(item).completion_tokens,
            _("Tokens out"),
        ),
        Column("avg_response_time", Kind.NUMBER, average, _("Average")),
        Column("unpriced_calls", Kind.NUMBER, lambda item: sums(item).unpriced_calls),
        Column("rounded_away_calls", Kind.NUMBER, lambda item: sums(item).rounded_away_calls),
        Column("no_usage_calls", Kind.NUMBER, lambda item: sums(item).no_usage_calls),
    ]


def costs(sums: Callable[[Item], Sums], currencies: Sequence[str]) -> Columns[Item]:
    """What it cost: in the one currency there is, or a column for each."""
    if len(currencies) > 1:
        return [_cost_in(currency, sums) for currency in currencies]
    return [
        Column("total_cost", Kind.AMOUNT, lambda item: sums(item).cost, _("Cost")),
        *in_currency(next(iter(currencies), "")),
    ]


def _cost_in(currency: str, sums: Callable[[Item], Sums]) -> Column[Item]:
    name = f"costs.{currency}"
    return Column(name, Kind.AMOUNT, lambda item: sums(item).costs.get(currency, NO_COST))


def in_currency(currency: str) -> Columns[Any]:
    return [Column("currency", Kind.TEXT, lambda item: currency, _("Currency"))]


def _user(user: Callable[[Item], EndUser]) -> Columns[Item]:
    group: Columns[Item] = [
        Column("group", Kind.TEXT, lambda item: getattr(user(item), "group", None))
    ]
    return [
        Column("user_id", Kind.NUMBER, lambda item: user(item).pk),
        Column("name", Kind.TEXT, lambda item: getattr(user(item), "name", None)),
        *(group if settings.USER_GROUP_COLUMN else ()),
    ]


def _with_users(rows: Sequence[Row[int]]) -> list[NamedUser]:
    users = names.users(row.key for row in rows)
    return [(row, users[row.key]) for row in rows]


def _percentiles(times: Callable[[Item], Percentiles]) -> Columns[Item]:
    return [
        Column("p50", Kind.NUMBER, lambda item: times(item).p50),
        Column("p95", Kind.NUMBER, lambda item: times(item).p95),
        Column("p99", Kind.NUMBER, lambda item: times(item).p99),
    ]


# ── rankings ────────────────────────────────────────────────────────────────────────────────────


def users_leaderboard(found: Standings[int]) -> Table[NamedUser]:
    row, sums = _first, _sums_of_first
    return one_page(
        "users",
        [
            *_places(row),
            *_user(_second),
            *costs(sums, _currencies(found)),
            *_changes(row, found.ranking),
            *counts(sums),
            *more_counts(sums),
        ],
        _with_users(found.ranking.rows),
        found.ranking.total.sums.costs,
    )


def endpoints_leaderboard(found: Standings[str]) -> Table[Row[str]]:
    times = timed(found.ranking, found.selection).times
    return one_page(
        "endpoints",
        [
            *_places(_itself),
            Column("endpoint", Kind.TEXT, lambda row: row.key),
            *costs(_sums, _currencies(found)),
            *_changes(_itself, found.ranking),
            *counts(_sums),
            *more_counts(_sums),
            *_percentiles(lambda row: times.get(row.key, NO_TIMES)),
        ],
        found.ranking.rows,
        found.ranking.total.sums.costs,
    )


def users(ranking: Ranking[int], currency: str) -> Table[NamedUser]:
    """The users of a page about something else, by cost."""
    return one_page(
        "users",
        [
            *_places(_first)[:1],
            *_user(_second),
            *costs(_sums_of_first, [currency]),
            *_shares(_first),
            *counts(_sums_of_first),
        ],
        _with_users(ranking.rows),
        ranking.total.sums.costs,
    )


def endpoints(found: Endpoints, currency: str) -> Table[Row[str]]:
    return one_page(
        "endpoints",
        [
            *_places(_itself)[:1],
            Column("endpoint", Kind.TEXT, lambda row: row.key),
            *costs(_sums, [currency]),
            *_shares(_itself),
            *counts(_sums),
            *more_counts(_sums),
            *_percentiles(lambda row: found.times.get(row.key, NO_TIMES)),
        ],
        found.ranking.rows,
        found.ranking.total.sums.costs,
    )


def jobs(ranking: Ranking[int | None] | None, currency: str) -> Table[NamedJob]:
    """Jobs by cost; the calls without a job are a row without an id.

    Raises `TooManyCallsError` where the page does without.
    """
    if ranking is None:
        raise TooManyCallsError
    known = names.jobs(row.key for row in ranking.rows)
    return one_page(
        "jobs",
        [
            *_places(_first)[:1],
            Column("job_id", Kind.NUMBER, lambda named: named[0].key),
            Column("name", Kind.TEXT, lambda named: getattr(named[1], "name", None)),
            *costs(_sums_of_first, [currency]),
            *_shares(_first),
            *counts(_sums_of_first),
            *more_counts(_sums_of_first),
        ],
        [(row, known.get(row.key) if row.key is not None else None) for row in ranking.rows],
        ranking.total.sums.costs,
    )


def _itself(row: Row[Any]) -> Row[Any]:
    return row


def _first(named: tuple[Row[Any], Any]) -> Row[Any]:
    return named[0]


def _second(named: tuple[Any, EndUser]) -> EndUser:
    return named[1]


def _sums(row: Row[Any]) -> Sums:
    return row.sums


def _sums_of_first(named: tuple[Row[Any], Any]) -> Sums:
    return named[0].sums


def _currencies(found: Standings[Any]) -> Sequence[str]:
    return [found.ranked_in] if found.ranked_in else found.currencies


def _places(row: Callable[[Item], Row[Any]]) -> Columns[Item]:
    return [
        Column("rank", Kind.NUMBER, lambda item: row(item).rank, _("Rank")),
        Column("rank_before", Kind.NUMBER, lambda item: row(item).rank_before),
    ]


def _shares(row: Callable[[Item], Row[Any]]) -> Columns[Item]:
    return [Column("share", Kind.NUMBER, lambda item: row(item).share, _("Share"))]


def _changes(row: Callable[[Item], Row[Any]], ranking: Ranking[Any]) -> Columns[Item]:
    """Share and change of what is ranked by; no change where nothing is compared."""
    measure = ranking.measure.value
    kind = Kind.AMOUNT if isinstance(ranking.total.value, Decimal) else Kind.NUMBER

    def compared(read: Callable[[Row[Any]], Any]) -> Callable[[Item], Any]:
        return lambda item: read(row(item)) if ranking.is_compared else None

    return [
        *_shares(row),
        Column(f"{measure}_before", kind, compared(lambda row: row.value_before)),
        Column(f"{measure}_difference", kind, compared(lambda row: row.difference)),
        Column(f"{measure}_change", Kind.NUMBER, compared(lambda row: row.change)),
    ]


# ── days ────────────────────────────────────────────────────────────────────────────────────────


def days(figures: Figures) -> Table[Day]:
    """Every day of the period, those without calls as zero."""
    return one_page(
        "days",
        [
            Column("date", Kind.DAY, lambda day: day.date, _("Day")),
            *counts(_sums_of_day),
            *costs(_sums_of_day, figures.currencies),
            *more_counts(_sums_of_day),
        ],
        figures.days,
        figures.now.costs,
    )


def _sums_of_day(day: Day) -> Sums:
    return day.sums


def cost_trend(found: CostTrend) -> Table[DayCost]:
    """Every day beside its counterpart; `last_date` differs where one row is several days."""
    return one_page(
        "cost",
        [
            Column("date", Kind.DAY, lambda day: day.days[0]),
            Column("last_date", Kind.DAY, lambda day: day.days[1]),
            Column("cost", Kind.AMOUNT, lambda day: day.now),
            Column("cost_before", Kind.AMOUNT, lambda day: day.before),
            Column("cost_difference", Kind.AMOUNT, lambda day: difference(day.now, day.before)),
            *in_currency(found.currency),
        ],
        found.days,
        {found.currency: found.total} if found.currency else {},
    )


# ── errors, and what changed ────────────────────────────────────────────────────────────────────


def failure_groups(found: Errors) -> Table[FailureGroup]:
    return one_page(
        "errors",
        [
            Column("error_message", Kind.TEXT, lambda group: group.message),
            Column("failed_calls", Kind.NUMBER, lambda group: group.failures),
            Column("endpoints", Kind.TEXT, _failures_per_endpoint),
            Column("first_at", Kind.MOMENT, lambda group: local_time(group.first_at)),
            Column("last_at", Kind.MOMENT, lambda group: local_time(group.last_at)),
        ],
        found.groups,
        found.total.failed_costs,
    )


def _failures_per_endpoint(group: FailureGroup) -> str:
    return ", ".join(f"{endpoint} ({count})" for endpoint, count in group.per_endpoint.items())


def failed_calls(found: Person | Job) -> Table[Any]:
    """The calls themselves, of one user or job."""
    selection = found.figures.selection
    if selection.success:
        return one_page("errors", calls_table(selection).columns, [])
    return replace(calls_table(replace(selection, success=False)), name="errors")


def changed_users(found: Changes | NotComparable) -> Table[NamedUser]:
    rows = found.users.rows if isinstance(found, Changes) else ()
    columns = [*_user(_second), *_contribution(_first, found)]
    return one_page("users", columns, _with_users(rows), _cost_now(found))


def changed_endpoints(found: Changes | NotComparable) -> Table[Row[str]]:
    rows = found.endpoints.rows if isinstance(found, Changes) else ()
    endpoint: Column[Row[str]] = Column("endpoint", Kind.TEXT, lambda row: row.key)
    columns = [endpoint, *_contribution(_itself, found)]
    return one_page("endpoints", columns, rows, _cost_now(found))


def parts_of_change(found: Changes | NotComparable) -> Table[tuple[str, Decimal]]:
    """What more calls, longer ones and dearer tokens made of the difference."""
    names = ("calls", "tokens_per_call", "cost_per_token")
    split = found.split if isinstance(found, Changes) else None
    rows = [(name, getattr(split, name)) for name in names] if split else []
    return one_page(
        "parts",
        [
            Column("part", Kind.TEXT, itemgetter(0)),
            Column("cost_difference", Kind.AMOUNT, itemgetter(1)),
            *in_currency(_currency(found)),
        ],
        rows,
        _cost_now(found),
    )


def _contribution(row: Callable[[Item], Row[Any]], found: Changes | NotComparable) -> Columns[Item]:
    """An amount that there was not is nothing."""
    return [
        Column("cost_before", Kind.AMOUNT, lambda item: _before(row(item))),
        Column("cost", Kind.AMOUNT, lambda item: _now(row(item))),
        Column("cost_difference", Kind.AMOUNT, lambda item: row(item).difference),
        *in_currency(_currency(found)),
    ]


def _before(row: Row[Any]) -> Any:
    return None if row.is_new else row.value_before


def _now(row: Row[Any]) -> Any:
    return None if row.is_gone else row.value


def _currency(found: Changes | NotComparable) -> str:
    return found.currency if isinstance(found, Changes) else ""


def _cost_now(found: Changes | NotComparable) -> Mapping[str, Decimal]:
    if isinstance(found, Changes) and found.currency:
        return {found.currency: found.now.cost}
    return {}


# ── pages of several tables ─────────────────────────────────────────────────────────────────────

_DAYS = Sheet("days", _("Days"), lambda found: days(found.figures))
_USERS = Sheet("users", _("Users"), lambda found: users(found.users, _ranked_in(found)))
_ENDPOINTS = Sheet(
    "endpoints", _("Endpoints"), lambda found: endpoints(found.endpoints, _ranked_in(found))
)
_JOBS = Sheet("jobs", _("Jobs"), lambda found: jobs(found.jobs, _ranked_in(found)))
_ERRORS = Sheet("errors", _("Errors"), failed_calls)
OVERVIEW = (_USERS, _ENDPOINTS, _DAYS)
PERSON = (_DAYS, _ENDPOINTS, _JOBS, _ERRORS)
JOB = (_DAYS, _USERS, _ENDPOINTS, _ERRORS)
CHANGES = (
    Sheet("users", _("Users"), changed_users),
    Sheet("endpoints", _("Endpoints"), changed_endpoints),
    Sheet("parts", _("Difference"), parts_of_change),
)


def _ranked_in(found: Overview | Person | Job) -> str:
    return found.ranked_in or next(iter(found.figures.currencies), "")
