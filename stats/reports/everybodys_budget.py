"""The budget that everybody has for a local month, as the overview shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from stats.core.periods import local_day
from stats.core.zones import reading_zone
from stats.models import BudgetTerms
from stats.models.budgets import Per
from stats.query.request import ReportRequest

_FIELDS = ("budget__id", "budget__currency", "amount")


@dataclass(frozen=True, slots=True)
class EverybodysBudget:
    """What may be spent in the running month."""

    pk: int
    currency: str
    amount: Decimal


def everybodys_budget(values: Sequence[Any]) -> EverybodysBudget | None:
    """Of the values that `queries` give; None if there is no such budget."""
    return None if values[0] is None else EverybodysBudget(*values)


def queries(request: ReportRequest) -> list[QuerySet[BudgetTerms, Any]]:
    """Each gives a value of the first by name, in the terms that hold this month."""
    month = local_day(request.now, reading_zone()).replace(day=1)
    terms = BudgetTerms.objects.filter(
        since__lte=month,
        budget__removed_at=None,
        budget__user_id=None,
        budget__group=None,
        budget__api_endpoint=None,
        budget__per=Per.MONTH,
        budget__is_billed=False,
    ).order_by("budget__name", "-since")
    return [terms.values_list(name) for name in _FIELDS]
