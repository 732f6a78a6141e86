"""Rankings of users, endpoints, jobs and groups: columns that pages and files have in common.

A page shows the first rows, a file all of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stats.admin.components import names, tables, wording
from stats.admin.components.links import Address
from stats.admin.components.tables import Line
from stats.admin.sheets.columns import (
    Columns,
    compared_with,
    costs,
    counts,
    more_counts,
    of_user,
    on_page,
    one_page,
    percentiles,
)
from stats.core import formatting
from stats.models import JOB_COLUMNS, JobColumn
from stats.reports.endpoints import Endpoints, timed
from stats.reports.groups import Groups, groups_of
from stats.reports.leaderboard import Leaderboard
from stats.reports.ranking import Measure, Ranking
from stats.tables.html import MAIN, DrawnTable, Rows, drawn
from stats.tables.table import OTHERS, TOTAL, Column, Kind, OnPage, Phone, RowKind, Table

_sums = attrgetter("sums")
_record = attrgetter("target.record")
_times = attrgetter("target.times")
MEASURED = {
    Measure.COST: "total_cost",
    Measure.CALLS: "total_calls",
    Measure.TOKENS: "total_tokens",
    Measure.FAILURES: "failed_calls",
}
_RATE = _("Succeeded")
# The columns behind those of money, on pages.
_USAGE = ("total_calls", "total_tokens", "failed_calls")
_HEALTH = (
    "total_calls",
    "failed_calls",
    "success_rate",
    "avg_response_time",
    "p50",
    "p95",
    "p99",
)


# ── leaderboards ────────────────────────────────────────────────────────────────────────────────


def users_leaderboard(found: Leaderboard[int]) -> Table[Line]:
    targets = tables.of_users(names.users(row.key for row in found.ranking.rows))
    lines = tables.every_line(found.ranking, targets)
    return one_page("users", _leading_users(found), lines, found.ranking.total.sums.costs)


def endpoints_leaderboard(found: Leaderboard[str]) -> Table[Line]:
    times = timed(found.ranking, found.selection).times
    targets = tables.of_endpoints(all_times=times)
    lines = tables.every_line(found.ranking, targets)
    return one_page("endpoints", _leading_endpoints(found), lines, found.ranking.total.sums.costs)


def groups_leaderboard(found: Leaderboard[int]) -> Table[Line]:
    """The same sums by the groups of today; users without one are a row without a name."""
    groups = groups_of(found.ranking)
    lines = tables.every_line(groups.ranking, tables.of_groups(groups))
    return one_page(
        "groups", _leading_groups(found, groups), lines, groups.ranking.total.sums.costs
    )


def drawn_users_leaderboard(found: Leaderboard[int], table: tables.Table) -> DrawnTable:
    order = ("rank", "rank_note", "name", "group", *_money(found.ranking), *_USAGE)
    return drawn("users", _leading_users(found), _rows(table, total_span=2), order=order)


def drawn_endpoints_leaderboard(found: Leaderboard[str], table: tables.Table) -> DrawnTable:
    order = ("rank", "rank_note", "endpoint", *_money(found.ranking), *_HEALTH)
    return drawn("endpoints", _leading_endpoints(found), _rows(table, total_span=2), order=order)


def drawn_groups_leaderboard(
    found: Leaderboard[int], groups: Groups, table: tables.Table
) -> DrawnTable:
    order = ("group", "users", *_money(groups.ranking), *_USAGE)
    return drawn("groups", _leading_groups(found, groups), _rows(table), order=order)


def _leading_users(found: Leaderboard[int]) -> Columns[Line]:
    return [
        *_places(),
        *of_user(_record, _heading(note=_calls_and_success)),
        *_leading(found, found.ranking),
    ]


def _leading_endpoints(found: Leaderboard[str]) -> Columns[Line]:
    return [
        *_places(),
        _endpoint(_calls_and_success),
        *_leading(found, found.ranking),
        *percentiles(_times),
    ]


def _leading_groups(found: Leaderboard[int], groups: Groups) -> Columns[Line]:
    return [
        *_places(),
        Column(
            "group",
            Kind.TEXT,
            lambda line: line.row.key,
            _("Group today"),
            _heading(note=_calls_and_success),
        ),
        Column(
            "users",
            Kind.NUMBER,
            lambda line: line.target.members,
            _("Users"),
            OnPage(phone=Phone.HIDDEN, blank_in=OTHERS),
        ),
        *_leading(found, groups.ranking),
    ]


def _leading(found: Leaderboard[Any], ranking: Ranking[Any, Any]) -> Columns[Line]:
    """What all leaderboards tell; a phone shows what is ranked by."""
    measured = MEASURED[ranking.measure]
    columns = [
        *on_page(
            costs(_sums, _currencies(found), _to_own_calls),
            "total_cost",
            looks="",
            phone=Phone.HIDDEN,
        ),
        *_shares(),
        *_changes(ranking, wording.days_before(found.base)),
        *compared_with(found.base),
        *counts(_sums, _own_calls, rate_label=_RATE),
        *more_counts(_sums),
    ]
    return on_page(columns, measured, looks=MAIN, phone=Phone.LAST)


def _money(ranking: Ranking[Any, Any]) -> Sequence[str]:
    """The first columns of figures on a page: cost, share, change."""
    measure = ranking.measure.value
    return ("total_cost", "bar", "share", f"{measure}_difference", f"{measure}_change")


def _places() -> Columns[Line]:
    return [
        Column(
            "rank",
            Kind.NUMBER,
            lambda line: line.row.rank,
            _("Rank"),
            OnPage(looks="rank", blank_in=OTHERS | TOTAL),
        ),
        Column(
            "rank_note",
            Kind.TEXT,
            attrgetter("note"),
            _("Change of rank"),
            OnPage(phone=Phone.HIDDEN, looks="note", unseen=True, blank_in=OTHERS | TOTAL),
            in_files=False,
        ),
        Column("rank_before", Kind.NUMBER, lambda line: line.row.rank_before),
    ]


def _changes(ranking: Ranking[Any, Any], days_before: str) -> Columns[Line]:
    """The change of what is ranked by; none where nothing is compared."""
    measure = ranking.measure.value
    kind = Kind.AMOUNT if isinstance(ranking.total.value, Decimal) else Kind.NUMBER
    is_compared = ranking.is_compared
    label = gettext("Change since %(days_before)s") % {"days_before": days_before}
    page: OnPage[Line] = OnPage(phone=Phone.HIDDEN, is_signed=True, blank_in=OTHERS)

    def column(
        name: str, kind: Kind, attribute: str, label: str = "", span: int = 1
    ) -> Column[Line]:
        read = attrgetter(f"row.{attribute}")
        return Column(
            f"{measure}_{name}",
            kind,
            lambda line: read(line) if is_compared else None,
            label if is_compared else "",
            replace(page, span=span),
        )

    return [
        column("before", kind, "value_before"),
        column("difference", kind, "difference", label, span=2),
        column("change", Kind.PERCENT, "change", label),
    ]


def _currencies(found: Leaderboard[Any]) -> Sequence[str]:
    return [found.ranked_in] if found.ranked_in else found.currencies


# ── rankings on pages about something else, by cost ─────────────────────────────────────────────


def users(ranking: Ranking[int, Any], currency: str) -> Table[Line]:
    targets = tables.of_users(names.users(row.key for row in ranking.rows))
    lines = tables.every_line(ranking, targets)
    return one_page("users", _users(currency), lines, ranking.total.sums.costs)


def endpoints(found: Endpoints, currency: str) -> Table[Line]:
    lines = tables.every_line(found.ranking, tables.of_endpoints(all_times=found.times))
    return one_page("endpoints", _endpoints(currency), lines, found.ranking.total.sums.costs)


def jobs(ranking: Ranking[int | None, Any], currency: str) -> Table[Line]:
    """Jobs by cost; the calls without a job are a row without an id."""
    targets = tables.of_jobs(names.jobs(row.key for row in ranking.rows))
    lines = tables.every_line(ranking, targets)
    return one_page("jobs", _jobs(currency), lines, ranking.total.sums.costs)


def drawn_users(table: tables.Table, currency: str) -> DrawnTable:
    order = ("name", "total_calls", "total_cost", "bar", "share")
    return drawn("users", _users(currency), _rows(table), order=order)


def drawn_endpoints(table: tables.Table, currency: str) -> DrawnTable:
    order = ("endpoint", "total_calls", "success_rate", "p95", "total_cost")
    return drawn("endpoints", _endpoints(currency), _rows(table), order=order)


def drawn_jobs(table: tables.Table, currency: str) -> DrawnTable:
    order = ("name", "total_calls", "total_cost")
    return drawn("jobs", _jobs(currency), _rows(table), order=order)


def _users(currency: str) -> Columns[Line]:
    return [
        _places()[0],
        *of_user(_record, _heading(note=_calls_in_words)),
        *costs(_sums, [currency], _to_calls, _share_in_words),
        *_shares(),
        *counts(_sums, _own_calls),
        *more_counts(_sums),
    ]


def _endpoints(currency: str) -> Columns[Line]:
    return [
        _places()[0],
        _endpoint(_calls_and_success_of_all),
        *costs(_sums, [currency], _to_calls, _p95_in_words),
        *_shares(),
        *on_page(
            counts(_sums, _own_calls, rate_label=_RATE),
            "success_rate",
            look=lambda line: "failure" if line.target.is_failing else "",
        ),
        *more_counts(_sums),
        *percentiles(_times, blank_in=OTHERS),
    ]


def _jobs(currency: str) -> Columns[Line]:
    return [
        _places()[0],
        Column("job_id", Kind.ID, lambda line: line.row.key),
        Column(
            "name",
            Kind.TEXT,
            lambda line: getattr(line.target.record, "name", None),
            _("Job"),
            _heading(),
        ),
        *(_of_job(shown) for shown in JOB_COLUMNS),
        *costs(_sums, [currency], _to_calls),
        *_shares(),
        *on_page(counts(_sums, _own_calls), "total_calls", phone=Phone.SHOWN),
        *more_counts(_sums),
    ]


def _of_job(shown: JobColumn) -> Column[Line]:
    """In files only."""
    return Column(shown.name, Kind.TEXT, lambda line: shown.of(line.target.record))


# ── columns of any ranking ──────────────────────────────────────────────────────────────────────


def _rows(table: tables.Table, total_span: int = 1) -> Rows[Line]:
    return Rows(
        lines=table.lines,
        others=table.others,
        total=table.total,
        look=attrgetter("look"),
        total_span=total_span,
    )


def _heading(note: Callable[[Line], str] | None = None) -> OnPage[Line]:
    return OnPage(text=attrgetter("label"), link=attrgetter("url"), note=note, is_heading=True)


def _endpoint(note: Callable[[Line], str]) -> Column[Line]:
    return Column("endpoint", Kind.TEXT, lambda line: line.row.key, _("Endpoint"), _heading(note))


def _shares() -> Columns[Line]:
    """A bar, and the share in percent."""
    return [
        Column(
            "bar",
            Kind.BAR,
            attrgetter("bar"),
            _("Share"),
            OnPage(phone=Phone.HIDDEN, span=2, blank_in=OTHERS | TOTAL),
            in_files=False,
        ),
        Column(
            "share",
            Kind.PERCENT,
            attrgetter("share"),
            _("Share"),
            OnPage(phone=Phone.HIDDEN, looks="share"),
        ),
    ]


def _own_calls(line: Line) -> Address | None:
    return line.target.calls if line.part is RowKind.ROW else None


def _to_own_calls(line: Line, _currency: str) -> str:
    return line.calls_url if line.part is RowKind.ROW else ""


def _to_calls(line: Line, _currency: str) -> str:
    return line.calls_url


# What a phone has below a cell.


def _calls_in_words(line: Line) -> str:
    return "" if line.part is RowKind.TOTAL else wording.calls(line.sums.calls)


def _calls_and_success(line: Line) -> str:
    return wording.calls_and_success(line.sums) if line.part is RowKind.ROW else ""


def _calls_and_success_of_all(line: Line) -> str:
    return "" if line.part is RowKind.TOTAL else wording.calls_and_success(line.sums)


def _share_in_words(line: Line) -> str:
    if line.part is not RowKind.ROW:
        return ""
    return formatting.DASH if line.share is None else formatting.percent(line.share)


def _p95_in_words(line: Line) -> str:
    p95 = line.target.times.p95
    return f"p95 {formatting.duration(p95)}" if p95 is not None and line.part is RowKind.ROW else ""
