"""The addresses of all pages, from where the site has them: a new page cannot be forgotten."""

from datetime import UTC, datetime
from decimal import Decimal

from django.urls import reverse

from stats.admin.navigation import ACCESS, LEDGER
from stats.admin.pages import PAGES
from stats.budgets import crossings
from stats.budgets.setting import Terms, Whose, set_budget
from stats.models import APIUsageStats, Budget

BUDGET = 1


def make_budget(name: str) -> None:
    """The budget that `of_pages` leads to, nearly spent."""
    now = datetime.now(UTC)
    Budget.objects.create(pk=BUDGET, name=name, currency="USD", created_at=now)
    set_budget(name, Whose(currency="USD"), Terms(amount=Decimal(9)), now)
    crossings.find(now)


def of_pages(user: int = 1, job: int = 1) -> dict[str, str]:
    """Of each page of the site by its name; those about one are about these."""
    ids = {"reports_user": [user], "reports_job": [job], "reports_budget": [BUDGET]}
    return {page.name: reverse(f"admin:{page.name}", args=ids.get(page.name)) for page in PAGES}


def of_stock_pages() -> dict[str, str]:
    """Of Django's own lists and forms behind the menu; calls have a list of ours, and no form."""
    models = [model for model in (*LEDGER, *ACCESS) if model is not APIUsageStats]
    names = [
        f"{model._meta.app_label}_{model._meta.model_name}_{view}"
        for model in models
        for view in ("changelist", "add")
    ]
    return {name: reverse(f"admin:{name}") for name in names}
