"""Notices: whom the ledger tells what, and what became of each notice."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from stats.models.fields import ExactCharField
from stats.models.internal import InternalModel

# Characters of an address: an index holds no more beside the others.
ADDRESS_LENGTH = 500


class NoticeState(models.TextChoices):
    """What became of a notice."""

    WAITING = "waiting", _("waiting")
    SENT = "sent", _("sent")
    FAILED = "failed", _("given up")


class Recipient(models.Model):
    """Whom notices go to: a mail address, or the https address of a webhook.

    `stats.notices.recipients` alone makes rows; the admin changes what its owner chose. Those of a
    group hear of that group alone. The secret is a webhook's, which signs with it.
    """

    address = ExactCharField(_("address"), max_length=ADDRESS_LENGTH, unique=True)
    language = models.CharField(_("language"), max_length=10, default=settings.LANGUAGE_CODE)
    group = ExactCharField(_("group"), max_length=191, null=True, blank=True)
    # Names of occasions that have no recipients of their own, as budgets have.
    occasions = models.JSONField(_("occasions"), default=list, blank=True)
    secret = models.CharField(_("secret"), max_length=80, blank=True, editable=False)

    class Meta:
        db_table_comment = "Whom notices go to: a mail address or a webhook."
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")

    def __str__(self) -> str:
        return str(self.address)


class Notice(InternalModel):
    """One fact for one recipient, noticed once. `stats.notices.outbox` alone writes it."""

    # The webhook-id, and in the Message-ID: the same at each attempt.
    public_id = models.CharField(max_length=40, unique=True)
    occasion = models.CharField(max_length=40)
    # Which fact it is, among those of the occasion.
    key = ExactCharField(max_length=120)
    recipient = ExactCharField(max_length=ADDRESS_LENGTH)
    # Whose it is: a group's, else everybody's.
    group = ExactCharField(max_length=191, null=True)
    facts = models.JSONField()
    state = models.CharField(max_length=8, choices=NoticeState, default=NoticeState.WAITING)
    created_at = models.DateTimeField(db_index=True)
    # Counts those that began; the last may still run, until `next_attempt_at`.
    attempts = models.IntegerField(default=0)
    # Somebody waits for it: it gets a mail of its own, and does not count towards a day's limit.
    is_asked_for = models.BooleanField(default=False)
    next_attempt_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    # Sentences as `stats.core.sentences` stores them.
    last_failure = models.TextField(blank=True)

    class Meta(InternalModel.Meta):
        db_table_comment = "One fact for one recipient."
        # Not `view_…`: analysts have all of those.
        permissions = (("see_notices", _("Can see and send notices")),)
        constraints = (
            models.UniqueConstraint(fields=("occasion", "key", "recipient"), name="noticed_once"),
        )
        indexes = (models.Index(fields=("state", "next_attempt_at"), name="notices_due"),)
