"""Percentiles of response times, from the histogram of whole days and months plus newer calls.

The histogram knows day and endpoint. Under any other filter the calls are asked, within a bound.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, IntegerField, QuerySet, Sum, Value

from stats.core.percentiles import percentile
from stats.db.expressions import LatencyBucket
from stats.models import APIUsageStats, EndpointName
from stats.query.answer import answer, are_told_by_sums
from stats.query.conditions import text_of
from stats.query.question import Grains, Question, grains_that_know
from stats.query.selection import Selection
from stats.rollups.counters import ENDPOINT
from stats.rollups.local_days import Offsets
from stats.rollups.state import RollupState
from stats.rollups.texts import ENDPOINTS


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Response times in ms, within 2 %, to three digits; None if no call has one."""

    p50: float | None
    p95: float | None
    p99: float | None


NO_TIMES = Percentiles(None, None, None)


def percentiles(selection: Selection) -> Percentiles:
    """Over all calls of the selection. Raises `engine.TooManyCallsError`."""
    return _of(_histograms(HistogramQuestion(selection, by_endpoint=False)).get(0, {}))


def percentiles_in_all_and_by_endpoint(
    selection: Selection,
) -> tuple[Percentiles, dict[str, Percentiles]]:
    """The same, and per endpoint. Raises `engine.TooManyCallsError`."""
    found = _histograms(HistogramQuestion(selection, by_endpoint=True))
    whole: Counter[int] = Counter()
    for histogram in found.values():
        whole.update(histogram)
    return _of(whole), {endpoint: _of(histogram) for endpoint, histogram in found.items()}


def are_in_sums(selection: Selection) -> bool:
    """Whether the rollups know them, so that no call is read for them but newer ones."""
    return are_told_by_sums(HistogramQuestion(selection, by_endpoint=False))


def _of(histogram: dict[int, int]) -> Percentiles:
    return Percentiles(*(percentile(histogram, percent) for percent in (50, 95, 99)))


@dataclass(frozen=True, slots=True)
class HistogramQuestion(Question):
    """Histograms of response times, in all or per endpoint."""

    by_endpoint: bool

    @property
    def columns(self) -> tuple[str, ...]:
        return ("timed_calls_", "key_", "bucket_")

    @property
    def texts(self) -> dict[str, str]:
        return {"key_": ENDPOINTS.or_others("key_")} if self.by_endpoint else {}

    def grains(self, rollups: RollupState) -> Grains | None:
        range = self.selection.range
        if self.selection != Selection(range, endpoint=self.selection.endpoint):
            return None
        return grains_that_know({"bucket"}, "timed_calls", range, rollups)

    def of_sums(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        grouped = (
            rows.filter(*self.selection.conditions_of_sums())
            .values(
                number_=F("endpoint_id") if self.by_endpoint else Value(0, IntegerField()),
                bucket_=F("bucket"),
            )
            .annotate(timed_calls_=Sum("timed_calls"))
        )
        key = text_of(EndpointName, "endpoint_id") if self.by_endpoint else F("number_")
        named: QuerySet[Any] = grouped.annotate(key_=key)
        return named

    def of_calls(self, calls: QuerySet[APIUsageStats], offsets: Offsets) -> QuerySet[Any]:
        grouped = calls.filter(response_time_ms__isnull=False).values(
            key_=ENDPOINT if self.by_endpoint else Value(0, IntegerField()),
            bucket_=LatencyBucket("response_time_ms"),
        )
        return grouped.annotate(timed_calls_=Count("pk"))


def _histograms(question: HistogramQuestion) -> dict[Any, dict[int, int]]:
    histograms: defaultdict[Any, dict[int, int]] = defaultdict(dict)
    for timed_calls, key, bucket in answer(question):
        # Nothing is left where all was subtracted.
        if timed_calls:
            histograms[key][bucket] = timed_calls
    return histograms
