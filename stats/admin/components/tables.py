"""Rankings → rows that a template can draw: labels, links, changes and the length of bars."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from stats.admin.components import names
from stats.admin.components.filter_bar import Choice
from stats.admin.components.links import Address
from stats.core import formatting
from stats.models import EndUser, TranslationJob
from stats.query.conditions import NO_GROUP
from stats.query.filters import group_value
from stats.query.latency import NO_TIMES, Percentiles
from stats.query.sums import BriefSums
from stats.reports.endpoints import Endpoints
from stats.reports.groups import Groups
from stats.reports.ranking import Key, Measure, Others, Ranking, Row
from stats.tables.table import RowKind

TOP = 7
# More rows than a page is read for; beyond them "n others", and the files have all.
MOST = 100


@dataclass(frozen=True, slots=True)
class Target:
    """What a row is called, where it and its number of calls lead, and what else it tells. In files
    nothing leads anywhere."""

    label: str = ""
    own: Address | None = None
    calls: Address | None = None
    record: Any = None
    times: Percentiles = NO_TIMES
    is_failing: bool = False
    members: int = 0


Targets = Callable[[Any], Target]


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a ranking; `note` is what became of its rank, `bar` a length in percent of the
    longest one."""

    part: RowKind
    row: Row[Any, Any]
    target: Target
    ranking: Ranking[Any, Any]

    @property
    def label(self) -> str:
        return self.target.label

    @property
    def sums(self) -> Any:
        """In full or in brief, as the ranking has them."""
        return self.row.sums

    @property
    def share(self) -> float | None:
        return self.row.share

    @property
    def rank(self) -> int | None:
        return self.row.rank

    @property
    def is_gone(self) -> bool:
        return self.row.is_gone

    @property
    def times(self) -> Percentiles:
        return self.target.times

    @property
    def url(self) -> str:
        return str(self.target.own or "")

    @property
    def calls_url(self) -> str:
        return str(self.target.calls or "")

    @property
    def look(self) -> str:
        """The class of the row."""
        if self.is_gone:
            return "gone"
        return "" if self.target.own else "others"

    @property
    def note(self) -> str:
        """New, was 3, or nothing to say."""
        row = self.row
        if not self.ranking.is_compared or row.rank == row.rank_before:
            return ""
        if row.rank_before is None:
            return pgettext("rank", "new")
        return pgettext("rank", "was %(rank)s") % {"rank": row.rank_before}

    @property
    def bar(self) -> str:
        longest = self.ranking.highest
        return f"{float(self.row.value / longest * 100):.1f}%" if longest > 0 else "0%"


@dataclass(frozen=True, slots=True)
class Table:
    """Lines, what is left below them, and a total that both tie out to."""

    lines: tuple[Line, ...]
    others: Line | None
    total: Line
    count: int


def keys_shown(ranking: Ranking[Key, BriefSums], rows: int = TOP) -> list[Key]:
    """Whose names a table of so many rows needs, and perhaps one more."""
    return [row.key for row in (*ranking.present[: rows + 1], *_gone(ranking, rows))]


def of_users(users: Mapping[int, EndUser], calls: Address | None = None) -> Targets:
    """Users, each leading to their own page, their calls to the list."""

    def target(user_id: int) -> Target:
        user = users[user_id]
        if calls is None:
            return Target(record=user)
        own = calls.at("reports_user", user_id).without("user_id")
        return Target(str(user), own, calls.having(user_id=user_id), user)

    return target


def of_groups(found: Groups, users: Address | None = None, calls: Address | None = None) -> Targets:
    """Groups, each leading to its users, its number of calls to the list."""

    def target(group: str) -> Target:
        members = found.members.get(group, 0)
        if users is None or calls is None:
            return Target(members=members)
        value = group_value(group)
        label = group if group != NO_GROUP else _("without a group")
        return Target(label, users.having(group=value), calls.having(group=value), members=members)

    return target


def of_endpoints(
    calls: Address | None = None,
    all_times: Mapping[str, Percentiles] | None = None,
    failing: Collection[str] = (),
) -> Targets:
    """Endpoints, each leading to its calls; those `failing` more than usual stand out."""

    def target(endpoint: str) -> Target:
        own = calls and calls.having(api_endpoint=endpoint)
        times = (all_times or {}).get(endpoint, NO_TIMES)
        return Target(endpoint, own, own, times=times, is_failing=endpoint in failing)

    return target


