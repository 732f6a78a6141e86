"""Text fields of the admin's forms that suggest what there is; others can be given, too."""

from collections.abc import Collection
from typing import Any

from django import forms

# The template of a form with such fields.
SUGGESTING = "admin/suggesting_form.html"


class SuggestingForm(forms.ModelForm):  # type: ignore[type-arg]
    """`suggestions` are texts by field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.suggestions: dict[str, Collection[str]] = {}

    def suggest(self, name: str, texts: Collection[str]) -> None:
        """Let a field suggest texts, where the form has it."""
        if name in self.fields:
            self.fields[name].widget.attrs["list"] = f"choices_{name}"
            self.suggestions[name] = texts
