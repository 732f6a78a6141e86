"""Rankings → rows: what each is called, where it leads, how its rank changed, its bar."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from stats.admin.components import wording
from stats.admin.components.links import Address
from stats.ingest import columns
from stats.models import EndUser
from stats.query import names
from stats.query.sums import BriefSums
from stats.reports.ranking import Key, Others, Ranking, Row
from stats.tables.html import DrawnTable, Rows, drawn
from stats.tables.table import Column, RowKind, Table

TOP = 7
# Rows of a leaderboard; the rest is "n others". Files have all rows.
MOST = 100


@dataclass(frozen=True, slots=True)
class Links:
    """Where rows of a page lead: to a page of their `own`, and from their numbers to `calls`."""

    own: Callable[[Any], Address | None]
    calls: Callable[[Any], Address | None]


def to_users(calls: Address) -> Links:
    def own(user_id: int) -> Address:
        return calls.at("reports_user", user_id).without("user_id")

    return Links(own, lambda user_id: calls.having(user_id=user_id))


def to_endpoints(calls: Address) -> Links:
    """Without a link where no filter takes the endpoint, such as blanks of another application."""

    def to_calls(endpoint: str) -> Address | None:
        try:
            columns.endpoint(endpoint)
        except ValueError:
            return None
        return calls.having(api_endpoint=endpoint)

    def own(endpoint: str) -> Address | None:
        found = to_calls(endpoint)
        return found and found.at("reports_endpoint")

    return Links(own, to_calls)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a ranking; `sums` are in full or in brief, as the ranking has them."""

    part: RowKind
    row: Row[Any, Any]
    ranking: Ranking[Any, Any]
    label: str
    own: Address | None = None
    calls: Address | None = None

    @property
    def sums(self) -> Any:
        return self.row.sums

    @property
    def url(self) -> str:
        return str(self.own or "")

    @property
    def calls_url(self) -> str:
        return str(self.calls or "")

    @property
    def row_class(self) -> str:
        """The class of the row."""
        if self.row.is_gone:
            return "gone"
        return "" if self.own else "others"

    @property
    def note(self) -> str:
        """How the rank changed: "new", "was 3", or nothing."""
        row = self.row
        if not self.ranking.is_compared or row.rank == row.rank_before:
            return ""
        if row.is_new:
            return pgettext("rank", "new")
        if row.rank_before is None:
            # Beyond the first that were read.
            return ""
        return pgettext("rank", "was %(rank)s") % {"rank": row.rank_before}

    @property
    def bar(self) -> str:
        """Its length in percent of the longest."""
        longest = self.ranking.highest
        return f"{float(self.row.value / longest * 100):.1f}%" if longest > 0 else "0%"


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingTable:
    """A ranking as a table: files have all rows, a page the first ones in the columns of `order`.

    `label` is what the row of a key is called. In files nothing leads anywhere.
    """

    name: str
    ranking: Ranking[Any, Any]
    label: Callable[[Any], str]
    columns: Sequence[Column[Line]]
    order: Sequence[str]
    total: str
    links: Links | None
    calls: Address | None = None
    total_span: int = 1

    def in_full(self) -> Table[Line]:
        """The table of a file."""
        lines = [self._line(row) for row in self.ranking.rows]
        costs = self.ranking.total.sums.costs
        return Table(self.name, self.columns, [lines] if lines else [], costs)

    def drawn(self, most: int) -> DrawnTable:
        """The table of a page: at most so many rows, the others in one, and the total."""
        ranking = self.ranking
        top, others = ranking.top(most)
        rows = Rows(
            lines=[self._line(row) for row in (*top, *_gone(ranking, most))],
            others=self._others(others) if others else None,
            total=Line(RowKind.TOTAL, ranking.total, ranking, self.total, calls=self.calls),
            class_of=attrgetter("row_class"),
            total_span=self.total_span,
            count=ranking.count,
        )
        return drawn(self.name, self.columns, rows, order=self.order)

    def _line(self, row: Row[Any, Any]) -> Line:
        links = (self.links.own(row.key), self.links.calls(row.key)) if self.links else ()
        return Line(RowKind.ROW, row, self.ranking, self.label(row.key), *links)

    def _others(self, others: Others) -> Line:
        value = self.ranking.measure.of(others.sums)
        row = replace(
            self.ranking.total, sums=others.sums, before=None, value=value, share=others.share
        )
        return Line(RowKind.OTHERS, row, self.ranking, wording.others(others.count))


def keys_shown(ranking: Ranking[Key, BriefSums], most: int = TOP) -> list[Key]:
    """The keys of a table of so many rows, and perhaps one more."""
    return [row.key for row in (*ranking.present[: most + 1], *_gone(ranking, most))]


def _gone(ranking: Ranking[Key, BriefSums], most: int) -> tuple[Row[Key, BriefSums], ...]:
    return tuple(row for row in ranking.rows if row.is_gone)[:most]


def users_of(
    ranking: Ranking[int, Any], calls: Address | None, most: int = TOP
) -> Mapping[int, EndUser]:
    """The users that a page with links to `calls` shows; without, all of them."""
    return names.users(keys_shown(ranking, most) if calls else [row.key for row in ranking.rows])


def counted(present: str, ranking: Ranking[Any, BriefSums]) -> str:
    """The name of a leaderboard's total: 12 users, 2 no longer active. `present` is a text of
    `ngettext` for the former."""
    gone = len(ranking.rows) - len(ranking.present)
    label = wording.counted(present, ranking.count)
    if not gone or not ranking.knows_all_before:
        return label
    text = ngettext("%(count)s no longer active", "%(count)s no longer active", gone)
    return _("%(name)s, %(about)s") % {"name": label, "about": wording.counted(text, gone)}
