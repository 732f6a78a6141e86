"""The only writer of crossings: each threshold of a budget once a period."""

import logging
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter

from django.db import IntegrityError, transaction

from stats.budgets import forecasts, spending
from stats.budgets.periods import period_at, periods_back
from stats.budgets.spending import Spending
from stats.budgets.whose import told_group
from stats.models import BudgetCrossing
from stats.models.budgets import CrossingKind
from stats.notices import outbox
from stats.notices.occasions import budget_crossed

logger = logging.getLogger(__name__)
# Calls of the period before may come late, and nobody may have looked at its end.
PERIODS = 2

Crossed = tuple[int, object, str, int]
# What was spent, and what that crosses.
Found = tuple[Spending, list[BudgetCrossing]]


def find(now: datetime) -> int:
    """Note each threshold that what was spent has reached and that was not noted before; how many.

    Safe to run in several processes at once: the row of a crossing is unique.
    """
    asked = [
        (budget, period)
        for budget in spending.in_force()
        for period in periods_back(budget, now, PERIODS)
    ]
    return _note_all(
        (each, list(_reached(each, CrossingKind.SPENT, each.terms.thresholds, each.spent)))
        for each in spending.during(asked, now)
    )


def find_expected(now: datetime) -> int:
    """The same for where the running month is expected to end."""
    kind, running = CrossingKind.FORECAST, spending.current(spending.in_force(), now)
    return _note_all(
        (each, list(_reached(each, kind, each.terms.forecast_thresholds, expected)))
        for each in running
        if each.terms.forecast_thresholds
        and (expected := forecasts.expected(each.budget, now)) is not None
    )


def forget_unreached(first: date, last: date) -> list[BudgetCrossing]:
    """Remove the crossings in periods that share days with these which what is spent now, after
    calls were removed, does not reach; which they were."""
    noted = BudgetCrossing.objects.select_related("budget").filter(period__lte=last)
    asked = [(one, period_at(one.budget, one.period)) for one in noted]
    unreached = [
        one
        for one, period in asked
        if period.last >= first
        and not any(
            _is_reached(each, one.threshold, each.spent)
            for each in spending.during([(one.budget, period)], one.found_at)
        )
    ]
    BudgetCrossing.objects.filter(pk__in=[one.pk for one in unreached]).delete()
    return unreached


def _reached(
    each: Spending, kind: CrossingKind, thresholds: Iterable[int], reached: Decimal
) -> Iterator[BudgetCrossing]:
    for threshold in thresholds:
        if _is_reached(each, threshold, reached):
            yield BudgetCrossing(
                budget=each.budget,
                period=each.period.first,
                kind=kind,
                threshold=threshold,
                reached=reached,
                amount=each.terms.amount,
                found_at=each.now,
            )


def _is_reached(each: Spending, threshold: int, reached: Decimal) -> bool:
    return reached * 100 >= each.terms.amount * threshold


def _note_all(found: Iterable[Found]) -> int:
    reached = list(found)
    known = _known(crossing for _each, crossings in reached for crossing in crossings)
    return sum(
        _note(each, new)
        for each, crossings in reached
        if (new := [crossing for crossing in crossings if _key(crossing) not in known])
    )


def _known(found: Iterable[BudgetCrossing]) -> set[Crossed]:
    periods = {crossing.period for crossing in found}
    rows = BudgetCrossing.objects.filter(period__in=periods)
    return set(rows.values_list("budget", "period", "kind", "threshold"))


def _key(crossing: BudgetCrossing) -> Crossed:
    return crossing.budget_id, crossing.period, crossing.kind, crossing.threshold


def _note(each: Spending, new: Iterable[BudgetCrossing]) -> int:
    """What is crossed at once and its notices, or neither; how many no other process has noted.

    The highest threshold is told, for all of them. One of the forecast is not where as much is
    spent already.
    """
    with transaction.atomic():
        noted = [crossing for crossing in new if _is_first(crossing)]
        highest = max(noted, key=attrgetter("threshold"), default=None)
        if highest and not _is_late(each, highest):
            outbox.write(
                budget_crossed.OCCASION.name,
                budget_crossed.fact_of(
                    highest, each.period.last, each.left, told_group(each.budget)
                ),
                [*each.terms.mails, *each.terms.webhooks],
                highest.found_at,
            )
    for crossing in noted:
        logger.info(
            "Budget %s reached %d %% of its %s",
            crossing.budget,
            crossing.threshold,
            crossing.period,
        )
    return len(noted)


def _is_first(crossing: BudgetCrossing) -> bool:
    """Saves it. False if another process did."""
    try:
        with transaction.atomic():
            crossing.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _is_late(each: Spending, crossing: BudgetCrossing) -> bool:
    is_forecast = crossing.kind == CrossingKind.FORECAST
    return is_forecast and _is_reached(each, crossing.threshold, each.spent)
