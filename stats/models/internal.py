"""What tables of this application's own have in common."""

from django.db import models


class InternalModel(models.Model):
    """A table that no role has rights to."""

    class Meta:
        abstract = True
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)
