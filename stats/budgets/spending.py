"""What was spent of budgets: from the sums, each question asked once for all budgets."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache, cached_property

from django.db.models import Q

from stats.budgets.periods import current_period
from stats.core.periods import Period, Range, local_day
from stats.models import HAS_GROUPS, Budget, BudgetTerms, EndUser
from stats.query import engine
from stats.query.selection import Selection
from stats.query.sums import NO_COST

Costs = Mapping[str, Decimal]
# So many budgets of one period are asked about one by one.
FEW = 5


@dataclass(frozen=True, slots=True)
class Spending:
    """A budget in one of its periods: `spent` of `terms.amount`, as of `now`."""

    budget: Budget
    terms: BudgetTerms
    period: Period
    spent: Decimal
    now: datetime

    @property
    def left(self) -> Decimal:
        """Below zero once more was spent."""
        return self.terms.amount - self.spent

    @property
    def percent(self) -> Decimal:
        return self.spent * 100 / self.terms.amount

    @property
    def days_left(self) -> int:
        """Today included; 0 once the period is over."""
        today = local_day(self.now, self.period.zone)
        return max(0, (self.period.last - max(today, self.period.first)).days + 1)

    @property
    def left_per_day(self) -> Decimal | None:
        """None once the period is over."""
        return max(self.left, NO_COST) / self.days_left if self.days_left else None


def current(budgets: Iterable[Budget], now: datetime) -> list[Spending]:
    """Of each budget the running period; none of a budget whose terms begin later."""
    return during([(budget, current_period(budget, now)) for budget in budgets], now)


def during(asked: Sequence[tuple[Budget, Period]], now: datetime) -> list[Spending]:
    """Of each budget what was spent in a period, where it had terms by then."""
    terms = _terms({budget.pk for budget, _period in asked})
    held = [
        (budget, period, its_terms)
        for budget, period in asked
        if (its_terms := _held(terms.get(budget.pk, ()), period))
    ]
    budgets: defaultdict[Range, list[Budget]] = defaultdict(list)
    for budget, period, _its_terms in held:
        budgets[period.range].append(budget)
    costs = {range: _Costs(range, together) for range, together in budgets.items()}
    return [
        Spending(budget, its_terms, period, costs[period.range].of(budget), now)
        for budget, period, its_terms in held
    ]


def selection_of(budget: Budget) -> Selection:
    """The calls that count against a budget, in all currencies and at any time."""
    return Selection(
        user_ids=() if budget.user_id is None else (budget.user_id,),
        groups=() if budget.group is None else (budget.group,),
        endpoint=budget.api_endpoint,
    )


def in_force() -> list[Budget]:
    """All budgets that were not removed, by name; those of groups only where there are groups."""
    budgets = Budget.objects.filter(removed_at=None).order_by("name")
    return list(budgets if HAS_GROUPS else budgets.filter(group=None))


def in_force_of_user(user_id: int) -> list[Budget]:
    """Those of this user alone, by name."""
    return list(Budget.objects.filter(removed_at=None, user_id=user_id).order_by("name"))


def in_force_of_group(group: str) -> list[Budget]:
    """Those of this group, by name."""
    return list(Budget.objects.filter(removed_at=None, group=group).order_by("name"))


def about_user(budgets: Iterable[Budget], user_id: int) -> Iterator[Budget]:
    """Those that a call of this user counts against, whatever its endpoint."""
    for budget in budgets:
        is_in_group = budget.group is None or _is_in_group(user_id, budget.group)
        if budget.user_id in (None, user_id) and is_in_group:
            yield budget


def _is_in_group(user_id: int, group: str) -> bool:
    """Today, as the database compares groups."""
    user, this = EndUser._default_manager.filter(pk=user_id), Q(("group__in", [group]))
    return user.filter(this).exists() if group else not user.exclude(this).exists()


def _terms(budgets: set[int]) -> dict[int, list[BudgetTerms]]:
    """By budget, the newest first."""
    found: dict[int, list[BudgetTerms]] = {}
    for terms in BudgetTerms.objects.filter(budget__in=budgets).order_by("-since"):
        found.setdefault(terms.budget_id, []).append(terms)
    return found


def terms_at(budget: Budget, now: datetime) -> BudgetTerms | None:
    """What holds in the running period; None if its terms begin later."""
    return _held(_terms({budget.pk}).get(budget.pk, ()), current_period(budget, now))


def _held(terms: Iterable[BudgetTerms], period: Period) -> BudgetTerms | None:
    return next((each for each in terms if each.since <= period.first), None)


class _Costs:
    """What was spent in a range of time."""

    def __init__(self, range: Range, budgets: Sequence[Budget]) -> None:
        self.range = range
        # One question for all is quicker than many.
        self.are_many = len(budgets) > FEW

    def of(self, budget: Budget) -> Decimal:
        """In the currency of the budget."""
        if self.are_many and budget.user_id is not None:
            costs = self._per_user.get(budget.user_id, {})
        elif self.are_many and budget.api_endpoint is not None:
            costs = self._per_endpoint.get(budget.api_endpoint, {})
        else:
            # The database compares groups, as everywhere.
            costs = self._alone(selection_of(budget))
        return costs.get(budget.currency, NO_COST)

    @cache  # noqa: B019 # the object lives as long as one question
    def _alone(self, selection: Selection) -> Costs:
        return engine.total(selection.during(self.range)).costs

    @cached_property
    def _per_user(self) -> Mapping[int, Costs]:
        found = engine.by_user_in_brief(Selection(self.range))
        return {user: sums.costs for user, sums in found.items()}

    @cached_property
    def _per_endpoint(self) -> Mapping[str, Costs]:
        found = engine.by_endpoint(Selection(self.range))
        return {endpoint: sums.costs for endpoint, sums in found.items()}
