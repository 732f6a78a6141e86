"""Budgets in the stock admin: their form, and what was changed by whom."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext

from stats.admin.models import history
from stats.admin.sheets.budgets import whose
from stats.budgets import spending
from stats.budgets.setting import (
    DEFAULT_THRESHOLDS,
    TERMS,
    WHOSE,
    Terms,
    Whose,
    errors_of,
    remove_budget,
    set_budget,
)
from stats.models import Budget

# As it stands in the log of the admin, and is translated there.
REMOVED = gettext_noop("Removed")


class Percentages(forms.CharField):
    """Whole percentages with commas between them."""

    def to_python(self, value: Any) -> Any:
        parts = [part.strip() for part in (super().to_python(value) or "").split(",")]
        try:
            return [int(part) for part in parts if part]
        except ValueError:
            raise forms.ValidationError(_("Whole percentages with commas are needed.")) from None

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else ", ".join(map(str, value or ()))


class Lines(forms.CharField):
    """A text in each line."""

    widget = forms.Textarea({"rows": 3})

    def to_python(self, value: Any) -> Any:
        return [
            line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()
        ]

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else "\n".join(value or ())


class BudgetForm(forms.ModelForm):  # type: ignore[type-arg]
    """A budget and the terms it has from the running period on."""

    amount = forms.DecimalField(label=_("Amount"), max_digits=18, decimal_places=4)
    thresholds = Percentages(
        label=_("Thresholds"),
        initial=list(DEFAULT_THRESHOLDS),
        required=False,
        help_text=_("Whole percentages of what is spent, such as 50, 80, 100."),
    )
    forecast_thresholds = Percentages(
        label=_("Thresholds of the forecast"),
        required=False,
        help_text=_(
            "Whole percentages of where the month may end; for local months only. Not compared yet."
        ),
    )
    mails = Lines(
        label=_("Mail to"),
        required=False,
        help_text=_("An address in each line. Nothing is sent yet."),
    )
    webhooks = Lines(
        label=_("Webhooks"),
        required=False,
        help_text=_("An https address in each line. Nothing is sent yet."),
    )

    class Meta:
        model = Budget
        fields = ("name", *WHOSE)
        labels = {
            "name": _("Name"),
            "user_id": _("User"),
            "group": _("Group"),
            "api_endpoint": _("Endpoint"),
            "currency": _("Currency"),
            "per": _("Period"),
            "is_billed": _("Days of UTC, as providers bill"),
        }
        help_texts = {
            "user_id": _("The number of one user. Without user, group and endpoint: everybody."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = spending.terms_at(self.instance, timezone.now()) if self.instance.pk else None
        if held:
            self.initial.update({name: getattr(held, name) for name in TERMS})

    @property
    def whose(self) -> Whose:
        """What is given, or what an existing budget has."""
        given: dict[str, Any] = {name: getattr(self.instance, name) for name in WHOSE}
        unset = {name: None for name in ("user_id", "group", "api_endpoint") if given[name] == ""}
        return Whose(**{**given, **unset})

    @property
    def terms(self) -> Terms:
        """What is given."""
        return Terms(**{name: self.cleaned_data[name] for name in TERMS})

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            for name, text in errors_of(self.instance.name, self.whose, self.terms).items():
                self.add_error(name if name in self.fields else None, text)


@admin.register(Budget)
class BudgetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Changes give new terms; nothing is deleted, since crossings refer to it."""

    form = BudgetForm
    list_display = ("name", "whose", "currency", "per", "removed_at")
    list_filter = ("per", "currency")
    show_facets = admin.ShowFacets.NEVER
    search_fields = ("name",)
    ordering = ("removed_at", "name")
    actions = ("remove",)

    def has_delete_permission(self, request: HttpRequest, obj: Budget | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Budget | None = None) -> bool:
        """A removed one stays as it was; `set_budget` brings it back."""
        is_removed = obj is not None and obj.removed_at is not None
        return not is_removed and super().has_change_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: Budget | None = None) -> tuple[str, ...]:
        return ("name", *_whose_fields(), *TERMS)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Budget | None = None
    ) -> tuple[str, ...]:
        return ("name", *_whose_fields()) if obj else ()

    def save_model(self, request: HttpRequest, obj: Budget, form: Any, change: bool) -> None:
        obj.pk = set_budget(obj.name, form.whose, form.terms, timezone.now()).pk

    @admin.display(description=_("Whose"))
    def whose(self, budget: Budget) -> str:
        return whose(budget)

    @admin.action(description=_("Remove the selected budgets"), permissions=["change"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Budget]) -> None:
        """Their history stays."""
        now = timezone.now()
        removed = [budget for budget in queryset if remove_budget(budget.name, now)]
        for budget in removed:
            self.log_change(request, budget, [history.changed(REMOVED)])
        text = ngettext(
            "%(count)s budget was removed.", "%(count)s budgets were removed.", len(removed)
        )
        self.message_user(request, text % {"count": len(removed)}, messages.SUCCESS)


def _whose_fields() -> tuple[str, ...]:
    return tuple(name for name in WHOSE if name != "group" or settings.USER_GROUP_COLUMN)
