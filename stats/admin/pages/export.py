"""The list of calls under its filters, as a file."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stats.admin.pages.base import SitePage
from stats.exports import calls_as_csv
from stats.filters import CallFilterSet
from stats.models import APIUsageStats
from stats.periods import DEFAULT_PRESET, Period


class CallsExport(SitePage):
    path = "stats/apiusagestats/export.csv"
    name = "calls_export"
    title = _("API calls")
    in_navigation = False

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponseBase:
        now = timezone.now()
        filters = CallFilterSet(request.GET, now=now, default_preset=DEFAULT_PRESET)
        if not filters.is_valid():
            wrong = (f"{name}: {' '.join(found)}" for name, found in filters.errors.items())
            return HttpResponse("\n".join(wrong), status=400, content_type="text/plain")
        selection = filters.selection
        lines = calls_as_csv(
            selection.narrow(APIUsageStats.objects.all()),
            by_time=not selection.range.is_all_time,
        )
        return StreamingHttpResponse(
            lines,
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{_name(filters, now.date())}"'},
        )


def _name(filters: CallFilterSet, today: date) -> str:
    period: Period | None = filters.whole_days
    days = f"{period.first}_{period.last}" if period else f"until_{today}"
    return f"usage-calls_{days}.csv"
