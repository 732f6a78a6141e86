"""End users, their groups, and jobs.

Standalone, this application owns both tables: `dt_users (id, name, group)` and
`dt_translation_jobs (id, name, user_id)`. Adopted, the translator owns them and this application
only reads: `id`, and the columns that USER_LABEL_COLUMN, JOB_LABEL_COLUMN, USER_GROUP_COLUMN,
JOB_STATUS_COLUMN and JOB_EXTRA_COLUMNS name. The first migration computes the same fields from the
same settings.
"""

from datetime import date

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from stats.models.fields import ExactCharField
from stats.models.internal import InternalModel
from stats.models.job_columns import JOB_COLUMNS

NAME_LENGTH = 200
GROUP_LENGTH = 191
# Standalone, groups are kept with their dates; adopted, there is that of today, if a column has it.
GROUPS_ARE_DATED = not settings.ADOPTED
HAS_GROUPS = GROUPS_ARE_DATED or bool(settings.USER_GROUP_COLUMN)
# `Membership.until` of one that has no end.
NO_END = date(9999, 12, 31)
# Adopted ids may be BIGINT. With an AutoField, a filter on 3000000000 would find nothing.
IdField = models.BigAutoField if settings.ADOPTED else models.AutoField
OWN_TABLE_PERMISSIONS = ("view",) if settings.ADOPTED else ("add", "change", "delete", "view")


class EndUser(models.Model):
    """A person who causes calls; not an account of this application."""

    id = IdField(primary_key=True)
    if not settings.ADOPTED:
        name = models.CharField(_("name"), max_length=NAME_LENGTH)
    elif settings.USER_LABEL_COLUMN:
        name = models.CharField(
            _("name"), max_length=NAME_LENGTH, db_column=settings.USER_LABEL_COLUMN
        )
    if not settings.ADOPTED:
        # That of today. An older version of this application writes rows without it.
        group: "models.CharField[str, str]" = ExactCharField(
            _("group today"), max_length=GROUP_LENGTH, blank=True, default="", db_default=""
        )
    elif settings.USER_GROUP_COLUMN:
        group = models.CharField(
            _("group today"), max_length=NAME_LENGTH, db_column=settings.USER_GROUP_COLUMN
        )

    class Meta:
        db_table = "dt_users"
        managed = not settings.ADOPTED
        db_table_comment = "A user: a person who causes calls."
        default_permissions = OWN_TABLE_PERMISSIONS
        verbose_name = _("user record")
        verbose_name_plural = _("user records")

    def __str__(self) -> str:
        return getattr(self, "name", "") or _("User %(id)s") % {"id": self.pk}


class Membership(InternalModel):
    """A user is in a group on the local days from `since` to before `until`.

    `stats.ingest.groups` alone writes it, standalone only. Those of a user do not overlap; on other
    days the user is in no group.
    """

    user = models.ForeignKey(
        EndUser, models.CASCADE, related_name="memberships", db_constraint=False
    )
    group = ExactCharField(max_length=GROUP_LENGTH)
    since = models.DateField()
    until = models.DateField(default=NO_END)

    class Meta(InternalModel.Meta):
        db_table_comment = "The days on which a user is in a group."
        constraints = (models.UniqueConstraint(fields=("user", "since"), name="membership_since"),)


class TranslationJob(models.Model):
    id = IdField(primary_key=True)
    if not settings.ADOPTED:
        name = models.CharField(_("name"), max_length=NAME_LENGTH)
        user = models.ForeignKey(
            EndUser,
            models.PROTECT,
            null=True,
            blank=True,
            related_name="jobs",
            verbose_name=pgettext_lazy("end user", "user"),
        )
    elif settings.JOB_LABEL_COLUMN:
        name = models.CharField(
            _("name"), max_length=NAME_LENGTH, db_column=settings.JOB_LABEL_COLUMN
        )

    class Meta:
        db_table = "dt_translation_jobs"
        managed = not settings.ADOPTED
        db_table_comment = "A translation job that calls were made for."
        default_permissions = OWN_TABLE_PERMISSIONS
        verbose_name = _("job record")
        verbose_name_plural = _("job records")

    def __str__(self) -> str:
        return getattr(self, "name", "") or _("Job %(id)s") % {"id": self.pk}


for shown in JOB_COLUMNS:
    TranslationJob.add_to_class(shown.field, shown.as_field())
