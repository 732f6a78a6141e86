"""The form behind "Filter": it draws and sends what `stats.query.filters` declares."""

from collections.abc import Collection

from django import forms
from django.contrib.admin.sites import AdminSite
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from stats.admin.components import names
from stats.models import APIUsageStats
from stats.query.filters import CallFilter, call_filters

ANY = ("", _("any"))


class FilterForm(forms.Form):
    """One field per filter, except `left_out`, which the page sets."""

    def __init__(self, site: AdminSite, given: QueryDict, left_out: Collection[str]) -> None:
        # Not bound: the parameters were checked before.
        super().__init__(auto_id="filter_%s", use_required_attribute=False)
        for name, one in call_filters().items():
            value = given.get(name)
            if name in left_out or (one.is_kept and not value):
                continue
            field = _kept_field(one, value or "") if one.is_kept else _field(one, site)
            field.label = one.label
            field.initial = given.getlist(name) if one.many else value
            self.fields[name] = field


def _kept_field(one: CallFilter, value: str) -> forms.Field:
    """A choice between the given value and any: values are chosen elsewhere."""
    return forms.ChoiceField(choices=(ANY, (value, one.text(value))))


def _field(one: CallFilter, site: AdminSite) -> forms.Field:
    if one.foreign_key:
        return _autocompleted_field(one, site)
    if one.choices and one.many:
        return forms.MultipleChoiceField(required=False, choices=one.choices)
    if one.choices:
        choices = one.choices() if callable(one.choices) else one.choices
        return forms.ChoiceField(choices=(ANY, *choices))
    if one.step:
        return forms.CharField(widget=forms.NumberInput({"min": 0, "step": one.step}))
    return forms.CharField(max_length=one.one_schema.get("maxLength"))


def _autocompleted_field(one: CallFilter, site: AdminSite) -> forms.Field:
    key = APIUsageStats._meta.get_field(one.foreign_key)
    records = names.model_of(one.foreign_key)._default_manager.all()
    if one.many:
        widget = AutocompleteSelectMultiple(key, site)
        return forms.ModelMultipleChoiceField(records, required=False, widget=widget)
    return forms.ModelChoiceField(records, required=False, widget=AutocompleteSelect(key, site))
