"""The only writer of crossings: each threshold of a budget once a period."""

import logging
from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction

from stats.budgets import spending
from stats.budgets.periods import periods_back
from stats.budgets.spending import Spending
from stats.models import BudgetCrossing
from stats.models.budgets import CrossingKind

logger = logging.getLogger(__name__)
# Calls of the period before may come late, and nobody may have looked at its end.
PERIODS = 2

Crossed = tuple[int, object, str, int]


def find(now: datetime) -> int:
    """Note each threshold that what was spent has reached and that was not noted before; how many.

    Safe to run in several processes at once: the row of a crossing is unique.
    """
    asked = [
        (budget, period)
        for budget in spending.in_force()
        for period in periods_back(budget, now, PERIODS)
    ]
    found = [crossing for each in spending.during(asked, now) for crossing in _reached(each)]
    known = _known(found)
    return sum(_note(crossing) for crossing in found if _key(crossing) not in known)


def _reached(spent: Spending) -> Iterable[BudgetCrossing]:
    for threshold in spent.terms.thresholds:
        if spent.percent >= threshold:
            yield BudgetCrossing(
                budget=spent.budget,
                period=spent.period.first,
                kind=CrossingKind.SPENT,
                threshold=threshold,
                reached=spent.spent,
                amount=spent.terms.amount,
                found_at=spent.now,
            )


def _known(found: Iterable[BudgetCrossing]) -> set[Crossed]:
    periods = {crossing.period for crossing in found}
    rows = BudgetCrossing.objects.filter(period__in=periods)
    return set(rows.values_list("budget", "period", "kind", "threshold"))


def _key(crossing: BudgetCrossing) -> Crossed:
    return crossing.budget_id, crossing.period, crossing.kind, crossing.threshold


def _note(crossing: BudgetCrossing) -> bool:
    """False if another process was first."""
    try:
        with transaction.atomic():
            crossing.save(force_insert=True)
    except IntegrityError:
        return False
    logger.info(
        "Budget %s reached %d %% of its %s", crossing.budget, crossing.threshold, crossing.period
    )
    return True
