"""Which rows are demo data: nothing in the mirrored tables themselves could say so."""

from django.db import models


class DemoRows(models.Model):
    """Rows that `demo_data` made: ids of one table, from first to last."""

    table = models.CharField(max_length=64)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.table} {self.first_id}–{self.last_id}"
