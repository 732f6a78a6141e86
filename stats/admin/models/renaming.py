"""Names of Django's models on pages: its users are accounts here, and its groups no departments."""

from copy import copy
from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest
from django.utils.translation import gettext


class Renamed(ModelAdmin):  # type: ignore[type-arg]
    """The pages of a model under other names. Those of the model itself are in migrations of
    Django."""

    name: Any
    plural: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.opts = copy(self.opts)
        self.opts.verbose_name, self.opts.verbose_name_plural = self.name, self.plural

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list takes its words from here; its title was made before."""
        found = super().get_changelist_instance(request)
        found.opts = self.opts
        may_change = self.has_change_permission(request)
        # Django's own words.
        title = gettext("Select %s to change") if may_change else gettext("Select %s to view")
        found.title = title % self.name
        return found
