"""Percentiles from an additive histogram; knows no Django.

Buckets grow by a constant factor, so that the middle of a bucket is within `RELATIVE_ERROR` of
anything in it (the scheme of DDSketch, Masson, Rim & Lee, VLDB 2019).
"""

import math
from collections.abc import Mapping

RELATIVE_ERROR = 0.02
GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
LOG_GROWTH = math.log(GROWTH)
# What is known of a time, and so told; rounding adds at most half a percent.
DIGITS = 3
# The bucket of 0 ms, which has no logarithm.
ZERO_BUCKET = -1


def bucket_of(milliseconds: int) -> int:
    """The bucket of a response time; `stats.db.expressions.LatencyBucket` computes the same."""
    if milliseconds <= 0:
        return ZERO_BUCKET
    return math.ceil(math.log(milliseconds) / LOG_GROWTH)


def value_of(bucket: int) -> float:
    """The response time that a bucket stands for, in ms."""
    if bucket == ZERO_BUCKET:
        return 0.0
    return 2 * GROWTH**bucket / (GROWTH + 1)


def percentile(histogram: Mapping[int, int], percent: float) -> float | None:
    """The time (ms) below which `percent` of the calls lie; None without calls.

    By nearest rank: the smallest value that at least `percent` of the calls do not exceed. Rounded
    to `DIGITS`, here and nowhere else, so that pages and files tell the same.
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
