"""The form behind "Filter": it draws and sends what `stats.query.filters` declares."""

from collections.abc import Collection, Iterable, Mapping

from django import forms
from django.contrib.admin.sites import AdminSite
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from stats.models import APIUsageStats
from stats.query import names
from stats.query.filters import ShownFilter, Text, call_filters

ANY = ("", _("any"))


class FilterForm(forms.Form):
    """One field per filter, except `left_out`, which the page sets; `own` are of the page alone."""

    def __init__(
        self,
        site: AdminSite,
        given: QueryDict,
        left_out: Collection[str],
        own: Mapping[str, ShownFilter],
    ) -> None:
        # Not bound: the parameters were checked before.
        super().__init__(auto_id="filter_%s", use_required_attribute=False)
        for name, one in {**call_filters(), **own}.items():
            value = given.get(name)
            if name in left_out or (one.is_kept and not value) or _has_nothing(one):
                continue
            field = _kept_field(one, value or "") if one.is_kept else _field(one, site, value)
            field.label = one.label
            field.initial = given.getlist(name) if one.many else value
            self.fields[name] = field


def _has_nothing(one: ShownFilter) -> bool:
    """True if there is nothing to choose among."""
    return one.many and callable(one.choices) and not one.choices()


def _kept_field(one: ShownFilter, value: str) -> forms.Field:
    """A choice between the given value and any: values are chosen elsewhere."""
    return forms.ChoiceField(choices=(ANY, (value, one.text(value))))


def _field(one: ShownFilter, site: AdminSite, value: str | None) -> forms.Field:
    if one.foreign_key:
        return _autocompleted_field(one, site)
    if one.choices and one.many:
        return forms.MultipleChoiceField(required=False, choices=one.choices)
    if one.choices:
        return forms.ChoiceField(choices=(ANY, *_choices(one, value)))
    if one.step:
        return forms.CharField(widget=forms.NumberInput({"min": 0, "step": one.step}))
    # The script fetches its suggestions when the form is opened.
    return forms.CharField(max_length=one.one_schema.get("maxLength"))


def _choices(one: ShownFilter, value: str | None) -> Iterable[tuple[str, Text]]:
    if not callable(one.choices):
        return one.choices
    found = dict(one.choices())
    if value:
        # It may be rarer than those that were looked for.
        found.setdefault(value, one.text(value))
    return found.items()


def _autocompleted_field(one: ShownFilter, site: AdminSite) -> forms.Field:
    key = APIUsageStats._meta.get_field(one.foreign_key)
    records = names.model_of(one.foreign_key)._default_manager.all()
    if one.many:
        widget = AutocompleteSelectMultiple(key, site)
        return forms.ModelMultipleChoiceField(records, required=False, widget=widget)
    return forms.ModelChoiceField(records, required=False, widget=AutocompleteSelect(key, site))
