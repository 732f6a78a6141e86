"""The form behind "Filter": it draws and sends; `CallFilterSet` reads what it sends."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.sites import AdminSite
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from stats.admin.components import names
from stats.models import APIUsageStats, EndUser, TranslationJob
from stats.query.filters import CallFilterSet, ParsedListFilter, group_value
from stats.query.selection import NO_GROUP

YES_OR_NO = (("", _("any")), ("true", _("yes")), ("false", _("no")))
UNKNOWN_COST = (
    ("", _("any")),
    ("unpriced", _("unpriced")),
    ("rounded_away", _("rounded away")),
    ("no_usage", _("no usage")),
)


class FilterForm(forms.Form):
    """One field per filter but those of the period; `left_out` are fixed by the page."""

    def __init__(self, site: AdminSite, given: QueryDict, left_out: Collection[str]) -> None:
        # Not bound: what was given has been read already, and no field here is wrong.
        super().__init__(auto_id="filter_%s", use_required_attribute=False)
        for name, field in {**_fields(site), **_failure_field(given)}.items():
            if name not in left_out:
                field.label = CallFilterSet.base_filters[name].label
                is_list = isinstance(CallFilterSet.base_filters[name], ParsedListFilter)
                field.initial = given.getlist(name) if is_list else given.get(name)
                self.fields[name] = field


def _fields(site: AdminSite) -> dict[str, forms.Field]:
    return {
        **_people_fields(site),
        "api_endpoint": forms.CharField(),
        "success": forms.ChoiceField(choices=YES_OR_NO),
        "currency": forms.CharField(max_length=20),
        "cost_min": _number_field(step="0.0001"),
        "cost_max": _number_field(step="0.0001"),
        "response_time_ms_min": _number_field(),
        "response_time_ms_max": _number_field(),
        "has_error": forms.ChoiceField(choices=YES_OR_NO),
        "unknown_cost": forms.ChoiceField(choices=UNKNOWN_COST),
    }


def _people_fields(site: AdminSite) -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {
        "user_id": forms.ModelMultipleChoiceField(
            EndUser.objects.all(),
            required=False,
            widget=AutocompleteSelectMultiple(APIUsageStats._meta.get_field("user"), site),
        ),
        "job_id": forms.ModelChoiceField(
            TranslationJob.objects.all(),
            required=False,
            widget=AutocompleteSelect(APIUsageStats._meta.get_field("job"), site),
        ),
    }
    if settings.USER_GROUP_COLUMN:
        groups = EndUser.objects.order_by("group").values_list("group", flat=True).distinct()  # type: ignore[misc]
        fields["group"] = forms.MultipleChoiceField(
            required=False,
            choices=lambda: [
                (group_value(NO_GROUP), _("without a group")),
                *((group_value(group), group) for group in groups if group),
            ],
        )
    return fields


def _failure_field(given: QueryDict) -> dict[str, forms.Field]:
    """The kind of error that one came with: to be kept or let go, not to be chosen here."""
    kind = given.get("failure")
    if not kind:
        return {}
    return {"failure": forms.ChoiceField(choices=(("", _("any")), (kind, names.failure(kind))))}


def _number_field(step: str = "1") -> forms.Field:
    attributes: dict[str, Any] = {"min": 0, "step": step}
    return forms.CharField(widget=forms.NumberInput(attributes))
