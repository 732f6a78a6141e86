"""Which calls are demo data: nothing in the mirrored table itself could say so."""

from django.db import models


class DemoCalls(models.Model):
    """One run of `demo_data`: the ids of its calls, from first to last."""

    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.first_id}–{self.last_id}"
