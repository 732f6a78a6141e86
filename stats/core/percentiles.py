"""Percentiles from an additive histogram. Imports no Django.

Bucket widths grow by a constant factor, so the middle of a bucket is within `RELATIVE_ERROR` of
every value in it (DDSketch: Masson, Rim & Lee, VLDB 2019).
"""

import math
from collections.abc import Mapping

RELATIVE_ERROR = 0.02
GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
LOG_GROWTH = math.log(GROWTH)
# Significant digits of a percentile. Rounding adds at most half a percent.
DIGITS = 3
# The bucket of 0 ms: 0 has no logarithm.
ZERO_BUCKET = -1


def bucket_of(milliseconds: int) -> int:
    """The bucket of a response time; `stats.db.expressions.LatencyBucket` computes the same."""
    if milliseconds <= 0:
        return ZERO_BUCKET
    return math.ceil(math.log(milliseconds) / LOG_GROWTH)


def value_of(bucket: int) -> float:
    """The middle of a bucket in ms."""
    if bucket == ZERO_BUCKET:
        return 0.0
    return 2 * GROWTH**bucket / (GROWTH + 1)


def percentile(histogram: Mapping[int, int], percent: float) -> float | None:
    """The percentile in ms by nearest rank; None without calls.

    That is the smallest value which at least `percent` of the calls do not exceed. It is rounded to
    `DIGITS` here, so that pages and files agree.
    """
    calls = sum(histogram.values())
    if not calls:
        return None
    rank = max(1, math.ceil(calls * percent / 100))
    passed = 0
    for bucket in sorted(histogram):
        passed += histogram[bucket]
        if passed >= rank:
            return float(f"{value_of(bucket):.{DIGITS}g}")
    raise AssertionError("The ranks end with the last bucket.")
