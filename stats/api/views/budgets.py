"""Budgets: what is left, for a service that asks before it calls."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from stats.api import documentation, parameters
from stats.api.parameters import BUDGETS
from stats.api.views.base import Endpoint
from stats.budgets import spending
from stats.budgets.spending import Spending


class BudgetsView(Endpoint):
    """The running period of each budget."""

    @documentation.BUDGETS
    def get(self, request: Request) -> Response:
        """By name; with `user_id` those that a call of this user counts against."""
        user_id = parameters.read(request.query_params, BUDGETS).get("user_id")
        budgets = spending.in_force()
        if user_id is not None:
            budgets = list(spending.about_user(budgets, user_id))
        return Response([_shown(one) for one in spending.current(budgets, timezone.now())])


def _shown(one: Spending) -> dict[str, Any]:
    budget = one.budget
    left_per_day = one.left_per_day
    return {
        "name": budget.name,
        "user_id": budget.user_id,
        "group": budget.group,
        "api_endpoint": budget.api_endpoint,
        "currency": budget.currency,
        "per": budget.per,
        "first_day": one.period.first.isoformat(),
        "last_day": one.period.last.isoformat(),
        "is_billed": budget.is_billed,
        "amount": f"{one.terms.amount:.4f}",
        "spent": f"{one.spent:.4f}",
        "left": f"{one.left:.4f}",
        "left_per_day": None if left_per_day is None else f"{left_per_day:.4f}",
    }
