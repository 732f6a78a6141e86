"""Records of users and jobs; read-only in adopted mode."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminDateWidget
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stats.accounts import history
from stats.admin.components import wording
from stats.core import formatting
from stats.core.periods import local_day
from stats.core.zones import reading_zone
from stats.ingest import groups
from stats.models import HAS_GROUPS, JOB_COLUMNS, EndUser, MonthUser, TranslationJob
from stats.models.users_and_jobs import GROUP_LENGTH
from stats.query.group_names import forget_group_names


def _search_fields(label_column: str) -> tuple[str, ...]:
    """The id, and the name: adopted, only if there is a label column."""
    return ("id__exact",) if settings.ADOPTED and not label_column else ("name", "id__exact")


class RecordAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Users or jobs; adopted, they belong to the other application."""

    show_full_result_count = False
    ordering = ("-pk",)
    list_per_page = 50

    @admin.display(description=gettext_lazy("number"), ordering="pk")
    def number(self, record: Any) -> int:
        pk: int = record.pk
        return pk

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not settings.ADOPTED and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not settings.ADOPTED and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not settings.ADOPTED and super().has_delete_permission(request, obj)

    def get_deleted_objects(
        self, objs: Iterable[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[Any], list[str]]:
        """Records with calls are refused before Django collects the calls, perhaps millions."""
        with_calls = [str(obj) for obj in objs if self.has_calls(obj)]
        if with_calls:
            return [], {}, set(), [_("The API calls of %(name)s") % {"name": n} for n in with_calls]
        return super().get_deleted_objects(objs, request)  # type: ignore[arg-type]

    def has_calls(self, record: Any) -> bool:
        """Whether calls are of the user or job."""
        found: bool = record.calls.exists()
        return found


class EndUserForm(forms.ModelForm):  # type: ignore[type-arg]
    """A user, and the group that they are in from a day on."""

    group = forms.CharField(
        label=gettext_lazy("Group"),
        max_length=GROUP_LENGTH,
        required=False,
        help_text=gettext_lazy("The department. Empty: in no group."),
    )
    group_since = forms.DateField(
        label=gettext_lazy("In this group since"),
        required=False,
        widget=AdminDateWidget,
        help_text=gettext_lazy(
            "Calls from this day on count for the group, earlier ones for the group before. Empty: "
            "a new group holds from today on. What was said of later days is replaced."
        ),
    )

    # Which membership the form shows as the newest, so that nobody undoes what they never saw.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = EndUser
        # Adopted, there may be no name, and nothing is written.
        fields: tuple[str, ...] = () if settings.ADOPTED else ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["group"] = self.instance.group
        # Whatever is written changes the newest or its end.
        newest = self.instance.memberships.order_by("since").last() if self.instance.pk else None
        self.held = f"{newest.pk} {newest.until}" if newest else ""
        self.initial["seen"] = self.held

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("seen") != self.held:
            raise forms.ValidationError(
                _("Somebody has changed the group of this user meanwhile: look at it anew.")
            )
        return values

    @property
    def has_group_to_write(self) -> bool:
        """A new name alone writes none."""
        return not {"group", "group_since"}.isdisjoint(self.changed_data)

    def clean_group(self) -> str:
        try:
            return groups.group(self.cleaned_data["group"])
        except ValueError as error:
            raise forms.ValidationError(_(str(error))) from None

    def clean_group_since(self) -> date | None:
        day: date | None = self.cleaned_data["group_since"]
        if day is None:
            return None
        try:
            return groups.checked(day, local_day(timezone.now(), reading_zone()))
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None


@admin.register(EndUser)
class EndUserAdmin(RecordAdmin):
    if not settings.ADOPTED:
        form = EndUserForm
        readonly_fields = ("groups_so_far",)
    search_fields = _search_fields(settings.USER_LABEL_COLUMN)
    list_display = (
        "__str__",
        "number",
        *(["group_today"] if HAS_GROUPS else []),
        "usage",
    )

    def has_calls(self, record: EndUser) -> bool:
        """Purged ones count: their sums, and closed months, have the user's name and groups."""
        return super().has_calls(record) or MonthUser.objects.filter(user_id=record.pk).exists()

    @admin.display(description=gettext_lazy("group today"), ordering="group")
    def group_today(self, user: Any) -> str:
        return wording.group(user.group)

    @admin.display(description=gettext_lazy("Groups so far"))
    def groups_so_far(self, user: EndUser) -> str:
        """With their days, a line each, the newest first."""
        found = user.memberships.order_by("-since") if user.pk else ()
        lines = (f"{one.group}: {wording.days_in(one)}" for one in found)
        return "\n".join(lines) or wording.group("")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if settings.ADOPTED:
            return super().get_fields(request, obj)
        written = ("group_since", "seen") if self.has_add_permission(request) else ()
        return ("name", "group", *written, "groups_so_far")

    def save_model(self, request: HttpRequest, obj: EndUser, form: Any, change: bool) -> None:
        """The group has its own writer."""
        if change:
            obj.save(update_fields=["name"])
        else:
            obj.group = ""
            obj.save()
        if not form.has_group_to_write:
            return
        given = form.cleaned_data
        today = local_day(timezone.now(), reading_zone())
        closed = groups.set_group(obj.pk, given["group"], given["group_since"], today)
        forget_group_names()
        if closed:
            messages.warning(request, _closed_months_change(closed))

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[history.Line]:
        """With the group and its day."""
        lines: list[history.Line] = super().construct_change_message(request, form, formsets, add)
        given = form.cleaned_data
        if form.has_group_to_write:
            since = given["group_since"] or local_day(timezone.now(), reading_zone())
            name = f"{given['group'] or '-'}, {since}"
            lines.append(history.added("group", name))
        return lines

    @admin.display(description=gettext_lazy("usage"))
    def usage(self, user: EndUser) -> SafeString:
        url = reverse("admin:reports_user", args=[user.pk])
        return format_html('<a href="{}">{}</a>', url, _("Usage this month"))


def _closed_months_change(closed: list[date]) -> str:
    text = ngettext(
        "%(months)s is closed. The next verification writes an adjustment: calls of this user are "
        "of another group now.",
        "%(months)s are closed. The next verification writes an adjustment to each: calls of this "
        "user are of another group now.",
        len(closed),
    )
    names = (formatting.month(month, with_year=True) for month in closed)
    return text % {"months": formatting.listed(names)}


@admin.register(TranslationJob)
class TranslationJobAdmin(RecordAdmin):
    search_fields = _search_fields(settings.JOB_LABEL_COLUMN)
    list_display = (
        "__str__",
        "number",
        *([] if settings.ADOPTED else ["user"]),
        *(shown.field for shown in JOB_COLUMNS),
        "usage",
    )
    # No index has the owner's columns in order.
    sortable_by = ("number", "user")
    list_select_related = () if settings.ADOPTED else ("user",)
    autocomplete_fields = () if settings.ADOPTED else ("user",)

    @admin.display(description=gettext_lazy("usage"))
    def usage(self, job: TranslationJob) -> SafeString:
        url = reverse("admin:stats_apiusagestats_changelist")
        return format_html(
            '<a href="{}?job_id={}&amp;period=all">{}</a>', url, job.pk, _("API calls")
        )
