"""Days out of the ordinary, as they were found."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from stats.models.fields import ExactCharField
from stats.models.internal import InternalModel


class SubjectKind(models.TextChoices):
    """Whose day it was."""

    EVERYBODY = "all"
    USER = "user"
    GROUP = "group"
    ENDPOINT = "endpoint"


class Measure(models.TextChoices):
    """What was far above the usual."""

    COST = "cost", _("Cost")
    CALLS = "calls", _("Calls")
    FAILURES = "failures", _("Failures")


class UnusualDay(models.Model):
    """A subject's local day far above its usual. `stats.unusual.keeping` alone writes it."""

    day = models.DateField()
    kind = models.CharField(max_length=8, choices=SubjectKind.choices)
    # The id of a user, the name of a group or of an endpoint; empty for everybody.
    key = ExactCharField(max_length=500, blank=True)
    measure = models.CharField(max_length=8, choices=Measure.choices)
    # Of costs.
    currency = ExactCharField(max_length=64, blank=True)
    # As it was when found; counts are whole.
    observed = models.DecimalField(max_digits=18, decimal_places=4)
    usual = models.DecimalField(max_digits=18, decimal_places=4)
    # Who contributed most, in order: [key, observed, usual], the amounts as texts. Keys are users,
    # or endpoints where the subject is a user.
    made_by = models.JSONField(default=list)
    found_at = models.DateTimeField()
    # Who said that it was expected, when, and why.
    expected_at = models.DateTimeField(null=True)
    expected_by = models.CharField(max_length=150, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table_comment = "An unusual day of everybody, a user, a group or an endpoint."
        # To say that a day was expected. Whoever sees usage sees unusual days.
        default_permissions = ("change",)
        constraints = (
            models.UniqueConstraint(
                fields=("day", "kind", "key", "measure", "currency"), name="unusual_day_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.key} {self.measure}"

    @property
    def excess(self) -> Decimal:
        """How far above the usual."""
        return self.observed - self.usual


class ExaminedDays(InternalModel):
    """One row: the first and the last of the days that were all looked at."""

    since = models.DateField()
    through = models.DateField()

    class Meta(InternalModel.Meta):
        db_table_comment = "The single row: which days were looked at for unusual ones."
