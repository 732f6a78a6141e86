"""Budgets: what is left of each, and how one went in the periods before."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stats.admin.pages.base import SitePage
from stats.admin.sheets import budgets as sheets
from stats.budgets import forecasts, spending
from stats.budgets.periods import periods_back
from stats.budgets.spending import Spending
from stats.core import formatting
from stats.models import Budget
from stats.tables.html import drawn_whole

PERIODS_SHOWN = 13


class BudgetsPage(SitePage):
    path = "reports/budgets/"
    name = "reports_budgets"
    title = gettext_lazy("Budgets")
    template_name = "admin/reports/budgets.html"

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        found = spending.current(spending.in_force(), timezone.now())
        return self.render(
            {
                "sentence": _sentence(found),
                "tables": [("", drawn_whole(sheets.budgets(found)))] if found else [],
                "may_add": request.user.has_perm("stats.add_budget"),
            }
        )


class BudgetPage(SitePage):
    path = "reports/budgets/<int:budget_id>/"
    name = "reports_budget"
    title = gettext_lazy("Budget")
    template_name = "admin/reports/budgets.html"
    in_navigation = False
    belongs_to = BudgetsPage.name

    def get(self, request: HttpRequest, *, budget_id: int, **_kwargs: Any) -> HttpResponse:
        budget = Budget.objects.filter(pk=budget_id).first()
        if budget is None:
            raise Http404
        now = timezone.now()
        periods = periods_back(budget, now, PERIODS_SHOWN)
        found = spending.during([(budget, period) for period in periods], now)
        crossed = budget.crossings.order_by("-found_at", "-threshold")
        return self.render(
            {
                "title": budget.name,
                "about": sheets.whose(budget, sheets.named_users([budget])),
                "sentence": _sentence_of(budget, found, now),
                "tables": [
                    (_("Periods"), drawn_whole(sheets.periods(found))),
                    (_("Thresholds"), drawn_whole(sheets.crossings(crossed))),
                ],
                "budget": budget,
                "may_change": request.user.has_perm("stats.change_budget")
                and budget.removed_at is None,
            }
        )


def _sentence(found: list[Spending]) -> str:
    if not found:
        return _("There are no budgets yet.")
    over = sum(one.left < 0 for one in found)
    if not over:
        return _("No budget is exceeded.")
    return ngettext("%(count)s budget is exceeded.", "%(count)s budgets are exceeded.", over) % {
        "count": formatting.number(over)
    }


def _sentence_of(budget: Budget, found: list[Spending], now: datetime) -> str:
    if budget.removed_at is not None:
        return _("This budget was removed.")
    if not found:
        return _("This budget begins later.")
    one = found[0]
    words = {
        "spent": formatting.money(one.budget.currency, one.spent),
        "amount": formatting.money(one.budget.currency, one.terms.amount),
        "percent": formatting.percent(float(one.percent)),
    }
    spent = _("%(spent)s of %(amount)s are spent, %(percent)s.") % words
    expected = forecasts.expected(budget, now)
    if expected is None:
        return spent
    amount = formatting.money(budget.currency, expected)
    end = _("The month may end at %(amount)s.") % {"amount": amount}
    return f"{spent} {end}"
