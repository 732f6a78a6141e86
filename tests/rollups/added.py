"""Two rollups that are added to a ledger in use: job by day, counted from the calls, as a version
brought it; and endpoint by month, summed up from days, as a next version would."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models

from stats.models.sums import SPLIT, CallSums
from stats.rollups import grains
from stats.rollups.grains import DAY_ENDPOINT, DAY_JOB, FIRST_GRAINS, Grain


class MonthEndpoint(CallSums):
    pk = models.CompositePrimaryKey("month", "endpoint_id", *SPLIT)
    month = models.DateField()
    endpoint_id = models.IntegerField()

    class Meta(CallSums.Meta):
        app_label = "added"
        db_table = "stats_monthendpoint"


MONTH_ENDPOINT = Grain(MonthEndpoint, DAY_ENDPOINT)
ADDED = (DAY_JOB, MONTH_ENDPOINT)
OLD_GRAINS = FIRST_GRAINS
NEW_GRAINS = (DAY_JOB, *OLD_GRAINS, MONTH_ENDPOINT)


@contextmanager
def migrated() -> Iterator[None]:
    """With the table that a migration of the next version makes."""
    with connection.schema_editor() as editor:
        editor.create_model(MonthEndpoint)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(MonthEndpoint)


@contextmanager
def version(declared: tuple[Grain, ...]) -> Iterator[None]:
    """With the code of a version that has these rollups."""
    before, grains.GRAINS = grains.GRAINS, declared
    try:
        yield
    finally:
        grains.GRAINS = before
