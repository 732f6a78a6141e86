"""Records of users and jobs; read-only in adopted mode."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.admin.components import wording
from stats.models import EndUser, TranslationJob


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
        with_calls = [str(obj) for obj in objs if obj.calls.exists()]
        if with_calls:
            return [], {}, set(), [_("The API calls of %(name)s") % {"name": n} for n in with_calls]
        return super().get_deleted_objects(objs, request)  # type: ignore[arg-type]


@admin.register(EndUser)
class EndUserAdmin(RecordAdmin):
    search_fields = _search_fields(settings.USER_LABEL_COLUMN)
    list_display = (
        "__str__",
        "number",
        *(["group_today"] if settings.USER_GROUP_COLUMN else []),
        "usage",
    )

    @admin.display(description=gettext_lazy("group today"), ordering="group")
    def group_today(self, user: Any) -> str:
        return wording.group(user.group)

    @admin.display(description=gettext_lazy("usage"))
    def usage(self, user: EndUser) -> SafeString:
        url = reverse("admin:reports_user", args=[user.pk])
        return format_html('<a href="{}">{}</a>', url, _("Usage this month"))


@admin.register(TranslationJob)
class TranslationJobAdmin(RecordAdmin):
    search_fields = _search_fields(settings.JOB_LABEL_COLUMN)
    list_display = ("__str__", "number", *([] if settings.ADOPTED else ["user"]), "usage")
    list_select_related = () if settings.ADOPTED else ("user",)
    autocomplete_fields = () if settings.ADOPTED else ("user",)

    @admin.display(description=gettext_lazy("usage"))
    def usage(self, job: TranslationJob) -> SafeString:
        url = reverse("admin:stats_apiusagestats_changelist")
        return format_html(
            '<a href="{}?job_id={}&amp;period=all">{}</a>', url, job.pk, _("API calls")
        )
