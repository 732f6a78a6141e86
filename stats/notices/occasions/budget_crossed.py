"""A threshold of a budget was reached."""

from datetime import date
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.core import formatting
from stats.models import BudgetCrossing
from stats.models.budgets import CrossingKind
from stats.notices.fact import Fact, Facts
from stats.notices.occasion import Line, Message, Occasion


def key_of(crossing: BudgetCrossing) -> str:
    """As the crossing is unique."""
    return f"{crossing.budget_id} {crossing.period} {crossing.kind} {crossing.threshold}"


def fact_of(crossing: BudgetCrossing, last: date, left: Decimal, group: str | None) -> Fact:
    """With the last day of the period, and what is left of the amount.

    Amounts as decimal texts.
    """
    budget, period = crossing.budget, crossing.period
    return Fact(
        key_of(crossing),
        {
            "budget": budget.name,
            "budget_id": budget.pk,
            "currency": budget.currency,
            "period": period.isoformat(),
            "last_day": last.isoformat(),
            "kind": str(crossing.kind),
            "threshold": crossing.threshold,
            "reached": f"{crossing.reached:f}",
            "amount": f"{crossing.amount:f}",
            "left": f"{left:f}",
        },
        group,
    )


def _tell(facts: Facts) -> Message:
    is_forecast = facts["kind"] == CrossingKind.FORECAST
    page = reverse("admin:reports_budget", args=[facts["budget_id"]])
    first, last = (date.fromisoformat(facts[name]) for name in ("period", "last_day"))
    words = {
        "budget": facts["budget"],
        "percent": formatting.percent(facts["threshold"], 0),
        "period": formatting.months(first, last),
    }
    subject = (
        _("Budget “%(budget)s” may reach %(percent)s in %(period)s")
        if is_forecast
        else _("Budget “%(budget)s” has reached %(percent)s in %(period)s")
    )

    def money(name: str) -> str:
        return formatting.money(facts["currency"], Decimal(facts[name]))

    return Message(
        subject % words,
        (
            Line(_("Where it may end") if is_forecast else _("Spent"), money("reached"), page),
            Line(_("Amount"), money("amount"), page),
            Line(_("Left"), money("left"), page),
            Line(_("Period"), formatting.days(first, last, with_year=True), page),
        ),
    )


OCCASION = Occasion("budget.crossed", gettext_lazy("A budget reaches a threshold"), _tell)
