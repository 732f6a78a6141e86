"""Admin forms that refuse a text which the database cannot store, and name its field."""

from typing import Any

from django.contrib.admin import ModelAdmin
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


def with_storable_texts(admin_class: "type[ModelAdmin[Any]]") -> "type[ModelAdmin[Any]]":
    """The admin class with such forms."""

    class StorableTextsAdmin(admin_class):  # type: ignore[valid-type, misc]
        def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            form = super().get_form(request, *args, **kwargs)
            return type(form)(form.__name__, (_StorableTexts, form), {})

    return type(admin_class.__name__, (StorableTextsAdmin,), {"__module__": admin_class.__module__})
