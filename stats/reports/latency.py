"""Percentiles of response times, from the histogram of whole days and months plus newer calls.

The histogram knows day and endpoint. Under any other filter the calls are asked, within a bound.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, IntegerField, Model, Q, Sum, Value
from django.utils import timezone

from stats.counters import ENDPOINT
from stats.models import APIUsageStats, DayLatency, EndpointName, MonthLatency
from stats.percentiles import percentile
from stats.reports.coverage import Coverage, cover, months_and_days, widened
from stats.reports.engine import refuse_too_many
from stats.reports.parts import FOLDED_TO, MINUS, PLUS, Dimension, Part, conditions, text_of
from stats.reports.selection import Selection
from stats.rollups.folding import open_books
from stats.sql import LatencyBucket
from stats.zones import reading_zone

COLUMNS = ("key_", "bucket_", "sign_", "timed_calls_")


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Response times in ms, within 2 %; None without calls that have one."""

    p50: float | None
    p95: float | None
    p99: float | None


NO_TIMES = Percentiles(None, None, None)


def percentiles(selection: Selection) -> Percentiles:
    """Over all calls of the selection. Raises `engine.TooManyCallsError`."""
    return _of(_histograms(selection, Dimension.NONE).get(0, {}))


def percentiles_by_endpoint(selection: Selection) -> dict[str, Percentiles]:
    """Per endpoint. Raises `engine.TooManyCallsError`."""
    return percentiles_in_all_and_by_endpoint(selection)[1]


def percentiles_in_all_and_by_endpoint(
    selection: Selection,
) -> tuple[Percentiles, dict[str, Percentiles]]:
    """Over all calls of the selection, and per endpoint. Raises `engine.TooManyCallsError`."""
    found = _histograms(selection, Dimension.ENDPOINT)
    whole: Counter[int] = Counter()
    for histogram in found.values():
        whole.update(histogram)
    return _of(whole), {endpoint: _of(histogram) for endpoint, histogram in found.items()}


def _of(histogram: dict[int, int]) -> Percentiles:
    return Percentiles(*(percentile(histogram, percent) for percent in (50, 95, 99)))


def _histograms(selection: Selection, by: Dimension) -> dict[Any, dict[int, int]]:
    first, *others = _parts(selection, by)
    histograms: defaultdict[Any, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for key, bucket, sign, timed_calls in first.union(*others, all=True):
        histograms[key][bucket] += sign * int(timed_calls)
    return histograms


def _parts(selection: Selection, by: Dimension) -> list[Part]:
    books = open_books(timezone.now())
    if selection != Selection(selection.range, endpoint=selection.endpoint):
        refuse_too_many(selection)
        return [_calls(selection, by, Q())]
    if not books.are_usable:
        return [_calls(selection, by, Q())]
    selection = selection.during(widened(selection.range, books.purged_before, reading_zone()))
    return _sums_and_calls(selection, by, cover(selection.range, reading_zone()))


def _sums_and_calls(selection: Selection, by: Dimension, coverage: Coverage) -> list[Part]:
    months, rest = months_and_days(coverage.days) if coverage.days else (None, [])
    folded = Q(pk__lte=FOLDED_TO)
    edges = [(edge, PLUS) for edge in coverage.added] + [
        (edge, MINUS) for edge in coverage.subtracted
    ]
    return [
        *(_of_grain(DayLatency, selection, by, days.condition("day")) for days in rest),
        *([_of_grain(MonthLatency, selection, by, months.condition("month"))] if months else []),
        _calls(selection, by, Q(pk__gt=FOLDED_TO)),
        *(_calls(selection.during(edge), by, folded, sign) for edge, sign in edges),
    ]


def _of_grain(model: type[Model], selection: Selection, by: Dimension, when: Q) -> Part:
    rows = model._default_manager.filter(when, *conditions(selection)).order_by()
    is_by_endpoint = by is Dimension.ENDPOINT
    grouped = rows.values(
        number_=F("endpoint_id") if is_by_endpoint else Value(0, IntegerField()),
        bucket_=F("bucket"),
        sign_=Value(PLUS, IntegerField()),
    ).annotate(timed_calls_=Sum("timed_calls"))
    key = text_of(EndpointName, "endpoint_id") if is_by_endpoint else F("number_")
    summed: Part = grouped.annotate(key_=key)
    return summed.values_list(*COLUMNS)


def _calls(selection: Selection, by: Dimension, which: Q, sign: int = PLUS) -> Part:
    timed = APIUsageStats.objects.filter(which, response_time_ms__isnull=False)
    grouped = (
        selection.narrow(timed)
        .order_by()
        .values(
            key_=ENDPOINT if by is Dimension.ENDPOINT else Value(0, IntegerField()),
            bucket_=LatencyBucket("response_time_ms"),
            sign_=Value(sign, IntegerField()),
        )
    )
    return grouped.annotate(timed_calls_=Count("pk")).values_list(*COLUMNS)
