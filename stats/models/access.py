"""Who may use the API: keys of services, stored hashed; and what services were answered."""

from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework_api_key.models import AbstractAPIKey, APIKeyManager

from stats.models.fields import ExactCharField


class KeyManager(APIKeyManager):
    """Makes keys whose id is their prefix: it stands in addresses and logs, where the library's,
    which holds the hash, has no business."""

    def assign_key(self, obj: AbstractAPIKey) -> str:
        secret: str = super().assign_key(obj)
        obj.id = obj.prefix
        return secret


class APIKey(AbstractAPIKey):
    """A service's key. `name` is the service: keys that replace one another share it."""

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
        ordering = ("-created",)
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    @property
    def scopes(self) -> list[str]:
        """`record` and `read`, as far as this key has them."""
        granted = {"record": self.may_record, "read": self.may_read}
        return [scope for scope, is_granted in granted.items() if is_granted]

    @property
    def state(self) -> str:
        """In a word, for people."""
        if self.revoked:
            return gettext("revoked")
        return gettext("expired") if self.has_expired else gettext("in use")


class IdempotencyRecord(models.Model):
    """What a service was answered to a POST with an `Idempotency-Key`: a 201, never anything else.

    It belongs to the service (`APIKey.name`), whose keys may be rotated, by name: with a foreign
    key to APIKey, noting `last_used_at` would wait for every transaction that records.
    """

    service = ExactCharField(max_length=50)
    key = ExactCharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    # JSON in ASCII, whatever an adopted database's character set.
    answer = models.TextField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["service", "key"], name="idempotency_service_key"),
        )

    def __str__(self) -> str:
        return f"{self.service}: {self.key}"
