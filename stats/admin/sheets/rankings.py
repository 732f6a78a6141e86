"""Rankings of users, endpoints, jobs and groups. A page names some of the columns that files have.

Without `calls`, the list that a page's numbers lead to, a table is that of a file.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from stats.admin.components import tables, wording
from stats.admin.components.links import Address
from stats.admin.components.tables import Line, Links, RankingTable
from stats.admin.sheets.columns import (
    Columns,
    compared_with,
    costs,
    counts,
    more_counts,
    of_user,
    on_page,
    percentiles,
)
from stats.core import formatting
from stats.models import HAS_GROUPS, JOB_COLUMNS, EndUser, JobColumn, TranslationJob
from stats.query import names
from stats.query.filters import GROUP, group_value
from stats.query.latency import NO_TIMES, Percentiles
from stats.query.request import Base
from stats.query.selection import Selection
from stats.reports.endpoints import Endpoints, timed
from stats.reports.errors import Errors
from stats.reports.groups import groups_of
from stats.reports.leaderboard import Leaderboard
from stats.reports.ranking import Measure, Ranking
from stats.tables.html import MAIN
from stats.tables.table import OTHERS, TOTAL, Column, Kind, OnPage, Phone, RowKind

_sums = attrgetter("sums")
_key = attrgetter("row.key")
MEASURED = {
    Measure.COST: "total_cost",
    Measure.CALLS: "total_calls",
    Measure.TOKENS: "total_tokens",
    Measure.FAILURES: "failed_calls",
}
_RATE = _("Succeeded")
# The columns behind those of money, on pages.
_USAGE = ("total_calls", "total_tokens", "failed_calls")
_FAILING = (
    "total_calls",
    "success_rate",
    "failed_calls",
    "bar",
    "share",
    "failures_difference",
    "failures_change",
)
_HEALTH = ("total_calls", "failed_calls", "success_rate", "avg_response_time", "p50", "p95", "p99")


# ── leaderboards ────────────────────────────────────────────────────────────────────────────────


def users_leaderboard(found: Leaderboard[int], calls: Address | None = None) -> RankingTable:
    ranking = found.ranking
    known = tables.users_of(ranking, calls, tables.MOST)
    text = ngettext("%(count)s user", "%(count)s users", len(ranking.present))
    return RankingTable(
        name="users",
        ranking=ranking,
        label=lambda user_id: str(known[user_id]),
        links=tables.to_users(calls) if calls else None,
        columns=[
            *_places(),
            *of_user(
                lambda line: known.get(line.row.key),
                _heading(note=_calls_and_success),
                found.selection,
            ),
            *_leading(found, ranking),
        ],
        order=("rank", "rank_note", "name", "group", *_money(ranking), *_USAGE),
        total=tables.counted(text, ranking),
        total_span=2,
    )


def endpoints_leaderboard(found: Leaderboard[str], calls: Address | None = None) -> RankingTable:
    ranking = found.ranking
    endpoints = timed(ranking, found.selection)
    text = ngettext("%(count)s endpoint", "%(count)s endpoints", len(ranking.present))
    return RankingTable(
        name="endpoints",
        ranking=ranking,
        label=str,
        links=tables.to_endpoints(calls) if calls else None,
        columns=[
            *_places(),
            Column("endpoint", Kind.TEXT, _key, _("Endpoint"), _heading(note=_calls_and_success)),
            *_leading(found, ranking),
            *percentiles(_times(endpoints)),
        ],
        order=("rank", "rank_note", "endpoint", *_money(ranking), *_HEALTH),
        total=tables.counted(text, ranking),
        total_span=2,
    )


def jobs_leaderboard(found: Leaderboard[int | None], calls: Address | None = None) -> RankingTable:
    """The calls without a job are a row without an id."""
    ranking = found.ranking
    shown = tables.keys_shown(ranking, tables.MOST) if calls else [row.key for row in ranking.rows]
    known = names.jobs(shown)
    text = ngettext("%(count)s job", "%(count)s jobs", ranking.count)
    return RankingTable(
        name="jobs",
        ranking=ranking,
        label=lambda job_id: str(_("without a job") if job_id is None else known[job_id]),
        links=_to_jobs(calls) if calls else None,
        columns=[
            *_places(),
            *_of_job(known, _heading(note=_calls_and_success)),
            *_leading(found, ranking),
        ],
        order=("rank", "rank_note", "name", *_money(ranking), *_USAGE),
        total=tables.counted(text, ranking),
        total_span=2,
    )


def groups_leaderboard(
    found: Leaderboard[int],
    users: Address | None = None,
    calls: Address | None = None,
) -> RankingTable:
    """The same sums by groups, each leading to its `users`; what was done in no group is a row
    without a name."""
    groups = groups_of(found)
    members: OnPage[Line] = OnPage(phone=Phone.HIDDEN, blank_in=OTHERS)

    def count(line: Line) -> int:
        of_one = groups.members.get(line.row.key, 0)
        return len(found.ranking.present) if line.part is RowKind.TOTAL else of_one

    return RankingTable(
        name="groups",
        ranking=groups.ranking,
        label=wording.group,
        links=_to_groups(users, calls),
        columns=[
            *_places(),
            Column("group", Kind.TEXT, _key, GROUP.label, _heading(note=_calls_and_success)),
            Column("users", Kind.NUMBER, count, _("Users"), members),
            *_leading(found, groups.ranking),
        ],
        order=("group", "users", *_money(groups.ranking), *_USAGE),
        total=gettext("All groups"),
    )


def _to_groups(users: Address | None, calls: Address | None) -> Links | None:
    """Nowhere in files, nor where users have no groups to filter by."""
    return _to_filtered("group", users, calls, group_value) if HAS_GROUPS else None


def _to_filtered(
    name: str,
    own: Address | None,
    calls: Address | None,
    value: Callable[[Any], str | int] = lambda key: key,
) -> Links | None:
    """To a page, and to calls, filtered by the key of a row."""
    if not (own and calls):
        return None
    return Links(
        lambda key: own.having(**{name: value(key)}), lambda key: calls.having(**{name: value(key)})
    )


def _leading(found: Leaderboard[Any], ranking: Ranking[Any, Any]) -> Columns[Line]:
    """What all leaderboards have; a phone shows what is ranked by."""
    currencies = [found.ranked_in] if found.ranked_in else found.currencies
    money = costs(_sums, currencies, _to_own_calls)
    columns = [
        *on_page(money, "total_cost", classes="", phone=Phone.HIDDEN),
        *_shares(),
        *changes(ranking, found.base),
        *compared_with(found.base, ranking.is_compared),
        *counts(_sums, _own_calls, rate_label=_RATE),
        *more_counts(_sums),
    ]
    return on_page(columns, MEASURED[ranking.measure], classes=MAIN, phone=Phone.LAST)


def _money(ranking: Ranking[Any, Any]) -> Sequence[str]:
    """The first columns of figures on a page: cost, share, change."""
    measure = ranking.measure.value
    return ("total_cost", "bar", "share", f"{measure}_difference", f"{measure}_change")


def _places() -> Columns[Line]:
    """The rank, and how it changed."""
    rank: OnPage[Line] = OnPage(classes="rank", blank_in=OTHERS | TOTAL)
    note = replace(rank, phone=Phone.HIDDEN, classes="note", unseen=True)
    return [
        Column("rank", Kind.NUMBER, attrgetter("row.rank"), _("Rank"), rank),
        Column(
            "rank_note", Kind.TEXT, attrgetter("note"), _("Change of rank"), note, in_files=False
        ),
        Column("rank_before", Kind.NUMBER, attrgetter("row.rank_before")),
    ]


def changes(ranking: Ranking[Any, Any], base: Base) -> Columns[Line]:
    """The change of what is ranked by; none where nothing is compared."""
    kind = Kind.AMOUNT if isinstance(ranking.total.value, Decimal) else Kind.NUMBER
    is_compared = ranking.is_compared
    since = {"days_before": wording.days_before(base)}
    label = _("Change since %(days_before)s") % since if is_compared else ""
    page: OnPage[Line] = OnPage(phone=Phone.HIDDEN, is_signed=True, blank_in=OTHERS)

    def column(name: str, kind: Kind, attribute: str, label: str, span: int = 1) -> Column[Line]:
        def read(line: Line) -> Any:
            return getattr(line.row, attribute) if is_compared else None

        name = f"{ranking.measure.value}_{name}"
        return Column(name, kind, read, label, replace(page, span=span))

    return [
        column("before", kind, "value_before", ""),
        column("difference", kind, "difference", label, span=2),
        column("change", Kind.PERCENT, "change", label),
    ]


# ── rankings on pages about something else, by cost ─────────────────────────────────────────────


def users(
    ranking: Ranking[int, Any],
    currency: str,
    selection: Selection,
    calls: Address | None = None,
    known: Mapping[int, EndUser] | None = None,
) -> RankingTable:
    """`known` are the users shown, if they were read already."""
    known = tables.users_of(ranking, calls) if known is None else known
    return RankingTable(
        name="users",
        ranking=ranking,
        label=lambda user_id: str(known[user_id]),
        links=tables.to_users(calls) if calls else None,
        columns=[
            _places()[0],
            *of_user(
                lambda line: known.get(line.row.key), _heading(note=_calls_in_words), selection
            ),
            *costs(_sums, [currency], _to_calls, _share_in_words),
            *_shares(),
            *counts(_sums, _own_calls),
            *more_counts(_sums),
        ],
        order=("name", "total_calls", "total_cost", "bar", "share"),
        total=gettext("Total"),
        calls=calls,
    )


def endpoints(
    found: Endpoints, currency: str, calls: Address | None = None, failing: Collection[str] = ()
) -> RankingTable:
    """Those `failing` more than usual stand out."""
    times, page = _times(found), _heading(note=_calls_and_success_of_all)

    def p95_in_words(line: Line) -> str:
        p95 = times(line).p95 if line.part is RowKind.ROW else None
        return "" if p95 is None else f"p95 {formatting.duration(p95)}"

    return RankingTable(
        name="endpoints",
        ranking=found.ranking,
        label=str,
        links=tables.to_endpoints(calls) if calls else None,
        columns=[
            _places()[0],
            Column("endpoint", Kind.TEXT, _key, _("Endpoint"), page),
            *costs(_sums, [currency], _to_calls, p95_in_words),
            *_shares(),
            *on_page(
                counts(_sums, _own_calls, rate_label=_RATE),
                "success_rate",
                class_of=lambda line: "failure" if line.row.key in failing else "",
            ),
            *more_counts(_sums),
            *percentiles(times, blank_in=OTHERS),
        ],
        order=("endpoint", "total_calls", "success_rate", "p95", "total_cost"),
        total=gettext("Total"),
        calls=calls,
    )


def jobs(
    ranking: Ranking[int | None, Any], currency: str, calls: Address | None = None
) -> RankingTable:
    """The calls without a job are a row without an id."""

    known = names.jobs(tables.keys_shown(ranking) if calls else [row.key for row in ranking.rows])
    return RankingTable(
        name="jobs",
        ranking=ranking,
        label=lambda job_id: str(_("without a job") if job_id is None else known[job_id]),
        links=_to_jobs(calls) if calls else None,
        columns=[
            _places()[0],
            *_of_job(known, _heading()),
            *costs(_sums, [currency], _to_calls),
            *_shares(),
            *on_page(counts(_sums, _own_calls), "total_calls", phone=Phone.SHOWN),
            *more_counts(_sums),
        ],
        order=("name", "total_calls", "total_cost"),
        total=gettext("Total"),
        calls=calls,
    )


def _of_job(known: Mapping[int, TranslationJob], page: OnPage[Line]) -> Columns[Line]:
    """Id, name and, in files only, the other columns of jobs."""

    def name(line: Line) -> str | None:
        return getattr(known.get(line.row.key), "name", None)

    def of_job(shown: JobColumn) -> Column[Line]:
        return Column(shown.name, Kind.TEXT, lambda line: shown.of(known.get(line.row.key)))

    return [
        Column("job_id", Kind.ID, _key),
        Column("name", Kind.TEXT, name, _("Job"), page),
        *map(of_job, JOB_COLUMNS),
    ]


def failing_users(found: Errors, errors: Address | None = None) -> RankingTable:
    """Whose calls failed, the most failures first; each leads to their `errors`."""
    known = tables.users_of(found.users, errors)
    page = _heading(note=_calls_and_success_if_of_all(found))
    columns = of_user(lambda line: known.get(line.row.key), page, found.selection)
    return RankingTable(
        name="users",
        ranking=found.users,
        label=lambda user_id: str(known[user_id]),
        links=_to_filtered("user_id", errors, errors and errors.calls),
        columns=_failing(found, found.users, columns),
        order=("name", *_FAILING),
        total=gettext("All users"),
    )


def failing_endpoints(found: Errors, errors: Address | None = None) -> RankingTable:
    """Where calls failed, likewise."""
    page = _heading(note=_calls_and_success_if_of_all(found))
    columns: Columns[Line] = [Column("endpoint", Kind.TEXT, _key, _("Endpoint"), page)]
    return RankingTable(
        name="endpoints",
        ranking=found.endpoints,
        label=str,
        links=_to_filtered("api_endpoint", errors, errors and errors.calls),
        columns=_failing(found, found.endpoints, columns),
        order=("endpoint", *_FAILING),
        total=gettext("All endpoints"),
    )


def _failing(found: Errors, ranking: Ranking[Any, Any], columns: Columns[Line]) -> Columns[Line]:
    """Of one kind of failure, its number is all that is known of calls."""
    known = on_page(
        counts(_sums, _own_calls, rate_label=_RATE),
        "failed_calls",
        classes=MAIN,
        phone=Phone.LAST,
        note=_before_in_words,
    )
    if found.is_of_one_kind:
        known = [column for column in known if column.name == "failed_calls"]
    rank, _note, rank_before = _places()
    return [
        rank,
        rank_before,
        *columns,
        *known,
        *_shares(),
        *changes(ranking, found.base),
        *compared_with(found.base, ranking.is_compared),
    ]


def _to_jobs(calls: Address) -> Links:
    """Calls without a job lead nowhere."""

    def own(job_id: int | None) -> Address | None:
        return None if job_id is None else calls.at("reports_job", job_id).without("job_id")

    def to_calls(job_id: int | None) -> Address | None:
        return None if job_id is None else calls.having(job_id=job_id)

    return Links(own, to_calls)


def _times(found: Endpoints) -> Callable[[Line], Percentiles]:
    """The response times of a row or of all; none of the others."""
    everything = {RowKind.TOTAL: found.all_times}

    def times(line: Line) -> Percentiles:
        return everything.get(line.part) or found.times.get(line.row.key, NO_TIMES)

    return times


# ── columns of any ranking ──────────────────────────────────────────────────────────────────────


def _heading(note: Callable[[Line], str] | None = None) -> OnPage[Line]:
    return OnPage(text=attrgetter("label"), link=attrgetter("url"), note=note, is_heading=True)


def _shares() -> Columns[Line]:
    """A bar, and the share in percent."""
    bar: OnPage[Line] = OnPage(phone=Phone.HIDDEN, span=2, blank_in=OTHERS | TOTAL)
    share: OnPage[Line] = OnPage(phone=Phone.HIDDEN, classes="share")
    return [
        Column("bar", Kind.BAR, attrgetter("bar"), _("Share"), bar, in_files=False),
        Column("share", Kind.PERCENT, attrgetter("row.share"), _("Share"), share),
    ]


def _own_calls(line: Line) -> Address | None:
    return line.calls if line.part is RowKind.ROW else None


def _to_own_calls(line: Line, _currency: str) -> str:
    return line.calls_url if line.part is RowKind.ROW else ""


def _to_calls(line: Line, _currency: str) -> str:
    return line.calls_url


# Notes: the second line of a cell on a phone.


def _calls_in_words(line: Line) -> str:
    return "" if line.part is RowKind.TOTAL else wording.calls(line.sums.calls)


def _calls_and_success(line: Line) -> str:
    return wording.calls_and_success(line.sums) if line.part is RowKind.ROW else ""


def _calls_and_success_of_all(line: Line) -> str:
    return "" if line.part is RowKind.TOTAL else wording.calls_and_success(line.sums)


def _calls_and_success_if_of_all(found: Errors) -> Callable[[Line], str] | None:
    """Of one kind of failure no other calls are known."""
    return None if found.is_of_one_kind else _calls_and_success_of_all


def _before_in_words(line: Line) -> str:
    """Nothing where nothing is compared, or of the others."""
    if not line.ranking.is_compared or line.part is RowKind.OTHERS:
        return ""
    was = pgettext("a figure of the period before", "was %(before)s")
    return was % {"before": formatting.number(int(line.row.value_before))}


def _share_in_words(line: Line) -> str:
    if line.part is not RowKind.ROW:
        return ""
    share = line.row.share
    return formatting.DASH if share is None else formatting.percent(share)
