"""Gauges of the ledger, read from the database on demand, so that every worker gives the same."""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import Error
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from stats.core.periods import Range
from stats.models import ScheduledJob
from stats.query.extent import extent, future_calls
from stats.query.selection import Selection
from stats.rollups import state

logger = logging.getLogger(__name__)
FOLD_SECONDS = "fold:seconds"


def note_fold(seconds: float) -> None:
    """Store the duration of a fold in the cache, for all processes that share it."""
    try:
        cache.set(FOLD_SECONDS, seconds, timeout=None)
    # Each cache has its own errors, and none may stop a fold.
    except Exception:
        logger.warning("The cache does not take how long the fold took", exc_info=True)


def fold_seconds() -> float | None:
    """Seconds of the last fold; None if no process of this cache has folded."""
    try:
        seconds: float | None = cache.get(FOLD_SECONDS)
    except Exception:
        logger.warning("The cache does not say how long the last fold took", exc_info=True)
        return None
    return seconds


class LedgerCollector(Collector):
    """Gauges of the fold, the verification, the newest call and the scheduled jobs."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All gauges; without a database only `database_up` 0."""
        try:
            gauges, jobs = _gauges(), list(ScheduledJob.objects.order_by("name"))
        except Error:
            logger.warning("The database does not answer /metrics", exc_info=True)
            gauges, jobs = {"database_up": ("Whether the database answers.", 0)}, []
        for name, (meaning, value) in gauges.items():
            if value is not None:
                yield GaugeMetricFamily(f"usage_ledger_{name}", meaning, value)
        yield from _gauges_of(jobs)


def _gauges_of(jobs: Sequence[ScheduledJob]) -> Iterator[GaugeMetricFamily]:
    """What each scheduled job did last, and when it is due; a job that never ended has no value."""
    gauges: dict[str, tuple[str, Callable[[ScheduledJob], float | None]]] = {
        "job_ended_timestamp_seconds": (
            "When the last run of a job ended.",
            lambda job: _seconds(job.ended_at),
        ),
        "job_duration_seconds": (
            "How long the last run of a job took.",
            lambda job: None if job.duration_ms is None else job.duration_ms / 1000,
        ),
        "job_failed": (
            "Whether the last run of a job failed.",
            lambda job: None if job.ended_at is None else job.has_failed,
        ),
        "job_next_run_timestamp_seconds": (
            "When a job is due.",
            lambda job: _seconds(job.next_run_at),
        ),
    }
    for name, (meaning, read) in gauges.items():
        family = GaugeMetricFamily(f"usage_ledger_{name}", meaning, labels=["job"])
        for job in jobs:
            if (value := read(job)) is not None:
                family.add_metric([job.name], value)
        yield family


def _gauges() -> dict[str, tuple[str, float | None]]:
    """Name → meaning and value. None: the gauge is left out."""
    now = timezone.now()
    rollups = state.read_rollup_state()
    # A call dated in the future would hide that no call comes in any more.
    newest = extent(Selection(Range(None, now + state.CLOCKS_DIFFER))).newest
    return {
        "database_up": ("Whether the database answers.", 1),
        "fold_lag_calls": ("Newer ids than the last folded one.", rollups.tail),
        "folded_timestamp_seconds": ("When calls were last folded.", _seconds(rollups.folded_at)),
        "fold_seconds": ("How long the last round of fold_usage took.", fold_seconds()),
        "sums_usable": (
            "Whether reports read the rollups; fold_usage says why not.",
            rollups.are_usable,
        ),
        "rollups_behind": (
            "Rollups that no report reads until fold_usage has filled them.",
            len(rollups.behind),
        ),
        "endpoints_exhausted": (
            "Whether the rollups combine further endpoints in one.",
            rollups.has_other_endpoints,
        ),
        "currencies_exhausted": (
            "Whether the rollups combine further currencies in one.",
            rollups.has_other_currencies,
        ),
        "verified_timestamp_seconds": (
            "When verify_usage last ran.",
            _seconds(rollups.verified_at),
        ),
        "differing_dates": ("Days that verify_usage found to differ.", len(rollups.differing_days)),
        "clock_ahead_seconds": (
            "How far the times of the rollups lie ahead of this machine's clock.",
            (rollups.clock_ahead(now) or timedelta()).total_seconds(),
        ),
        "future_calls": ("Calls dated in the future, up to 100,000.", future_calls(now)),
        "newest_call_timestamp_seconds": ("The time of the newest call.", _seconds(newest)),
    }


def _seconds(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None
