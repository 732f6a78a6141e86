"""Paths of the pages that a letter's numbers lead to."""

from collections.abc import Iterator, Mapping
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from stats.core.zones import reading_zone
from stats.letters.scope import Scope
from stats.query.filters import group_value
from stats.query.request import Base

Filters = Mapping[str, str | int | None]


def page(name: str, scope: Scope, *args: int, **filters: str | int | None) -> str:
    """The page of the period and the group. A filter that is None is left out."""
    return page_of_days(name, scope, scope.period.first, scope.period.last, *args, **filters)


def page_of_days(
    name: str, scope: Scope, first: date, last: date, *args: int, **filters: str | int | None
) -> str:
    """The page of other days."""
    days = {"created_at_after": first.isoformat(), "created_at_before": last.isoformat()}
    return _path(name, args, {**days, **_of_group(scope), **filters})


def calls_before(scope: Scope, base: Base) -> str:
    """The calls that the period is compared with."""
    zone, comparison = reading_zone(), base.comparison
    until = comparison.until
    last = until.astimezone(zone).isoformat() if until else comparison.last.isoformat()
    days = {"created_at_after": comparison.first.isoformat(), "created_at_before": last}
    if until:
        # The list takes two moments, or two days.
        start, _end = comparison.range.bounds
        days["created_at_after"] = start.astimezone(zone).isoformat()
    return _path("stats_apiusagestats_changelist", (), {**days, **_of_group(scope)})


def budgets() -> str:
    return reverse("admin:reports_budgets")


def budget(number: int) -> str:
    return reverse("admin:reports_budget", args=[number])


def closing(month: date) -> str:
    """The story of a closed month."""
    return reverse("admin:reports_closing", args=[f"{month:%Y-%m}"])


def _of_group(scope: Scope) -> dict[str, str]:
    return {} if scope.group is None else {"group": group_value(scope.group)}


def _path(name: str, args: tuple[int, ...], parameters: Filters) -> str:
    path = reverse(f"admin:{name}", args=args)
    return f"{path}?{urlencode(list(_given(parameters)))}" if parameters else path


def _given(parameters: Filters) -> Iterator[tuple[str, str]]:
    for name, value in parameters.items():
        if value is not None:
            yield name, str(value)
