"""Budgets, their periods, and the thresholds they crossed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from stats.admin.components import wording
from stats.admin.components.links import Address, Value
from stats.admin.sheets.columns import ON_WIDE_PAGES, Columns, one_page
from stats.budgets.spending import Spending
from stats.core import formatting
from stats.core.periods import days_touched
from stats.core.zones import reading_zone
from stats.models import Budget, BudgetCrossing, EndUser
from stats.models.budgets import CrossingKind
from stats.query import names
from stats.query.filters import group_value
from stats.tables.table import Column, Kind, OnPage, Phone, Table, local_time

# What reached a threshold.
KINDS = {
    CrossingKind.SPENT: pgettext_lazy("threshold", "spent"),
    CrossingKind.FORECAST: pgettext_lazy("threshold", "expected"),
}


def budgets(found: Sequence[Spending]) -> Table[Spending]:
    """Each in its running period."""
    users = named_users([one.budget for one in found])
    name: OnPage[Spending] = OnPage(
        is_heading=True, link=lambda one: reverse("admin:reports_budget", args=[one.budget.pk])
    )

    def whose_it_is(one: Spending) -> str:
        return whose(one.budget, users)

    columns: Columns[Spending] = [
        Column("name", Kind.TEXT, attrgetter("budget.name"), gettext_lazy("Budget"), name),
        Column("whose", Kind.TEXT, whose_it_is, gettext_lazy("Whose"), ON_WIDE_PAGES),
        *_figures(replace(ON_WIDE_PAGES, classes="brief")),
    ]
    return one_page("budgets", columns, found)


def periods(found: Sequence[Spending]) -> Table[Spending]:
    """One budget, the newest period first; each leads to the calls that count."""
    return one_page("periods", _figures(OnPage(link=_calls)), found)


def _calls(one: Spending) -> str:
    budget, calls = one.budget, Address(reverse("admin:reports_users")).calls
    group = None if budget.group is None else group_value(budget.group)
    given: dict[str, Value] = {
        "user_id": budget.user_id,
        "group": group,
        "api_endpoint": budget.api_endpoint,
    }
    counted = calls.having(**given).in_currency(budget.currency)
    return str(
        counted.during_part_of(one.period.range, *days_touched(one.period.range, reading_zone()))
    )


def crossings(found: Iterable[BudgetCrossing]) -> Table[BudgetCrossing]:
    """The newest first."""

    columns: Columns[BudgetCrossing] = [
        Column(
            "found_at",
            Kind.MOMENT,
            lambda crossing: local_time(crossing.found_at),
            gettext_lazy("Time"),
            OnPage(),
        ),
        Column(
            "period",
            Kind.TEXT,
            lambda crossing: formatting.day(crossing.period, with_year=True),
            gettext_lazy("Period from"),
            ON_WIDE_PAGES,
        ),
        Column(
            "threshold",
            Kind.PERCENT,
            attrgetter("threshold"),
            gettext_lazy("Threshold"),
            OnPage(text=lambda crossing: formatting.percent(crossing.threshold, 0)),
        ),
        Column(
            "kind",
            Kind.TEXT,
            lambda one: str(KINDS[CrossingKind(one.kind)]),
            gettext_lazy("Kind"),
            OnPage(classes="brief"),
        ),
        Column("reached", Kind.AMOUNT, attrgetter("reached"), gettext_lazy("Reached"), OnPage()),
        Column("amount", Kind.AMOUNT, attrgetter("amount"), gettext_lazy("Amount"), ON_WIDE_PAGES),
    ]
    return one_page("crossings", columns, list(found))


def named_users(budgets: Iterable[Budget]) -> dict[int, EndUser]:
    """The users whose budgets these are, by id."""
    return names.users(one.user_id for one in budgets if one.user_id is not None)


def whose(budget: Budget, users: Mapping[int, EndUser]) -> str:
    """Of whom a budget is; `users` are those of `named_users`."""
    if budget.user_id is not None:
        return str(users[budget.user_id])
    if budget.group is not None:
        return wording.group(budget.group)
    return budget.api_endpoint or _("everybody")


def _exceeded(one: Spending) -> str:
    return "failure" if one.left < 0 else ""


def _figures(period: OnPage[Spending]) -> Columns[Spending]:
    """`period` is how a page draws the periods."""

    def days(one: Spending) -> str:
        text = formatting.days(one.period.first, one.period.last, with_year=True)
        return f"{text} (UTC)" if one.budget.is_billed else text

    def percent(one: Spending) -> float:
        return float(one.percent)

    return [
        Column("period", Kind.TEXT, days, gettext_lazy("Period"), period),
        Column(
            "currency",
            Kind.TEXT,
            attrgetter("budget.currency"),
            gettext_lazy("Currency"),
            ON_WIDE_PAGES,
        ),
        Column("amount", Kind.AMOUNT, attrgetter("terms.amount"), gettext_lazy("Amount"), OnPage()),
        Column(
            "spent",
            Kind.AMOUNT,
            attrgetter("spent"),
            gettext_lazy("Spent"),
            OnPage(class_of=_exceeded, note=lambda one: str(one.budget.currency)),
        ),
        Column("percent", Kind.PERCENT, percent, gettext_lazy("Used"), OnPage(phone=Phone.LAST)),
        Column("left", Kind.AMOUNT, attrgetter("left"), gettext_lazy("Left"), ON_WIDE_PAGES),
        Column(
            "left_per_day",
            Kind.AMOUNT,
            attrgetter("left_per_day"),
            gettext_lazy("Left per day"),
            ON_WIDE_PAGES,
        ),
    ]
