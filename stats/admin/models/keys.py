"""API keys: created, shown once, revoked, never deleted."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, re_path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import RedirectView
from rest_framework_api_key.models import APIKey as LibraryKey

from stats.accounts import history, keys
from stats.core import formatting
from stats.ingest.groups import NOT_PRINTABLE
from stats.models import APIKey
from stats.templatetags import usage

admin.site.unregister(LibraryKey)

GIVEN = ("name", "may_record", "may_read", "rate")
KEPT = ("state", "begins", "made", "last_used")
# The parameter of Django's own confirmation page.
CONFIRMED = "post"


class KeyForm(forms.ModelForm):  # type: ignore[type-arg]
    expiry_date = forms.DateTimeField(
        label=gettext_lazy("Expires"),
        help_text=gettext_lazy("Then the key stops working. Leave empty: it never expires."),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    class Meta:
        model = APIKey
        fields = ("name", "may_record", "may_read", "rate", "expiry_date")
        labels = {"name": gettext_lazy("Service")}
        help_texts = {"name": gettext_lazy("A key and its replacement have the same name.")}

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        # A name that is there already may be kept.
        if "name" in self.changed_data and not name.isprintable():
            raise ValidationError(_(NOT_PRINTABLE))
        return name

    def clean_expiry_date(self) -> Any:
        expires = self.cleaned_data["expiry_date"]
        if expires is not None and "expiry_date" in self.changed_data and expires <= timezone.now():
            raise ValidationError(_("The expiry date lies in the past."))
        return expires

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        scopes = [given[name] for name in ("may_record", "may_read") if name in given]
        if scopes and not any(scopes):
            raise ValidationError(_("A key must be allowed to record, to read, or both."))
        return given


class RevokedFilter(admin.BooleanFieldListFilter):
    """A filter with a translated title, which the field of the library has not."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("revoked")


@admin.register(APIKey)
class APIKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = KeyForm
    list_display = (
        "service", "begins", "scope_names", "rate", "state", "expires", "last_used", "made",
    )  # fmt: skip
    list_filter = (("revoked", RevokedFilter),)
    search_fields = ("name", "prefix")
    actions = ("rotate", "revoke")
    ordering = ("revoked", "-created")

    def get_urls(self) -> list[URLPattern]:
        """The addresses of keys whose ids held hashes lead to the present ones."""
        now = RedirectView.as_view(pattern_name="admin:stats_apikey_change")
        before = re_path(r"^(?P<object_id>\w{8})\..+/$", self.admin_site.admin_view(now))
        return [before, *super().get_urls()]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> APIKey | None:
        """By prefix. It is the id, except of keys that an old version makes beside this one."""
        return super().get_object(request, object_id, from_field or "prefix")

    def has_delete_permission(self, request: HttpRequest, obj: APIKey | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: APIKey | None = None) -> tuple[str, ...]:
        expires = "expires" if obj and obj.revoked else "expiry_date"
        return (*GIVEN, expires, *(KEPT if obj else ()))

    def get_readonly_fields(
        self, request: HttpRequest, obj: APIKey | None = None
    ) -> tuple[str, ...]:
        """A revoked key cannot be edited."""
        return (*KEPT, *GIVEN, "expires") if obj and obj.revoked else KEPT

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Without the buttons that skip the page which shows the key."""
        buttons = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, {**(extra_context or {}), **buttons})

    def save_model(self, request: HttpRequest, obj: APIKey, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made, secret = keys.create(obj.name, obj.scopes, obj.expiry_date, timezone.now(), obj.rate)
        obj.pk, obj.prefix, obj.created = made.pk, made.prefix, made.created
        cast(Any, request).secret_shown_once = secret

    def response_add(
        self, request: HttpRequest, obj: APIKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._show_once(request, obj, cast(Any, request).secret_shown_once)

    def _show_once(
        self, request: HttpRequest, key: APIKey, secret: str, replaced: APIKey | None = None
    ) -> HttpResponse:
        """The key, in this answer only: no message, cookie or address holds it."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("The key of %(service)s") % {"service": key.name},
            "opts": self.opts,
            "key": key,
            "secret": secret,
            "replaced": replaced,
        }
        return TemplateResponse(request, "admin/stats/apikey/made.html", context)

    @admin.display(description=gettext_lazy("Service"), ordering="name")
    def service(self, key: APIKey) -> str:
        return key.name

    @admin.display(description=gettext_lazy("begins with"), ordering="prefix")
    def begins(self, key: APIKey) -> str:
        return key.prefix

    @admin.display(description=gettext_lazy("expires"), ordering="expiry_date")
    def expires(self, key: APIKey) -> str:
        return usage.exact_moment(key.expiry_date)

    @admin.display(description=gettext_lazy("created"), ordering="created")
    def made(self, key: APIKey) -> str:
        return usage.exact_moment(key.created)

    @admin.display(description=gettext_lazy("last used"), ordering="last_used_at")
    def last_used(self, key: APIKey) -> str:
        return usage.exact_moment(key.last_used_at)

    @admin.display(description=gettext_lazy("scopes"))
    def scope_names(self, key: APIKey) -> str:
        return formatting.listed(key.scope_words)

    @admin.display(description=gettext_lazy("state"))
    def state(self, key: APIKey) -> str:
        return key.state

    @admin.action(
        description=gettext_lazy("Replace the selected key; the old one works for another day"),
        permissions=["change"],
    )
    def rotate(self, request: HttpRequest, queryset: QuerySet[APIKey]) -> HttpResponse | None:
        """One key at a time, since the new one is shown once."""
        found = [key for key in queryset if not (key.revoked or key.has_expired)]
        if len(found) != 1 or len(queryset) != 1:
            text = _("Select one key that is neither revoked nor expired.")
            self.message_user(request, text, messages.ERROR)
            return None
        if CONFIRMED not in request.POST:
            return self._ask(request, "rotate", found)
        (old,) = found
        made, secret = keys.rotate(old, keys.OVERLAP, timezone.now())
        self.log_addition(request, made, history.replaces(old))
        self.log_change(request, old, history.replaced_by(made))
        return self._show_once(request, made, secret, old)

    @admin.action(
        description=gettext_lazy("Revoke the selected keys permanently"), permissions=["change"]
    )
    def revoke(self, request: HttpRequest, queryset: QuerySet[APIKey]) -> HttpResponse | None:
        found = list(queryset.filter(revoked=False))
        if not found:
            text = _("Select keys that are not revoked yet.")
            self.message_user(request, text, messages.ERROR)
            return None
        if CONFIRMED not in request.POST:
            return self._ask(request, "revoke", found)
        for key in found:
            self.log_change(request, key, [history.changed(history.REVOKED)])
        count = keys.revoke(queryset)
        text = ngettext("%(count)s key was revoked.", "%(count)s keys were revoked.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)
        return None

    def _ask(self, request: HttpRequest, action: str, found: Sequence[APIKey]) -> HttpResponse:
        """Ask for confirmation: with the services, and when each last used its key."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("Replace this key?")
            if action == "rotate"
            else ngettext("Revoke this key?", "Revoke these keys?", len(found)),
            "opts": self.opts,
            "action": action,
            "keys": found,
            "ends": timezone.now() + keys.OVERLAP,
            "confirmed": CONFIRMED,
            "chosen": helpers.ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/stats/apikey/confirm.html", context)
