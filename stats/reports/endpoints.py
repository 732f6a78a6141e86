"""Endpoints with their response times."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stats.query import engine, latency
from stats.query.latency import NO_TIMES, Percentiles
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.reports.ranking import Ranking


@dataclass(frozen=True, slots=True)
class Endpoints:
    """`times` are empty if too many calls would have to be read; `all_times` are over all calls."""

    ranking: Ranking[str, Sums]
    times: Mapping[str, Percentiles] = field(default_factory=dict)
    all_times: Percentiles = NO_TIMES


def timed(ranked: Ranking[str, Sums], selection: Selection) -> Endpoints:
    """A ranking of `selection` with response times."""
    try:
        all_times, times = latency.percentiles_in_all_and_by_endpoint(selection)
    except engine.TooManyCallsError:
        return Endpoints(ranked)
    return Endpoints(ranked, times, all_times)
