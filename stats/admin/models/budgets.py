"""Budgets in the stock admin: their form, and what was changed by whom."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from stats.accounts import history
from stats.admin.components.suggestions import SUGGESTING, SuggestingForm
from stats.admin.models.numbers import IdentifierSelect
from stats.admin.models.renaming import Renamed
from stats.admin.pages.budgets import BudgetsPage
from stats.admin.sheets.budgets import named_users, whose
from stats.budgets import spending
from stats.budgets.setting import (
    DEFAULT_THRESHOLDS,
    TERMS,
    WHOSE,
    Terms,
    Whose,
    doubts_about,
    errors_of,
    percentages,
    remove_budget,
    set_budget,
)
from stats.models import HAS_GROUPS, APIUsageStats, Budget, EndUser
from stats.query.filters import call_filters
from stats.query.group_names import group_names


class Percentages(forms.CharField):
    """Whole percentages with commas between them."""

    def to_python(self, value: Any) -> Any:
        try:
            return percentages(super().to_python(value) or "")
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

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


class BudgetForm(SuggestingForm):
    """A budget and the terms it has from the running period on."""

    user_id = forms.ModelChoiceField(
        EndUser._default_manager.all(),
        label=_("User"),
        required=False,
        widget=IdentifierSelect(APIUsageStats._meta.get_field("user"), admin.site),
        help_text=_("Without user, group and endpoint: everybody."),
        error_messages={"invalid_choice": _("There is no such user.")},
    )
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
        help_text=_("Whole percentages of where the month may end; for local months only."),
    )
    mails = Lines(
        label=_("Mail to"),
        required=False,
        help_text=_("An address in each line."),
    )
    webhooks = Lines(
        label=_("Webhooks"),
        required=False,
        help_text=_("An https address in each line. Its secret is with its recipient."),
    )

    # When the terms that the form shows were made, so that nobody overwrites what they never saw.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Budget
        fields = ("name", *WHOSE)
        labels = {
            "group": _("Group"),
            "api_endpoint": _("Endpoint"),
            "is_billed": _("Days of UTC, as providers bill"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = spending.terms_at(self.instance, timezone.now()) if self.instance.pk else None
        self.held_since = held.changed_at.isoformat() if held else ""
        self.initial["seen"] = self.held_since
        if held:
            self.initial.update({name: getattr(held, name) for name in TERMS})
        for name in ("api_endpoint", "currency"):
            if texts := call_filters()[name].suggestions:
                self.suggest(name, texts())
        if HAS_GROUPS:
            self.suggest("group", group_names())

    def clean_user_id(self) -> int | None:
        user: EndUser | None = self.cleaned_data["user_id"]
        return user.pk if user else None

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
        if self.instance.pk and self.cleaned_data.get("seen") != self.held_since:
            self.add_error(None, _("Somebody has changed this budget meanwhile: look at it anew."))
        if not self.errors:
            for name, text in errors_of(self.instance.name, self.whose, self.terms).items():
                self.add_error(name if name in self.fields else None, text)


@admin.register(Budget)
class BudgetAdmin(Renamed):
    """Changes give new terms; nothing is deleted, since crossings refer to it."""

    # Beside permissions the page of reports has the plain name; here nothing is mistaken for it.
    name, plural = _("budget"), _("all budgets")
    form = BudgetForm
    change_form_template = SUGGESTING
    list_display = ("name", "whose", "currency", "per", "removed_at")
    # In the order below alone.
    sortable_by = ()
    list_filter = ("per", "currency")
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
        seen = ("seen",) if self.has_change_permission(request, obj) else ()
        return ("name", *_whose_fields(obj), *TERMS, *seen)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Budget | None = None
    ) -> tuple[str, ...]:
        return ("name", *_whose_fields(obj)) if obj else ()

    def save_model(self, request: HttpRequest, obj: Budget, form: Any, change: bool) -> None:
        budget = set_budget(obj.name, form.whose, form.terms, timezone.now())
        obj.pk = budget.pk
        if doubts := doubts_about(budget):
            self.message_user(request, doubts, messages.WARNING)

    def response_post_save_add(self, request: HttpRequest, obj: Budget) -> HttpResponseRedirect:
        """Where the menu has budgets."""
        return redirect(f"admin:{BudgetsPage.name}")

    response_post_save_change = response_post_save_add

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[history.Line]:
        """With what the amount and the thresholds were before."""
        if add:
            return [history.made()]
        return history.terms_changed(form.initial, form.cleaned_data)

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """With the users of all rows, asked once."""
        found: ChangeList = super().get_changelist_instance(request)
        users = named_users(found.result_list)
        for budget in found.result_list:
            cast(Any, budget).whose = whose(budget, users)
        return found

    @admin.display(description=_("Whose"))
    def whose(self, budget: Budget) -> str:
        return str(cast(Any, budget).whose)

    @admin.display(description=_("User"), empty_value="-")
    def user(self, budget: Budget) -> EndUser | None:
        return named_users([budget]).get(budget.user_id or 0)

    @admin.action(description=_("Remove the selected budgets"), permissions=["change"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Budget]) -> None:
        """Their history stays."""
        now = timezone.now()
        removed = [budget for budget in queryset if remove_budget(budget.name, now)]
        for budget in removed:
            self.log_change(request, budget, [history.changed(history.REMOVED)])
        text = ngettext(
            "%(count)s budget was removed.", "%(count)s budgets were removed.", len(removed)
        )
        self.message_user(request, text % {"count": len(removed)}, messages.SUCCESS)


def _whose_fields(obj: Budget | None) -> tuple[str, ...]:
    """Of a budget that is there, its user has a name instead of a field."""
    names = (name for name in WHOSE if name != "group" or HAS_GROUPS)
    return tuple("user" if obj and name == "user_id" else name for name in names)
