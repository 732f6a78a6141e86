"""Two to five users or groups beside each other."""

from dataclasses import dataclass

from stats.query.request import ReportRequest
from stats.query.sums import Sums
from stats.reports.figures import Figures, currency_to_rank_in, figures, ordered_currencies

FEWEST, MOST = 2, 5
Subject = int | str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The figures of each user id or group. Costs are drawn in `currency`; `ranked_in` is that if
    there are several."""

    figures: dict[Subject, Figures]
    currencies: list[str]
    currency: str
    ranked_in: str | None


def subjects(request: ReportRequest) -> tuple[Subject, ...]:
    """The users that the request names; if it names none, its groups."""
    chosen: tuple[Subject, ...] = request.selection.user_ids or request.selection.groups
    return tuple(dict.fromkeys(chosen))


def compare(request: ReportRequest) -> Comparison:
    """Each as its own page has it. Raises `engine.TooManyCallsError`."""
    base = request.base()
    filter = "user_ids" if request.selection.user_ids else "groups"
    found = {one: figures(request.narrowed(**{filter: (one,)}), base) for one in subjects(request)}
    sums = [one for of in found.values() for one in (of.now, of.before or Sums())]
    currencies = ordered_currencies(sums)
    several = currency_to_rank_in(currencies, request.ranked_in)
    return Comparison(found, currencies, several or next(iter(currencies), ""), several)
