"""The list of calls and one call: a ledger, which nobody edits."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from stats import formatting
from stats.admin import names
from stats.admin.callrows import bands, job_url, totals
from stats.admin.links import Address
from stats.admin.pages.base import ReportPage, WrongParameterError
from stats.admin.panels import nothing_here
from stats.counters import NO_CURRENCY
from stats.filters import CallFilterSet
from stats.models import APIUsageStats
from stats.paging import Page, page_of
from stats.periods import DEFAULT_PRESET
from stats.reports import engine
from stats.reports.selection import Selection
from stats.reports.sums import Sums
from stats.zones import reading_zone

ROWS = 50


class CallsPage(ReportPage):
    """The list, under the bar of the reports; only it knows all time and ranges by the clock."""

    name = "stats_apiusagestats_changelist"
    title = _("API calls")
    template_name = "admin/reports/calls.html"
    own_parameters = {"cursor": None, "order": ("newest", "oldest")}

    def filters(self, query: QueryDict, now: datetime) -> CallFilterSet:
        return CallFilterSet(
            query,
            now=now,
            also_allowed=tuple(self.own_parameters),
            default_preset=DEFAULT_PRESET,
        )

    def report(self, filters: CallFilterSet, address: Address, **kwargs: Any) -> dict[str, Any]:
        selection = filters.selection
        order = filters.data.get("order", "newest")
        page = _page(selection, filters.data.get("cursor", ""), order)
        context = {"bar": self.bar(filters, address), "export": address.at("calls_export")}
        if not page.calls and not filters.data.get("cursor"):
            return {**context, "nothing": nothing_here(selection, address)}
        sums = _total(selection)
        sorted_address = address.having(order=order) if order != "newest" else address
        return {
            **context,
            "bands": bands(page.calls, selection, address),
            "totals": list(totals(sums)) if sums else [],
            "failed": formatting.number(sums.failures) if sums and sums.failures else "",
            "all_failures": address.having(success="false"),
            "columns": _columns(selection, sums),
            "order": order,
            "is_by_time": not selection.range.is_all_time,
            "turned": address if order == "oldest" else address.having(order="oldest"),
            "next": sorted_address.having(cursor=page.next_cursor) if page.next_cursor else "",
            "previous": sorted_address.having(cursor=page.previous_cursor)
            if page.previous_cursor
            else "",
            "shown": len(page.calls),
        }


def _page(selection: Selection, cursor: str, order: str) -> Page:
    calls = selection.narrow(APIUsageStats.objects.all())
    try:
        return page_of(
            calls,
            by_time=not selection.range.is_all_time,
            newest_first=order == "newest",
            cursor=cursor,
            size=ROWS,
        )
    except ValueError as error:
        raise WrongParameterError("cursor", str(error)) from error


def _total(selection: Selection) -> Sums | None:
    """None where the calls are too many to be added up one by one; the list goes on without."""
    try:
        return engine.total(selection)
    except engine.TooManyCallsError:
        return None


def _columns(selection: Selection, sums: Sums | None) -> dict[str, Any]:
    """Which columns say something: those that a filter makes constant are left out."""
    currencies = list(sums.costs) if sums else []
    return {
        "user": len(selection.user_ids) != 1,
        "endpoint": selection.endpoint is None,
        "job": selection.job_id is None,
        "result": selection.success is None,
        # One currency stands in the heading, several in the cells.
        "currency": currencies[0] if len(currencies) == 1 else "",
    }


@admin.register(APIUsageStats)
class CallAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Looking only: calls are written by recording, and by the other application."""

    fields = (
        "number",
        "time",
        "user_link",
        "job_link",
        "api_endpoint",
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "prompt_unit_price",
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

    @admin.display(description=_("number"))
    def number(self, call: APIUsageStats) -> str:
        return str(call.pk)

    @admin.display(description=_("time"))
    def time(self, call: APIUsageStats) -> str:
        if call.created_at is None:
            return formatting.DASH
        text: str = call.created_at.astimezone(reading_zone()).isoformat(" ")
        return text

    @admin.display(description=_("user"))
    def user_link(self, call: APIUsageStats) -> SafeString:
        user = names.users([call.user_id])[call.user_id]
        return _link(reverse("admin:reports_user", args=[call.user_id]), str(user))

    @admin.display(description=_("job"))
    def job_link(self, call: APIUsageStats) -> SafeString | str:
        if call.job_id is None:
            return formatting.DASH
        return _link(job_url(call), str(names.jobs([call.job_id])[call.job_id]))

    @admin.display(description=_("cost"))
    def exact_cost(self, call: APIUsageStats) -> str:
        if call.cost is None:
            return formatting.DASH
        return formatting.exact_money(call.prompt_price_unit or NO_CURRENCY, call.cost)

    @admin.display(description=_("response time"))
    def took(self, call: APIUsageStats) -> str:
        if call.response_time_ms is None:
            return formatting.DASH
        return f"{formatting.number(call.response_time_ms)} ms"


def _link(url: str, label: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', url, label)
