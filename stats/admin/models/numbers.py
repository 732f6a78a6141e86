"""Forms and lists that take no number for what is none; Django's ask the database for whatever was
posted."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import BadRequest
from django.http import HttpRequest

from stats.query.parameters import identifier


class IdentifierSelect(AutocompleteSelect):
    """Django's choice of a user or a job, for identifiers alone."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        return super().optgroups(name, [one for one in value if _is_identifier(one)], attr)


class Identifiers:
    """A mixin for admin classes."""

    def formfield_for_foreignkey(
        self: Any, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = IdentifierSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def response_action(self: Any, request: HttpRequest, queryset: Any) -> Any:
        """Refuse a selection that no page of the list offers."""
        number = self.opts.pk.get_prep_value
        try:
            for one in request.POST.getlist(ACTION_CHECKBOX_NAME):
                number(one)
        except ValueError:
            raise BadRequest from None
        return super().response_action(request, queryset)  # type: ignore[misc]


def _is_identifier(text: str) -> bool:
    try:
        identifier(text)
    except ValueError:
        return False
    return True
