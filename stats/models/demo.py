"""Which rows are demo data; the mirrored tables have no column for it."""

from django.db import models


class DemoRows(models.Model):
    """A range of ids of one table that `demo_data` wrote."""

    table = models.CharField(max_length=64)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.table} {self.first_id}–{self.last_id}"
