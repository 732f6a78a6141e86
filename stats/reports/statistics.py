"""The five statistics with the keys that code written for the translator expects (spec §4).

All take the time `now` and `currency`. If several currencies are in range, `costs` is beside the
plain sum. Costs are summed exactly and become floats only in these results. All raise `ValueError`
for an argument that cannot be used.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar, Unpack

from stats.core import periods
from stats.core.periods import Range
from stats.core.zones import column_zone, reading_zone
from stats.ingest.columns import BIGINT_MAX
from stats.models.translator_methods import Moment, Narrowed
from stats.query import engine
from stats.query.selection import Selection
from stats.query.sums import BriefSums, Sums, currencies_of
from stats.rollups.folding import reading_at

MAX_LIMIT = 1000
Answer = TypeVar("Answer")


def user_statistics(user_id: int, now: datetime, **narrowed: Unpack[Narrowed]) -> dict[str, Any]:
    """One user's totals, zeros for an unknown one: `{total_calls, successful_calls, failed_calls,
    success_rate (percent), total_tokens, total_cost, avg_response_time (ms)}`."""
    selection = _selection(user_ids=(user_id,), **narrowed)
    # No column holds a larger id, and SQLite would stumble over it.
    sums = _asked(engine.total, selection, now) if abs(user_id) <= BIGINT_MAX else Sums()
    return {
        **_counts(sums),
        "success_rate": sums.success_rate,
        "total_tokens": sums.total_tokens,
        "total_cost": float(sums.cost),
        "avg_response_time": sums.average_response_ms,
        **_costs(sums, _is_mixed([sums])),
    }


def daily_statistics(
    days: int, now: datetime, **narrowed: Unpack[Narrowed]
) -> list[dict[str, Any]]:
    """Per date with calls, ascending: `{date, total_calls, successful_calls, failed_calls,
    total_tokens, total_cost}`. The dates, if given, replace `days` before `now`."""
    selection = _selection(**narrowed)
    if selection.range.is_all_time:
        selection = selection.during(periods.last_days(days, now))
    sums_by_day = _asked(engine.by_day, selection, now)
    mixed = _is_mixed(sums_by_day.values())
    return [
        {
            "date": day.isoformat(),
            **_counts(sums),
            "total_tokens": sums.total_tokens,
            "total_cost": float(sums.cost),
            **_costs(sums, mixed),
        }
        for day, sums in sums_by_day.items()
    ]


def cost_trend(days: int, now: datetime, **narrowed: Unpack[Narrowed]) -> list[dict[str, Any]]:
    """Per date with calls, ascending: `{date, cost}`; the range as in `daily_statistics`."""
    names = {"date": "date", "total_cost": "cost", "costs": "costs"}
    return [
        {names[name]: value for name, value in day.items() if name in names}
        for day in daily_statistics(days, now, **narrowed)
    ]


def top_users(now: datetime, limit: int = 10, **narrowed: Unpack[Narrowed]) -> list[dict[str, Any]]:
    """By plain cost descending, then user id:
    `{user_id, total_calls, total_tokens, total_cost}`."""
    periods.check_whole_number("limit", limit, 1, MAX_LIMIT)
    sums_by_user = _asked(engine.by_user_in_brief, _selection(**narrowed), now)
    ranked = sorted(sums_by_user.items(), key=lambda item: (-item[1].cost, item[0]))
    mixed = _is_mixed(sums_by_user.values())
    return [
        {
            "user_id": user_id,
            "total_calls": sums.calls,
            "total_tokens": sums.total_tokens,
            "total_cost": float(sums.cost),
            **_costs(sums, mixed),
        }
        for user_id, sums in ranked[:limit]
    ]


def endpoint_statistics(now: datetime, **narrowed: Unpack[Narrowed]) -> list[dict[str, Any]]:
    """By calls descending, then endpoint:
    `{endpoint, total_calls, total_cost, avg_response_time (ms)}`."""
    sums_by_endpoint = _asked(engine.by_endpoint, _selection(**narrowed), now)
    ranked = sorted(sums_by_endpoint.items(), key=lambda item: (-item[1].calls, item[0]))
    mixed = _is_mixed(sums_by_endpoint.values())
    return [
        {
            "endpoint": endpoint,
            "total_calls": sums.calls,
            "total_cost": float(sums.cost),
            "avg_response_time": sums.average_response_ms,
            **_costs(sums, mixed),
        }
        for endpoint, sums in ranked
    ]


def range_of(start_date: Moment, end_date: Moment) -> Range:
    """The closed range of two arguments: ISO texts, dates (whole local days) or datetimes
    (naive in DATABASE_TIME_ZONE); both missing is all time. Raises `ValueError`."""
    start, end = (
        periods.parse_moment(moment) if isinstance(moment, str) else moment
        for moment in (start_date, end_date)
    )
    return periods.range_between(start, end, reading_zone(), column_zone())


def _selection(
    user_ids: tuple[int, ...] = (),
    start_date: Moment = None,
    end_date: Moment = None,
    currency: str | None = None,
) -> Selection:
    return Selection(range_of(start_date, end_date), user_ids=user_ids, currency=currency)


def _asked(ask: Callable[[Selection], Answer], selection: Selection, now: datetime) -> Answer:
    with reading_at(now):
        return ask(selection)


def _counts(sums: Sums) -> dict[str, int]:
    return {
        "total_calls": sums.calls,
        "successful_calls": sums.successes,
        "failed_calls": sums.failures,
    }


def _is_mixed(all_sums: Iterable[BriefSums]) -> bool:
    return len(currencies_of(all_sums)) > 1


def _costs(sums: BriefSums, is_mixed: bool) -> dict[str, dict[str, float]]:
    if not is_mixed:
        return {}
    return {"costs": {name: float(cost) for name, cost in sorted(sums.costs.items())}}
