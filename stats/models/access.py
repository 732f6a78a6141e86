"""API keys, and the answers kept for their Idempotency-Keys."""

from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from rest_framework_api_key.models import AbstractAPIKey, APIKeyManager

from stats.models.fields import ExactCharField
from stats.models.internal import InternalModel


class KeyManager(APIKeyManager):
    """Makes keys with their prefix as the id. The library's id contains the hash, which must not
    appear in addresses and logs."""

    def assign_key(self, obj: AbstractAPIKey) -> str:
        secret: str = super().assign_key(obj)
        obj.id = obj.prefix
        return secret


class APIKey(AbstractAPIKey):
    """The key of a service. `name` is the service; a key and its replacement share it."""

    objects: ClassVar[KeyManager] = KeyManager()

    may_record = models.BooleanField(
        _("may record"), default=True, help_text=_("Post calls, and name users and jobs.")
    )
    may_read = models.BooleanField(
        _("may read"), default=False, help_text=_("Read calls and statistics.")
    )
    rate = models.PositiveIntegerField(
        _("requests per minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: as many as the settings say."),
    )
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)

    class Meta:
        db_table_comment = "The key of a service."
        ordering = ("-created",)
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    @property
    def scopes(self) -> list[str]:
        """The scopes of this key, among `record` and `read`."""
        granted = {"record": self.may_record, "read": self.may_read}
        return [scope for scope, is_granted in granted.items() if is_granted]

    @property
    def scope_words(self) -> list[str]:
        """The scopes, translated."""
        words = {"record": pgettext("scope", "record"), "read": pgettext("scope", "read")}
        return [words[scope] for scope in self.scopes]

    @property
    def state(self) -> str:
        """The state in a word, translated."""
        if self.revoked:
            return gettext("revoked")
        return gettext("expired") if self.has_expired else gettext("in use")


class IdempotencyRecord(InternalModel):
    """The 201 that answered a POST with an `Idempotency-Key`. Other answers are not kept.

    It belongs to a service by name (`APIKey.name`), so that its keys can be rotated. A foreign key
    to APIKey would make each update of `last_used_at` wait for every transaction that records.
    """

    service = ExactCharField(max_length=50)
    key = ExactCharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    # ASCII JSON, which every character set of an adopted database can hold.
    answer = models.TextField()
    created_at = models.DateTimeField(db_index=True)

    class Meta(InternalModel.Meta):
        db_table_comment = "The answer to a POST with an Idempotency-Key."
        constraints = (
            models.UniqueConstraint(fields=["service", "key"], name="idempotency_service_key"),
        )
