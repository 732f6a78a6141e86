"""Scheduled jobs: who runs each, how it ended last, when it runs next."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Upkeep(models.TextChoices):
    """The jobs that keep figures right, with their titles. That one fails is told."""

    FOLD = "fold", _("Fold new calls")
    VERIFY = "verify", _("Compare rollups with calls")


class ScheduledJob(models.Model):
    """A row for each job of `stats.scheduled`. `stats.scheduled.claims` alone writes it."""

    name = models.CharField(max_length=50, primary_key=True)
    # The process that runs it now, empty if none does. It renews `claimed_until` while it lives.
    claimed_by = models.CharField(max_length=120, blank=True)
    claimed_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    # Of the last run that came to an end.
    ended_at = models.DateTimeField(null=True)
    duration_ms = models.BigIntegerField(null=True)
    has_failed = models.BooleanField(default=False)
    # Sentences as `stats.core.sentences` stores them.
    outcome = models.TextField(blank=True)
    # At once where there is none.
    next_run_at = models.DateTimeField(null=True)

    class Meta:
        db_table_comment = "A scheduled job: its last run and its next."
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
