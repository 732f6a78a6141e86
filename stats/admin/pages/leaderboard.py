"""What the leaderboards have in common."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from stats.admin.components import tables, wording
from stats.admin.components.links import Address
from stats.admin.components.tables import RankingTable
from stats.admin.components.tabs import currency_tabs, rank_tabs
from stats.admin.pages.base import ReportPage
from stats.query.parameters import Parameter, ParametersError, choice
from stats.query.request import RANKED_IN, Base, ReportRequest
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.reports.leaderboard import Leaderboard, leaderboard
from stats.reports.ranking import Measure


def ranked_by(measures: Iterable[Measure]) -> dict[str, Parameter]:
    """The parameters of a leaderboard: the measure, and the currency for costs."""
    return {"rank": choice(tuple(measures)), **RANKED_IN}


class LeaderboardPage(ReportPage):
    """A leaderboard; a subclass declares what is ranked, by which measures, in which table."""

    template_name = "admin/reports/leaderboard.html"
    # The question to the engine.
    group: "staticmethod[[Selection], Mapping[Any, Mapping[str, Sums]]]"
    measures: ClassVar[tuple[Measure, ...]]
    # It has columns of response times instead of tokens.
    has_times: ClassVar[bool] = False
    compares_in_files = True

    def table(self, found: Leaderboard[Any], address: Address, calls: Address) -> RankingTable:
        """The rows; numbers lead to `calls`, users of groups to `address`."""
        raise NotImplementedError

    def sentence(self, found: Leaderboard[Any]) -> str:
        """The sentence above the rows."""
        return wording.calls_and_success(found.total)

    def ask(self, request: ReportRequest) -> Leaderboard[Any]:
        measure = request.own.get("rank", Measure.COST)
        if request.ranked_in and measure is not Measure.COST:
            wrong = _("Only a ranking by cost has a currency.")
            raise ParametersError({"ranked_in": [wrong]})
        return self.found(request, measure)

    def found(self, request: ReportRequest, measure: Measure) -> Leaderboard[Any]:
        """The ranking by a measure."""
        return leaderboard(self.group, request, measure)

    def base(self, found: Leaderboard[Any]) -> Base | None:
        return None if found.lacks_before else found.base

    def is_empty(self, found: Leaderboard[Any]) -> bool:
        return not found.ranking.rows

    def draw(
        self, found: Leaderboard[Any], request: ReportRequest, address: Address
    ) -> dict[str, Any]:
        measure = found.ranking.measure
        calls = address.calls.in_currency(found.ranked_in)
        ranked = address.having(rank=measure.value) if measure is not Measure.COST else address
        return {
            "table": self.table(found, ranked, calls).drawn(tables.MOST),
            "tabs": currency_tabs(found.currencies, found.total, found.ranked_in, ranked),
            "rank_tabs": rank_tabs(measure, self.measures, address),
            "has_times": self.has_times,
            "sentence": self.sentence(found),
            "not_compared": wording.too_many_before(found.base) if found.lacks_before else "",
        }
