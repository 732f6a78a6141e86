"""Leaderboards and other rankings: users, endpoints and jobs, all of them."""

from collections.abc import Sequence
from typing import Any

from stats.admin.components import names
from stats.admin.sheets.columns import (
    NamedUser,
    changes_of,
    compared_with,
    costs,
    counts,
    first,
    itself,
    more_counts,
    of_user,
    one_page,
    percentiles,
    places,
    second,
    shares,
    sums_of_first,
    sums_of_row,
    with_users,
)
from stats.models import TranslationJob
from stats.query.latency import NO_TIMES
from stats.query.sums import Sums
from stats.reports.endpoints import Endpoints, timed
from stats.reports.groups import groups_of
from stats.reports.leaderboard import Standings
from stats.reports.ranking import Ranking, Row
from stats.tables.table import Column, Kind, Table

NamedJob = tuple[Row[Any, Sums], TranslationJob | None]


def users_leaderboard(found: Standings[int]) -> Table[NamedUser]:
    row, sums = first, sums_of_first
    return one_page(
        "users",
        [
            *places(row),
            *of_user(second),
            *costs(sums, _currencies(found)),
            *changes_of(row, found.ranking),
            *compared_with(found.base),
            *counts(sums),
            *more_counts(sums),
        ],
        with_users(found.ranking.rows),
        found.ranking.total.sums.costs,
    )


def endpoints_leaderboard(found: Standings[str]) -> Table[Row[str, Sums]]:
    times = timed(found.ranking, found.selection).times
    return one_page(
        "endpoints",
        [
            *places(itself),
            Column("endpoint", Kind.TEXT, lambda row: row.key),
            *costs(sums_of_row, _currencies(found)),
            *changes_of(itself, found.ranking),
            *compared_with(found.base),
            *counts(sums_of_row),
            *more_counts(sums_of_row),
            *percentiles(lambda row: times.get(row.key, NO_TIMES)),
        ],
        found.ranking.rows,
        found.ranking.total.sums.costs,
    )


def groups_leaderboard(found: Standings[int]) -> Table[Row[str, Sums]]:
    """The same sums by the groups of today; users without one are a row without a name."""
    groups = groups_of(found.ranking)
    return one_page(
        "groups",
        [
            *places(itself),
            Column("group", Kind.TEXT, lambda row: row.key),
            Column("users", Kind.NUMBER, lambda row: groups.members.get(row.key, 0)),
            *costs(sums_of_row, _currencies(found)),
            *changes_of(itself, groups.ranking),
            *compared_with(found.base),
            *counts(sums_of_row),
            *more_counts(sums_of_row),
        ],
        groups.ranking.rows,
        groups.ranking.total.sums.costs,
    )


def users(ranking: Ranking[int, Sums], currency: str) -> Table[NamedUser]:
    """The users of a page about something else, by cost."""
    return one_page(
        "users",
        [
            *places(first)[:1],
            *of_user(second),
            *costs(sums_of_first, [currency]),
            *shares(first),
            *counts(sums_of_first),
            *more_counts(sums_of_first),
        ],
        with_users(ranking.rows),
        ranking.total.sums.costs,
    )


def endpoints(found: Endpoints, currency: str) -> Table[Row[str, Sums]]:
    return one_page(
        "endpoints",
        [
            *places(itself)[:1],
            Column("endpoint", Kind.TEXT, lambda row: row.key),
            *costs(sums_of_row, [currency]),
            *shares(itself),
            *counts(sums_of_row),
            *more_counts(sums_of_row),
            *percentiles(lambda row: found.times.get(row.key, NO_TIMES)),
        ],
        found.ranking.rows,
        found.ranking.total.sums.costs,
    )


def jobs(ranking: Ranking[int | None, Sums], currency: str) -> Table[NamedJob]:
    """Jobs by cost; the calls without a job are a row without an id."""
    known = names.jobs(row.key for row in ranking.rows)
    return one_page(
        "jobs",
        [
            *places(first)[:1],
            Column("job_id", Kind.ID, lambda named: named[0].key),
            Column("name", Kind.TEXT, lambda named: getattr(named[1], "name", None)),
            *costs(sums_of_first, [currency]),
            *shares(first),
            *counts(sums_of_first),
            *more_counts(sums_of_first),
        ],
        [(row, known.get(row.key) if row.key is not None else None) for row in ranking.rows],
        ranking.total.sums.costs,
    )


def _currencies(found: Standings[Any]) -> Sequence[str]:
    return [found.ranked_in] if found.ranked_in else found.currencies
