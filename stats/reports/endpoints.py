"""Endpoints by cost, each with its slowest calls."""

from collections.abc import Mapping
from dataclasses import dataclass

from stats.reports import engine, latency
from stats.reports.leaderboard import Measure, Ranking, ranking
from stats.reports.selection import Selection
from stats.reports.sums import Sums


@dataclass(frozen=True, slots=True)
class Endpoints:
    """`p95` are response times in ms; empty where too many calls would have to be read."""

    ranking: Ranking[str]
    p95: Mapping[str, float | None]


def endpoints(selection: Selection, sums: Mapping[str, Sums] | None = None) -> Endpoints:
    """The endpoints of `selection`; `sums` are its sums by endpoint where they are known."""
    if sums is None:
        sums = engine.by_endpoint(selection)
    return Endpoints(ranking(sums, None, Measure.COST), _p95(selection))


def _p95(selection: Selection) -> dict[str, float | None]:
    try:
        found = latency.percentiles_by_endpoint(selection)
    except engine.TooManyCallsError:
        return {}
    return {endpoint: percentiles.p95 for endpoint, percentiles in found.items()}
