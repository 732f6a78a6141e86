"""Failures by their message: how many, more or fewer than before, where, since when, and whose."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stats.admin.components import tables, wording
from stats.admin.components.chart import daily_chart
from stats.admin.components.empty_state import EmptyState, no_such_failure
from stats.admin.components.files import Sheet
from stats.admin.components.links import Address
from stats.admin.pages.base import ReportPage
from stats.admin.sheets import failures, rankings
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
    sheets = (
        Sheet("errors", gettext_lazy("Errors"), failures.failure_groups),
        Sheet(
            "users", gettext_lazy("Users"), lambda found: rankings.failing_users(found).in_full()
        ),
        Sheet(
            "endpoints",
            gettext_lazy("Endpoints"),
            lambda found: rankings.failing_endpoints(found).in_full(),
        ),
    )
    base_at = "base"
    compares_in_files = True

    def ask(self, request: ReportRequest) -> Errors:
        return errors(request)

    def is_empty(self, found: Errors) -> bool:
        return not found.total.calls

    def empty_state(self, found: Errors, request: ReportRequest, address: Address) -> EmptyState:
        if request.failure:
            return no_such_failure(0, address)
        return super().empty_state(found, request, address)

    def draw(self, found: Errors, request: ReportRequest, address: Address) -> dict[str, Any]:
        sentence = (
            wording.failed_alike(found.total.failures)
            if found.is_of_one_kind
            else _sentence(found.total)
        )
        if not found.kinds.ranking.rows:
            return {"sentence": sentence}
        failed = address.having(success="false")
        table = failures.errors_table(found, address, request.now)
        users = rankings.failing_users(found, address) if found.are_users_known else None
        return {
            "sentence": sentence,
            "table": table.drawn(tables.MOST),
            "chart": found.figures
            and daily_chart(found.figures, failed, request.now, ("failures",)),
            "endpoints": rankings.failing_endpoints(found, address).drawn(tables.TOP),
            "users": users and users.drawn(tables.TOP),
        }


def _sentence(total: Sums) -> str:
    """How many failed of how many, and what that cost."""
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
    return formatting.listed(
        formatting.money(currency, cost) for currency, cost in sorted(total.failed_costs.items())
    )
