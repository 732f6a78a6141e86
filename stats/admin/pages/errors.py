"""Failures by their message: how many, where, since when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stats import formatting
from stats.admin import sheets
from stats.admin.files import Sheet
from stats.admin.links import Address
from stats.admin.pages.base import ReportPage
from stats.admin.panels import nothing_here
from stats.admin.tables import MOST
from stats.filters import CallFilterSet
from stats.periods import local_day
from stats.reports.errors import Errors, errors
from stats.reports.failures import FailureGroup
from stats.reports.sums import Sums
from stats.zones import reading_zone


class ErrorsPage(ReportPage):
    path = "reports/errors/"
    name = "reports_errors"
    title = gettext_lazy("Errors")
    template_name = "admin/reports/errors.html"
    sheets = (Sheet("errors", gettext_lazy("Errors"), sheets.failure_groups),)

    def ask(self, filters: CallFilterSet) -> Errors:
        return errors(filters.selection)

    def draw(self, found: Errors, filters: CallFilterSet, address: Address) -> dict[str, Any]:
        context = {"bar": self.bar(filters, address)}
        if not found.total.calls:
            return {**context, "nothing": nothing_here(filters.selection, address)}
        calls = address.calls.having(success="false")
        return {
            **context,
            "lines": [_line(group, calls, filters.now) for group in found.groups[:MOST]],
            "others": _others(found.groups[MOST:]),
            "total": found.total.failures,
            "all_failures": calls,
            "sentence": _sentence(found),
        }


@dataclass(frozen=True, slots=True)
class Line:
    """Failures of one kind; `url` leads to the failures where this one is among."""

    message: str
    url: str
    failures: int
    endpoint: str
    more_endpoints: int
    first: str
    last: str


def _line(group: FailureGroup, calls: Address, now: datetime) -> Line:
    endpoint, *more = group.per_endpoint
    return Line(
        group.message,
        str(calls if more else calls.having(api_endpoint=endpoint)),
        group.failures,
        endpoint,
        len(more),
        _day(group.first_at),
        formatting.ago(group.last_at, now, reading_zone()) if group.last_at else formatting.DASH,
    )


def _day(moment: datetime | None) -> str:
    return formatting.day(local_day(moment, reading_zone())) if moment else formatting.DASH


def _others(groups: Sequence[FailureGroup]) -> dict[str, int] | None:
    if not groups:
        return None
    return {"count": len(groups), "failures": sum(group.failures for group in groups)}


def _sentence(found: Errors) -> str:
    """How many failed of how many, and what that cost."""
    total = found.total
    if not total.failures:
        return ngettext("The call succeeded.", "All %(calls)s calls succeeded.", total.calls) % {
            "calls": formatting.number(total.calls)
        }
    sentence = _("%(failed)s of %(calls)s calls failed, %(rate)s.") % {
        "failed": formatting.number(total.failures),
        "calls": formatting.number(total.calls),
        "rate": formatting.percent(100 - total.success_rate),
    }
    costs = _costs(total)
    return f"{sentence} " + _("They cost %(costs)s.") % {"costs": costs} if costs else sentence


def _costs(total: Sums) -> str:
    return ", ".join(
        formatting.money(currency, cost) for currency, cost in sorted(total.failed_costs.items())
    )
