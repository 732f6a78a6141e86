"""Rankings → rows that a template can draw: labels, links, changes and the length of bars."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from stats.admin.components import names
from stats.admin.components.filter_bar import Choice
from stats.admin.components.links import Address
from stats.core import formatting
from stats.models import EndUser
from stats.query.filters import group_value
from stats.query.latency import NO_TIMES, Percentiles
from stats.query.selection import NO_GROUP
from stats.query.sums import BriefSums
from stats.reports.endpoints import Endpoints
from stats.reports.groups import Groups
from stats.reports.ranking import Key, Measure, Others, Ranking, Row

TOP = 7
# More rows than a page is read for; beyond them "n others", and the files have all.
MOST = 100


@dataclass(frozen=True, slots=True)
class Change:
    """A difference with its sign, exact where it is rounded, and its percentage or a dash."""

    text: str
    percent: str
    exact: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table. `bar` is a length in percent of the longest one, empty for several rows
    together; `calls_url` leads to the calls counted, `failures_url` to those that failed; `note` is
    what became of the rank."""

    label: str
    sums: BriefSums
    share: float | None
    bar: str
    change: Change | None = None
    rank: int | None = None
    note: str = ""
    url: str = ""
    calls_url: str = ""
    failures_url: str = ""
    group: str = ""
    is_gone: bool = False
    times: Percentiles = NO_TIMES
    is_failing: bool = False
    members: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """Lines, what is left below them, and a total that both tie out to."""

    lines: tuple[Line, ...]
    others: Line | None
    total: Line
    count: int
    gone: int

    @property
    def places(self) -> int:
        """Decimals of the column of costs."""
        others = (self.others,) if self.others else ()
        return formatting.places_of(line.sums.cost for line in (*self.lines, *others, self.total))

    @property
    def has_changes(self) -> bool:
        return self.total.change is not None


@dataclass(frozen=True, slots=True)
class Target:
    """What a row is called and where it and its number of calls lead."""

    label: str
    url: str = ""
    calls: Address | None = None
    group: str = ""
    times: Percentiles = NO_TIMES
    is_failing: bool = False
    members: int = 0


def keys_shown(ranking: Ranking[Key, BriefSums], rows: int = TOP) -> list[Key]:
    """Whose names a table of so many rows needs, and perhaps one more."""
    return [row.key for row in (*ranking.present[: rows + 1], *_gone(ranking, rows))]


def users(
    ranking: Ranking[int, BriefSums], calls: Address, people: Mapping[int, EndUser], rows: int = TOP
) -> Table:
    """Users, each leading to his own page, his calls to the list."""

    def target(user_id: int) -> Target:
        return Target(
            str(people[user_id]),
            str(calls.at("reports_user", user_id).without("user_id")),
            calls.having(user_id=user_id),
            getattr(people[user_id], "group", ""),
        )

    return _table(ranking, rows, target)


def groups(found: Groups, users: Address, calls: Address) -> Table:
    """Groups, each leading to its users, its number of calls to the list."""

    def target(group: str) -> Target:
        members = found.members.get(group, 0)
        value = group_value(group)
        return Target(
            group if group != NO_GROUP else _("without a group"),
            str(users.having(group=value)),
            calls.having(group=value),
            members=members,
        )

    total = Target(_("All groups"), members=sum(found.members.values()))
    return _table(found.ranking, MOST, target, total)


def endpoints(
    found: Endpoints, calls: Address, rows: int = TOP, failing: Collection[str] = ()
) -> Table:
    """Endpoints, each leading to its calls; those `failing` more than usual stand out."""

    def target(endpoint: str) -> Target:
        own = calls.having(api_endpoint=endpoint)
        times = found.times.get(endpoint, NO_TIMES)
        return Target(endpoint, str(own), own, times=times, is_failing=endpoint in failing)

    total = Target(_("Total"), times=found.all_times)
    return _table(found.ranking, rows, target, total)


def jobs(ranking: Ranking[int | None, BriefSums], calls: Address, rows: int = TOP) -> Table:
    """Jobs, each leading to its own page; the calls without a job stand among them."""
    known = names.jobs(keys_shown(ranking, rows))

    def target(job_id: int | None) -> Target:
        if job_id is None:
            return Target(_("without a job"))
        return Target(
            str(known[job_id]),
            str(calls.at("reports_job", job_id).without("job_id")),
            calls.having(job_id=job_id),
        )

    return _table(ranking, rows, target)


def _gone(ranking: Ranking[Key, BriefSums], rows: int) -> tuple[Row[Key, BriefSums], ...]:
    return tuple(row for row in ranking.rows if row.is_gone)[:rows]


def _table(
    ranking: Ranking[Any, BriefSums],
    rows: int,
    target: Callable[[Any], Target],
    total: Target | None = None,
) -> Table:
    top, others = ranking.top(rows)
    shown = (*top, *_gone(ranking, rows))
    differences = (row.difference for row in (*shown, ranking.total))
    places = formatting.places_of(one for one in differences if isinstance(one, Decimal))
    return Table(
        tuple(_line(row, ranking, target(row.key), places) for row in shown),
        _others(others, ranking) if others else None,
        _line(ranking.total, ranking, total or Target(_("Total")), places),
        len(ranking.present),
        len(ranking.rows) - len(ranking.present),
    )


def _others(others: Others, ranking: Ranking[Any, BriefSums]) -> Line:
    label = ngettext("%(count)s other", "%(count)s others", others.count)
    return Line(
        label % {"count": formatting.number(others.count)},
        others.sums,
        others.share,
        # Bars compare one with another; several together are no one.
        bar="",
    )


def _line(
    row: Row[Any, BriefSums], ranking: Ranking[Any, BriefSums], target: Target, places: int
) -> Line:
    return Line(
        target.label,
        row.sums,
        row.share,
        _bar(row.value, ranking),
        _change(row, places) if ranking.is_compared else None,
        row.rank,
        _note(row) if ranking.is_compared else "",
        target.url,
        str(target.calls or ""),
        str(target.calls.having(success="false")) if target.calls else "",
        target.group,
        row.is_gone,
        target.times,
        target.is_failing,
        target.members,
    )


def _change(row: Row[Any, BriefSums], places: int) -> Change:
    """`places` are the decimals of its column, where it is one of money."""
    percent = formatting.DASH if row.change is None else formatting.percent_change(row.change)
    difference = row.difference
    if not isinstance(difference, Decimal):
        return Change(formatting.signed(formatting.number(difference), difference), percent)
    text = formatting.in_line(formatting.signed_amount(difference, places), places)
    return Change(text, percent, formatting.hidden_decimals(difference, places))


def _note(row: Row[Any, BriefSums]) -> str:
    """What became of the rank: new, was 3, or nothing to say."""
    if row.rank_before is None:
        return pgettext("rank", "new")
    if row.rank == row.rank_before:
        return ""
    return pgettext("rank", "was %(rank)s") % {"rank": row.rank_before}


def _bar(value: int | Decimal, ranking: Ranking[Any, BriefSums]) -> str:
    longest = ranking.highest
    return f"{float(value / longest * 100):.1f}%" if longest > 0 else "0%"


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
