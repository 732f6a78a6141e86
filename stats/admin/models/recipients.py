"""Recipients of notices: their language, their occasions, the secret of a webhook."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from stats.admin.components.suggestions import SUGGESTING, SuggestingForm
from stats.core import formatting
from stats.models import HAS_GROUPS, EndUser, Recipient
from stats.notices import outbox, recipients
from stats.notices.registry import OCCASIONS
from stats.query.group_names import group_names

# Those that can be chosen: budgets have recipients of their own.
CHOICES = [
    (one.name, one.title) for one in OCCASIONS.values() if one.find or one.name in outbox.LETTERS
]


class RecipientForm(SuggestingForm):
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    occasions = forms.MultipleChoiceField(
        label=_("Occasions"),
        choices=CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Budgets name their recipients themselves."),
    )

    class Meta:
        model = Recipient
        fields = ("address", "language", "group", "occasions")
        help_texts = {
            "address": _("A mail address, or the https address of a webhook."),
            "group": _("Hears of this group alone."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if HAS_GROUPS:
            self.suggest("group", group_names())

    def clean_address(self) -> str:
        address = recipients.normalized(self.cleaned_data["address"])
        if not (recipients.is_mail(address) or recipients.is_webhook(address)):
            raise forms.ValidationError(_("This is neither a mail address nor an https address."))
        return address

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        chosen = set(values.get("occasions", ())) & set(outbox.LETTERS)
        address = values.get("address") or self.instance.address
        if chosen and recipients.is_webhook(address):
            self.add_error("occasions", _("Letters go to mail addresses alone."))
        return values

    def clean_group(self) -> str | None:
        """Letter by letter as a user has it: else nobody would ever hear of anything."""
        group: str | None = self.cleaned_data["group"] or None
        users = EndUser._default_manager.filter(Q(("group", group))) if group else ()
        if group and group not in {getattr(user, "group", None) for user in users}:
            raise forms.ValidationError(_("No user is in this group."))
        return group


@admin.register(Recipient)
class RecipientAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """None is deleted: notices of the past name it."""

    form = RecipientForm
    change_form_template = SUGGESTING
    search_fields = ("address",)
    ordering = ("address",)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        group = ("group",) if HAS_GROUPS else ()
        return ("address", "language_name", *group, "chosen")

    @admin.display(description=_("Language"), ordering="language")
    def language_name(self, one: Recipient) -> str:
        return str(dict(settings.LANGUAGES).get(one.language, one.language))

    @admin.display(description=_("Occasions"))
    def chosen(self, one: Recipient) -> str:
        return formatting.listed(str(title) for name, title in CHOICES if name in one.occasions)

    def has_delete_permission(self, request: HttpRequest, obj: Recipient | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Recipient | None = None) -> tuple[str, ...]:
        if obj and not self.has_change_permission(request, obj):
            # Without the secret: they could sign with it.
            return self.get_list_display(request)
        group = ("group",) if HAS_GROUPS else ()
        secret = ("secret",) if obj and obj.secret else ()
        return ("address", "language", *group, "occasions", *secret)

    def get_readonly_fields(self, request: HttpRequest, obj: Recipient | None = None) -> list[str]:
        return ["address", "secret", "language_name", "chosen"] if obj else []

    def save_model(self, request: HttpRequest, obj: Recipient, form: Any, change: bool) -> None:
        if not change:
            obj.secret = recipients.secret_for(obj.address)
        super().save_model(request, obj, form, change)