def of_jobs(known: Mapping[int, TranslationJob], calls: Address | None = None) -> Targets:
    """Jobs, each leading to its own page; the calls without a job stand among them."""

    def target(job_id: int | None) -> Target:
        if job_id is None:
            return Target(_("without a job"))
        job = known[job_id]
        if calls is None:
            return Target(record=job)
        own = calls.at("reports_job", job_id).without("job_id")
        return Target(str(job), own, calls.having(job_id=job_id), job)

    return target


def users(
    ranking: Ranking[int, BriefSums],
    calls: Address,
    users: Mapping[int, EndUser],
    rows: int = TOP,
) -> Table:
    return table(ranking, of_users(users, calls), Target(_("Total"), calls=calls), rows)


def groups(found: Groups, users: Address, calls: Address) -> Table:
    total = Target(_("All groups"), members=sum(found.members.values()))
    return table(found.ranking, of_groups(found, users, calls), total, MOST)


def endpoints(
    found: Endpoints, calls: Address, rows: int = TOP, failing: Collection[str] = ()
) -> Table:
    total = Target(_("Total"), calls=calls, times=found.all_times)
    return table(found.ranking, of_endpoints(calls, found.times, failing), total, rows)


def jobs(ranking: Ranking[int | None, BriefSums], calls: Address, rows: int = TOP) -> Table:
    known = names.jobs(keys_shown(ranking, rows))
    return table(ranking, of_jobs(known, calls), Target(_("Total"), calls=calls), rows)


def every_line(ranking: Ranking[Any, BriefSums], targets: Targets) -> list[Line]:
    """All rows, as files have them."""
    return [Line(RowKind.ROW, row, targets(row.key), ranking) for row in ranking.rows]


def table(ranking: Ranking[Any, BriefSums], targets: Targets, total: Target, rows: int) -> Table:
    """The first rows, the others in one, and all of them."""
    top, others = ranking.top(rows)
    return Table(
        tuple(
            Line(RowKind.ROW, row, targets(row.key), ranking)
            for row in (*top, *_gone(ranking, rows))
        ),
        _others(others, ranking) if others else None,
        Line(RowKind.TOTAL, ranking.total, total, ranking),
        len(ranking.present),
    )


def _gone(ranking: Ranking[Key, BriefSums], rows: int) -> tuple[Row[Key, BriefSums], ...]:
    return tuple(row for row in ranking.rows if row.is_gone)[:rows]


def _others(others: Others, ranking: Ranking[Any, BriefSums]) -> Line:
    value = ranking.measure.of(others.sums)
    row = replace(ranking.total, sums=others.sums, before=None, value=value, share=others.share)
    label = ngettext("%(count)s other", "%(count)s others", others.count)
    return Line(
        RowKind.OTHERS, row, Target(label % {"count": formatting.number(others.count)}), ranking
    )


def counted(present: str, ranking: Ranking[Any, BriefSums]) -> Target:
    """The total of a leaderboard: 12 users, 2 no longer active. `present` is for `% {"count"}`."""
    here = len(ranking.present)
    gone = len(ranking.rows) - here
    label = present % {"count": formatting.number(here)}
    if gone:
        text = ngettext("%(count)s no longer active", "%(count)s no longer active", gone)
        label = f"{label}, {text % {'count': formatting.number(gone)}}"
    return Target(label)


def currency_tabs(
    currencies: Sequence[str], sums: BriefSums, current: str | None, address: Address
) -> tuple[Choice, ...]:
    """A tab per currency where there are several."""
    if current is None:
        return ()
    return tuple(
        Choice(
            formatting.money(currency, sums.costs.get(currency, Decimal(0))),
            str(address.having(ranked_in=currency)),
            currency == current,
            formatting.currency_name(currency),
        )
        for currency in currencies
    )


def rank_tabs(
    current: Measure, measures: Iterable[Measure], address: Address
) -> tuple[Choice, ...]:
    """What a leaderboard can rank by."""
    labels = {
        Measure.COST: _("Cost"),
        Measure.CALLS: _("Calls"),
        Measure.TOKENS: _("Tokens"),
        Measure.FAILURES: _("Failures"),
    }
    return tuple(
        Choice(labels[measure], str(address.having(rank=measure.value)), measure is current)
        for measure in measures
    )
