"""Tabs above tables: the currency to rank in, and what to rank by."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from stats.admin.components.links import Address
from stats.core import formatting
from stats.query.sums import BriefSums
from stats.reports.ranking import Measure

MEASURES = {
    Measure.COST: _("Cost"),
    Measure.CALLS: _("Calls"),
    Measure.TOKENS: _("Tokens"),
    Measure.FAILURES: _("Failures"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several addresses of this page; `brief` is shown where there is little room."""

    label: str
    url: str
    is_current: bool
    brief: str = ""


def currency_tabs(
    currencies: Sequence[str], sums: BriefSums, current: str | None, address: Address
) -> tuple[Choice, ...]:
    """A tab per currency where there are several."""
    if current is None:
        return ()
    return tuple(
        Choice(
            formatting.money(currency, sums.cost_in(currency)),
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
    return tuple(
        Choice(str(MEASURES[measure]), str(address.having(rank=measure.value)), measure is current)
        for measure in measures
    )
