"""Admin forms that refuse a text which the database cannot store, and name its field."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from stats.db.charsets import holds


class _StorableTexts:
    """A mixin for model forms."""

    def clean(self: Any) -> Any:
        super().clean()  # type: ignore[misc]
        fields = {field.name: field for field in self._meta.model._meta.concrete_fields}
        for name in self.cleaned_data.keys() & fields.keys():
            if not holds(fields[name], self.cleaned_data[name]):
                self.add_error(name, _("This database cannot store some of these characters."))
        return self.cleaned_data


class StorableTexts:
    """A mixin for admin classes with such forms."""

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)  # type: ignore[misc]
        return type(form)(form.__name__, (_StorableTexts, form), {})
