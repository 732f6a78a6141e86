"""Two rollups that no version has yet, as a next version would bring them: job by day, counted from
the calls, and endpoint by month, summed up from days."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from stats.models.sums import SPLIT, CallSums
from stats.rollups import grains
from stats.rollups.counters import NO_JOB
from stats.rollups.grains import DAY_ENDPOINT, Grain


class DayJob(CallSums):
    pk = models.CompositePrimaryKey("day", "job_id", *SPLIT)
    day = models.DateField()
    job_id = models.BigIntegerField()

    class Meta(CallSums.Meta):
        app_label = "added"
        db_table = "stats_dayjob"


class MonthEndpoint(CallSums):
    pk = models.CompositePrimaryKey("month", "endpoint_id", *SPLIT)
    month = models.DateField()
    endpoint_id = models.IntegerField()

    class Meta(CallSums.Meta):
        app_label = "added"
        db_table = "stats_monthendpoint"


DAY_JOB = Grain(DayJob, gathered={"job_id_": Coalesce(F("job_id"), Value(NO_JOB))})
MONTH_ENDPOINT = Grain(MonthEndpoint, DAY_ENDPOINT)
ADDED = (DAY_JOB, MONTH_ENDPOINT)
OLD_GRAINS = grains.GRAINS
NEW_GRAINS = (DAY_JOB, *OLD_GRAINS, MONTH_ENDPOINT)


@contextmanager
def migrated() -> Iterator[None]:
    """With the tables that a migration of the next version makes."""
    with connection.schema_editor() as editor:
        for grain in ADDED:
            editor.create_model(grain.model)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            for grain in ADDED:
                editor.delete_model(grain.model)


@contextmanager
def version(declared: tuple[Grain, ...]) -> Iterator[None]:
    """With the code of a version that has these rollups."""
    before, grains.GRAINS = grains.GRAINS, declared
    try:
        yield
    finally:
        grains.GRAINS = before
