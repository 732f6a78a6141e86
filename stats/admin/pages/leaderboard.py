"""What the leaderboards have in common: tabs to rank by, places, shares and changes."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from stats.admin.components import tables, wording
from stats.admin.components.empty_state import no_calls
from stats.admin.components.links import Address
from stats.admin.components.panels import in_currency
from stats.admin.pages.base import ReportPage
from stats.query.parameters import Parameter, ParametersError, choice
from stats.query.request import RANKED_IN, ReportRequest
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.reports.leaderboard import Leaderboard, leaderboard
from stats.reports.ranking import Measure
from stats.tables.html import DrawnTable


def ranked_by(measures: Iterable[Measure]) -> dict[str, Parameter]:
    """The parameters of a leaderboard: what it ranks by, and of costs the currency."""
    return {"rank": choice(tuple(measures)), **RANKED_IN}


class LeaderboardPage(ReportPage):
    """A leaderboard; a subclass says of whom, ranked by what, and how the rows are made."""

    template_name = "admin/reports/leaderboard.html"
    measures: ClassVar[tuple[Measure, ...]]
    # Columns of response times in place of tokens.
    has_times: ClassVar[bool] = False
    base_at = "base"

    def group(self) -> Callable[[Selection], Mapping[Any, Mapping[str, Sums]]]:
        """The question to the engine."""
        raise NotImplementedError

    def table(self, found: Leaderboard[Any], calls: Address) -> tables.Table:
        """The rows; their numbers lead to `calls`."""
        raise NotImplementedError

    def drawn(self, found: Leaderboard[Any], table: tables.Table) -> DrawnTable:
        """The rows under their headings."""
        raise NotImplementedError

    def more(self, found: Leaderboard[Any], address: Address, calls: Address) -> dict[str, Any]:
        """What stands below the rows, if anything."""
        return {}

    def sentence(self, found: Leaderboard[Any]) -> str:
        """What stands above the rows."""
        return wording.calls_and_success(found.total)

    def ask(self, request: ReportRequest) -> Leaderboard[Any]:
        measure = request.own.get("rank", Measure.COST)
        if request.ranked_in and measure is not Measure.COST:
            wrong = _("Only a ranking by cost has a currency.")
            raise ParametersError({"ranked_in": [wrong]})
        return leaderboard(self.group(), request, measure)

    def draw(
        self, found: Leaderboard[Any], request: ReportRequest, address: Address
    ) -> dict[str, Any]:
        context = {"bar": self.bar(request, address, found.base)}
        if not found.ranking.rows:
            return {**context, "nothing": no_calls(request, address)}
        return {**context, **self._table(found, address)}

    def _table(self, found: Leaderboard[Any], address: Address) -> dict[str, Any]:
        measure = found.ranking.measure
        calls = in_currency(address.calls, found.ranked_in)
        ranked = address.having(rank=measure.value) if measure is not Measure.COST else address
        table = self.table(found, calls)
        return {
            "ranked": table,
            "table": self.drawn(found, table),
            "tabs": tables.currency_tabs(found.currencies, found.total, found.ranked_in, ranked),
            "rank_tabs": tables.rank_tabs(measure, self.measures, address),
            "has_times": self.has_times,
            "sentence": self.sentence(found),
            **self.more(found, ranked, calls),
        }
