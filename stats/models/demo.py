"""Which rows are demo data; the mirrored tables have no column for it."""

from django.db import models

from stats.models.internal import InternalModel


class DemoRows(InternalModel):
    """A range of ids of one table that `demo_data` wrote."""

    table = models.CharField(max_length=64)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()

    class Meta(InternalModel.Meta):
        db_table_comment = "A range of ids that demo data has in a table."
