"""Who may use the API: keys of services, stored hashed."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework_api_key.models import AbstractAPIKey


class APIKey(AbstractAPIKey):
    """A service's key. `name` is the service: keys that replace one another share it."""

    may_record = models.BooleanField(
        _("may record"), default=True, help_text=_("Post calls, and name users and jobs.")
    )
    may_read = models.BooleanField(
        _("may read"), default=False, help_text=_("Read calls and statistics.")
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
