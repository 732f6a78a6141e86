"""Failures by their message: how many, where, since when."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stats.admin.components import tables, wording
from stats.admin.components.empty_state import EmptyState, no_such_failure
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.pages.base import ReportPage
from stats.admin.sheets import failures
from stats.core import formatting
from stats.query.request import ReportRequest
from stats.query.sums import Sums
from stats.reports.errors import Errors, errors


class ErrorsPage(ReportPage):
    path = "reports/errors/"
    name = "reports_errors"
    title = gettext_lazy("Errors")
    template_name = "admin/reports/errors.html"
    tells_failures_apart = True
    sheets = (Sheet("errors", gettext_lazy("Errors"), failures.failure_groups),)

    def ask(self, request: ReportRequest) -> Errors:
        return errors(request)

    def is_empty(self, found: Errors) -> bool:
        return not found.total.calls

    def empty_state(self, found: Errors, request: ReportRequest, address: Address) -> EmptyState:
        if request.failure:
            return no_such_failure(0, address)
        return super().empty_state(found, request, address)

    def draw(self, found: Errors, request: ReportRequest, address: Address) -> dict[str, Any]:
        calls = address.calls
        everything = _all_failures(calls)
        return {
            "table": failures.drawn_failures(found, calls, everything, tables.MOST, request.now)
            if found.groups
            else None,
            "sentence": wording.failed_alike(found.total.failures)
            if request.failure
            else _sentence(found),
        }


def _all_failures(calls: Address) -> Address:
    """The failures of the kind asked for, else of every kind."""
    is_of_one_kind = any(name == "failure" for name, _value in calls.pairs)
    return calls if is_of_one_kind else calls.having(success="false")


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
