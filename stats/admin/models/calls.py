"""The list of calls, and one call; nobody edits them."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import CharField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from stats.admin.components.call_rows import count, day_of, job_url
from stats.admin.components.links import list_filters
from stats.admin.pages.calls import CallsPage
from stats.admin.pages.job import JobPage
from stats.admin.pages.user import UserPage
from stats.core import formatting
from stats.core.money import NO_CURRENCY
from stats.models import APIUsageStats
from stats.query import names


@admin.register(APIUsageStats)
class CallAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Read-only: calls are written by `stats.ingest` and by the other application."""

    fields = (
        "number",
        "time",
        "user_link",
        "job_link",
        "api_endpoint",
        "tokens_in",
        "tokens_out",
        "tokens_in_total",
        "unit_price",
        "prompt_price_unit",
        "exact_cost",
        "took",
        "success",
        "error_message",
    )
    readonly_fields = fields
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: APIUsageStats | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: APIUsageStats | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return CallsPage.as_view(site=self.admin_site)(request)  # type: ignore[return-value]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> APIUsageStats | None:
        """The call, with the filters of its list for the links to its user and job."""
        call = super().get_object(request, object_id, from_field)
        if call is not None:
            cast(Any, call).found_under = list_filters(request)
        return call

    @admin.display(description=_("number"))
    def number(self, call: APIUsageStats) -> str:
        return str(call.pk)

    @admin.display(description=_("time"))
    def time(self, call: APIUsageStats) -> str:
        if call.created_at is None:
            # NULL, or a date that no calendar has, such as 0000-00-00: as stored.
            written = APIUsageStats.objects.values_list(Cast("created_at", CharField()), flat=True)
            return written.get(pk=call.pk) or formatting.DASH
        return formatting.exact_moment(call.created_at)

    @admin.display(description=pgettext_lazy("end user", "user"))
    def user_link(self, call: Any) -> SafeString:
        user = names.users([call.user_id])[call.user_id]
        known = UserPage.taking(call.found_under, timezone.now())
        page = known.at("reports_user", call.user_id).of_month(day_of(call))
        return _link(str(page), str(user))

    @admin.display(description=_("job"))
    def job_link(self, call: Any) -> SafeString | str:
        if call.job_id is None:
            return formatting.DASH
        known = JobPage.taking(call.found_under, timezone.now())
        return _link(job_url(call, known), str(names.jobs([call.job_id])[call.job_id]))

    @admin.display(description=_("tokens in"))
    def tokens_in(self, call: APIUsageStats) -> str:
        return count(call.prompt_tokens)

    @admin.display(description=_("tokens out"))
    def tokens_out(self, call: APIUsageStats) -> str:
        return count(call.completion_tokens)

    @admin.display(description=_("tokens in total"))
    def tokens_in_total(self, call: APIUsageStats) -> str:
        return count(call.total_tokens)

    @admin.display(description=_("unit price, in"))
    def unit_price(self, call: APIUsageStats) -> str:
        if call.prompt_unit_price is None:
            return formatting.DASH
        return formatting.unit_price(call.prompt_price_unit or NO_CURRENCY, call.prompt_unit_price)

    @admin.display(description=_("cost"))
    def exact_cost(self, call: APIUsageStats) -> str:
        if call.cost is None:
            return formatting.DASH
        write = formatting.exact_money if call.cost else formatting.money
        return write(call.prompt_price_unit or NO_CURRENCY, call.cost)

    @admin.display(description=_("response time"))
    def took(self, call: APIUsageStats) -> str:
        if call.response_time_ms is None:
            return formatting.DASH
        return f"{formatting.number(call.response_time_ms)} ms"


def _link(url: str, label: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', url, label)
