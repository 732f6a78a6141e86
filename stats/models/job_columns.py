"""Columns of the adopted jobs that are shown as they are: JOB_STATUS_COLUMN and JOB_EXTRA_COLUMNS.

Pages, the list of calls and files read here which there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Field
from django.utils.translation import gettext_lazy as _

from stats.models.fields import AsTextField

STATUS = "status"


@dataclass(frozen=True, slots=True)
class JobColumn:
    """A column of `dt_translation_jobs`: `field` is the model's, `label` heads it on pages."""

    field: str
    column: str
    label: Any

    @property
    def name(self) -> str:
        """Its heading in files, where columns of calls stand beside it."""
        return f"job_{self.column}"

    def of(self, job: object) -> str | None:
        """Its value; None where the job is gone."""
        value: str | None = getattr(job, self.field, None)
        return value

    def as_field(self) -> "Field[Any, Any]":
        return AsTextField(self.label, null=True, db_column=self.column)


def _declared() -> Iterator[JobColumn]:
    if settings.JOB_STATUS_COLUMN:
        yield JobColumn(STATUS, settings.JOB_STATUS_COLUMN, _("Job status"))
    for number, column in enumerate(settings.JOB_EXTRA_COLUMNS, 1):
        yield JobColumn(f"extra_{number}", column, column)


JOB_COLUMNS = tuple(_declared())
