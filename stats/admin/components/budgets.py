"""A budget as a tile: how much of it is spent, and what that leaves."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _

from stats.admin.components.chart import Level
from stats.admin.components.tiles import Piece, Tile
from stats.budgets.periods import current_period
from stats.budgets.spending import Spending
from stats.core import formatting
from stats.models import Budget, BudgetTerms
from stats.reports.everybodys_budget import EverybodysBudget
from stats.reports.forecast import Forecast
from stats.reports.month_ends import MonthEnds
from stats.reports.summary import Summary


def budget_tile(one: Spending, ends: MonthEnds) -> Tile:
    """In its running period; `ends` are those of the same calls in the running month."""
    money = _money_of(one)
    spent = _("%(spent)s of %(amount)s spent")
    return Tile(
        _("Budget %(name)s") % {"name": one.budget.name} if one.budget.name else _("Budget"),
        formatting.rate(float(one.percent)),
        url=reverse("admin:reports_budget", args=[one.budget.pk]),
        change=spent % {"spent": money(one.spent), "amount": money(one.terms.amount)},
        details=tuple(_details(one, ends)),
        is_across=True,
    )


def of_everybody(found: EverybodysBudget, summary: Summary) -> Spending:
    """With the costs that the page counted in the running month."""
    now = summary.figures.request.now
    budget = Budget(pk=found.pk, currency=found.currency)
    spent = summary.figures.now.cost_in(found.currency)
    terms = BudgetTerms(amount=found.amount)
    return Spending(budget, terms, current_period(budget, now), spent, now)


def level(one: Spending) -> Level:
    """What a day may cost if all days of the period are alike."""
    amount = one.terms.amount / one.period.length
    text = _("budget: %(amount)s a day") % {"amount": _money_of(one)(amount)}
    return Level(one.budget.currency, amount, text)


def _details(one: Spending, ends: MonthEnds) -> Iterator[Piece]:
    money, per_day = _money_of(one), one.left_per_day
    if one.left < 0:
        yield Piece(_("%(amount)s too much") % {"amount": money(-one.left)}, is_failure=True)
    elif per_day is not None:
        words = {"left": money(one.left), "amount": money(per_day)}
        yield Piece(_("%(left)s left, %(amount)s a day") % words)
    end = ends.get(one.budget.currency)
    is_of_local_month = one.period.is_month and not one.budget.is_billed
    if is_of_local_month and isinstance(end, Forecast):
        yield Piece(_("%(amount)s expected") % {"amount": money(end.expected)})


def _money_of(one: Spending) -> Callable[[Decimal], str]:
    return lambda value: formatting.money(one.budget.currency, value)
