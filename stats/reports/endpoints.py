"""Endpoints by cost, each with its slowest calls."""

from collections.abc import Mapping
from dataclasses import dataclass

from stats.reports import engine, latency
from stats.reports.leaderboard import Measure, Ranking, ranking
from stats.reports.selection import Selection


@dataclass(frozen=True, slots=True)
class Endpoints:
    """`p95` are response times in ms; empty where too many calls would have to be read."""

    ranking: Ranking[str]
    p95: Mapping[str, float | None]


def endpoints(selection: Selection) -> Endpoints:
    """The endpoints of `selection`."""
    ranked = ranking(engine.by_endpoint(selection), None, Measure.COST)
    return Endpoints(ranked, _p95(selection))


def _p95(selection: Selection) -> dict[str, float | None]:
    try:
        found = latency.percentiles_by_endpoint(selection)
    except engine.TooManyCallsError:
        return {}
    return {endpoint: percentiles.p95 for endpoint, percentiles in found.items()}
