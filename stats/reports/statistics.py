"""The five statistics with the keys that code written for the translator expects (spec §4).

All take `currency`; where several currencies are in range, `costs` stands beside the plain sum.
Money is a float only in these results, after it was summed exactly. All raise `ValueError` where
an argument cannot be used.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from stats.core import periods
from stats.core.periods import Range
from stats.core.zones import column_zone, reading_zone
from stats.ingest.columns import BIGINT_MAX
from stats.query import engine
from stats.query.selection import Selection
from stats.query.sums import BriefSums, Sums, currencies_of

Moment = date | datetime | str | None
MAX_LIMIT = 1000


def user_statistics(
    user_id: int, start_date: Moment = None, end_date: Moment = None, *, currency: str | None = None
) -> dict[str, Any]:
    """One user's totals, zeros for an unknown one: `{total_calls, successful_calls, failed_calls,
    success_rate (percent), total_tokens, total_cost, avg_response_time (ms)}`."""
    selection = Selection(range_of(start_date, end_date), user_ids=(user_id,), currency=currency)
    # No column holds a larger id, and SQLite would stumble over it.
    sums = engine.total(selection) if abs(user_id) <= BIGINT_MAX else Sums()
    return {
        **_counts(sums),
        "success_rate": sums.success_rate,
        "total_tokens": sums.total_tokens,
        "total_cost": float(sums.cost),
        "avg_response_time": sums.average_response_ms,
        **_costs(sums, _is_mixed([sums])),
    }


def daily_statistics(
    days: int,
    now: datetime,
    *,
    start_date: Moment = None,
    end_date: Moment = None,
    currency: str | None = None,
) -> list[dict[str, Any]]:
    """Per date with calls, ascending: `{date, total_calls, successful_calls, failed_calls,
    total_tokens, total_cost}`. The dates, where given, stand instead of `days` before `now`."""
    selection = Selection(_last_days_or(days, now, start_date, end_date), currency=currency)
    sums_by_day = engine.by_day(selection)
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


def cost_trend(
    days: int,
    now: datetime,
    *,
    start_date: Moment = None,
    end_date: Moment = None,
    currency: str | None = None,
) -> list[dict[str, Any]]:
    """Per date with calls, ascending: `{date, cost}`; the range as in `daily_statistics`."""
    selection = Selection(_last_days_or(days, now, start_date, end_date), currency=currency)
    sums_by_day = engine.by_day(selection)
    mixed = _is_mixed(sums_by_day.values())
    return [
        {"date": day.isoformat(), "cost": float(sums.cost), **_costs(sums, mixed)}
        for day, sums in sums_by_day.items()
    ]


def top_users(
    limit: int = 10,
    start_date: Moment = None,
    end_date: Moment = None,
    *,
    currency: str | None = None,
) -> list[dict[str, Any]]:
    """By plain cost descending, then user id:
    `{user_id, total_calls, total_tokens, total_cost}`."""
    periods.check_whole_number("limit", limit, 1, MAX_LIMIT)
    selection = Selection(range_of(start_date, end_date), currency=currency)
    sums_by_user = engine.by_user_in_brief(selection)
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


def endpoint_statistics(
    start_date: Moment = None, end_date: Moment = None, *, currency: str | None = None
) -> list[dict[str, Any]]:
    """By calls descending, then endpoint:
    `{endpoint, total_calls, total_cost, avg_response_time (ms)}`."""
    sums_by_endpoint = engine.by_endpoint(
        Selection(range_of(start_date, end_date), currency=currency)
    )
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


def _last_days_or(days: int, now: datetime, start_date: Moment, end_date: Moment) -> Range:
    if start_date is None and end_date is None:
        return periods.last_days(days, now)
    return range_of(start_date, end_date)


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
