"""A page of calls → bands of a day with the rows below them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.admin.components import wording
from stats.admin.components.links import Address
from stats.core import formatting
from stats.core.money import NO_CURRENCY
from stats.core.periods import common, local_day, range_of_days
from stats.core.zones import reading_zone
from stats.models import APIUsageStats, EndUser, JobColumn, TranslationJob
from stats.query import engine, names
from stats.query.selection import Selection
from stats.query.sums import Sums

# A page of calls over more days than this has bands without sums.
MOST_DAYS = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class CallRow:
    """The texts and links of a call; NULL is a dash."""

    id: int
    url: str
    time: str
    user: str
    user_url: str
    endpoint: str
    job: str
    job_url: str
    of_job: tuple[str, ...]
    prompt_tokens: str
    completion_tokens: str
    cost: str
    currency: str
    exact_cost: str
    took: str
    result: str
    is_failure: bool
    message: str


@dataclass(frozen=True, slots=True)
class Band:
    """The calls of one day on this page; `sums` is over all matching calls of that day."""

    label: str
    sums: str
    rows: tuple[CallRow, ...]


@dataclass(frozen=True, slots=True)
class Ways:
    """Addresses that rows lead to: the list, the list at this page, a job; ids are added."""

    list: Address
    place: Address
    job: Address


def bands(
    calls: Sequence[APIUsageStats], selection: Selection, ways: Ways, of_job: Sequence[JobColumn]
) -> list[Band]:
    """The calls in their order, in bands by day, with these columns of their jobs."""
    sums = _sums_by_day(calls, selection)
    rows = iter(_rows(calls, ways, of_job))
    return [
        Band(
            formatting.weekday(day) if day else _("without a time"),
            _sums_text(sums[day]) if day and day in sums else "",
            tuple(next(rows) for _call in of_day),
        )
        for day, of_day in groupby(calls, day_of)
    ]


def unbanded(
    calls: Sequence[APIUsageStats], ways: Ways, of_job: Sequence[JobColumn], now: datetime
) -> list[Band]:
    """The calls in their order, each with its day: neighbours are of any days."""
    rows = (
        replace(row, time=formatting.moment(call.created_at, now)) if call.created_at else row
        for call, row in zip(calls, _rows(calls, ways, of_job), strict=True)
    )
    return [Band("", "", tuple(rows))]


def _rows(
    calls: Sequence[APIUsageStats], ways: Ways, of_job: Sequence[JobColumn]
) -> Iterator[CallRow]:
    users = names.users(call.user_id for call in calls)
    jobs = names.jobs(call.job_id for call in calls)
    places = formatting.places_of(call.cost for call in calls)
    for call in calls:
        yield _row(call, users[call.user_id], jobs.get(call.job_id or 0), of_job, ways, places)


def day_of(call: APIUsageStats) -> date | None:
    """The day of the call in TIME_ZONE."""
    return local_day(call.created_at, reading_zone()) if call.created_at else None


def _sums_by_day(calls: Sequence[APIUsageStats], selection: Selection) -> Mapping[date, Sums]:
    days = [day for day in map(day_of, calls) if day]
    if not days or max(days) - min(days) > MOST_DAYS:
        return {}
    shown = range_of_days(min(days), max(days), reading_zone())
    within = selection.during(common(selection.range, shown))
    return engine.unless_too_many(engine.by_day, within) or {}


def _sums_text(sums: Sums) -> str:
    """41 calls, USD 2.13."""
    costs = (formatting.money(name, cost) for name, cost in sorted(sums.costs.items()))
    return formatting.listed([wording.calls(sums.calls), *costs])


def _row(
    call: APIUsageStats,
    user: EndUser,
    job: TranslationJob | None,
    of_job: Sequence[JobColumn],
    ways: Ways,
    places: int,
) -> CallRow:
    created_at, cost = call.created_at, call.cost
    currency = call.prompt_price_unit or NO_CURRENCY
    return CallRow(
        id=call.pk,
        url=str(ways.place.call(call.pk)),
        time=formatting.clock(created_at, reading_zone(), with_seconds=True)
        if created_at
        else formatting.DASH,
        user=str(user),
        user_url=str(ways.list.having(user_id=call.user_id)),
        endpoint=call.api_endpoint,
        job=str(job) if job else "",
        job_url=job_url(call, ways.job),
        of_job=tuple(shown.of(job) or "" for shown in of_job),
        prompt_tokens=count(call.prompt_tokens),
        completion_tokens=count(call.completion_tokens),
        cost=formatting.DASH
        if cost is None
        else formatting.in_line(formatting.amount(cost, places), places),
        currency=formatting.currency_name(currency) if cost else "",
        exact_cost=formatting.exact_money(currency, cost) if cost else "",
        took=str(formatting.duration(call.response_time_ms))
        if call.response_time_ms is not None
        else formatting.DASH,
        result=_result(call),
        is_failure=call.success is not True,
        message=call.error_message or "",
    )


def job_url(call: APIUsageStats, known: Address) -> str:
    """The page of the call's job, in the month of the call unless `known` has a period; empty
    without a job."""
    if call.job_id is None:
        return ""
    return str(known.at("reports_job", call.job_id).of_month(day_of(call)))


def count(value: int | None) -> str:
    """A number; a dash where there is none."""
    return formatting.DASH if value is None else formatting.number(value)


def _result(call: APIUsageStats) -> str:
    if call.success is None:
        return _("not known")
    return _("ok") if call.success else _("failed")


def totals(sums: Sums) -> Iterator[tuple[str, str]]:
    """The line above the rows: figures and their names."""
    yield formatting.number(sums.calls), ngettext("call", "calls", sums.calls)
    for currency, cost in sorted(sums.costs.items()):
        yield formatting.money(currency, cost), ""
    yield str(formatting.quantity(sums.prompt_tokens)), _("tokens in")
    yield str(formatting.quantity(sums.completion_tokens)), _("out")
    if sums.calls:
        yield formatting.percent(sums.success_rate), _("succeeded")
    if sums.timed_calls:
        yield str(formatting.duration(sums.average_response_ms)), _("average")
