"""The addresses of all pages, from where the site has them: a new page cannot be forgotten."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.urls import reverse

from stats.admin.navigation import ACCESS, LEDGER
from stats.admin.pages import PAGES
from stats.budgets import crossings
from stats.budgets.setting import Terms, Whose, set_budget
from stats.models import APIUsageStats, Budget, InvoiceDay, ProviderInvoice

BUDGET = INVOICE = 1
# Filters without which a page has nothing to show.
CHOSEN = {
    "reports_endpoint": "api_endpoint=/chat-messages",
    "reports_compare": "user_id=1&user_id=2",
}


def make_budget(name: str) -> None:
    """The budget that `of_pages` leads to, nearly spent."""
    now = datetime.now(UTC)
    Budget.objects.create(pk=BUDGET, name=name, currency="USD", created_at=now)
    set_budget(name, Whose(currency="USD"), Terms(amount=Decimal(9)), now)
    crossings.find(now)


def make_invoice(name: str) -> None:
    """The one that `of_pages` leads to: of last month, with one day."""
    month = last_month().replace(day=1)
    invoice = ProviderInvoice.objects.create(
        pk=INVOICE,
        provider=name,
        month=month,
        is_utc=True,
        currency="USD",
        amount_units=12 * 10**9,
        note=name,
        added_at=datetime.now(UTC),
        added_by=name,
    )
    InvoiceDay.objects.create(invoice=invoice, day=month, amount_units=10**9)


def last_month() -> date:
    """A day of it; in UTC."""
    return datetime.now(UTC).date().replace(day=1) - timedelta(days=1)


def of_pages(user: int = 1, job: int = 1) -> dict[str, str]:
    """Of each page of the site by its name; those about one are about these."""
    ids: dict[str, list[int | str]] = {
        "reports_user": [user],
        "reports_job": [job],
        "reports_budget": [BUDGET],
        "reports_closing": [f"{last_month():%Y-%m}"],
        "reports_statement": [f"{last_month():%Y-%m}"],
        "reports_invoice": [INVOICE],
    }
    paths = {page.name: reverse(f"admin:{page.name}", args=ids.get(page.name)) for page in PAGES}
    return {name: under(path, CHOSEN.get(name, "")) for name, path in paths.items()}


def under(address: str, query: str) -> str:
    """The address under more parameters."""
    return f"{address}{'&' if '?' in address else '?'}{query}" if query else address


def of_stock_pages() -> dict[str, str]:
    """Of Django's own lists and forms behind the menu; calls have a list of ours, and no form."""
    models = [model for model in (*LEDGER, *ACCESS) if model is not APIUsageStats]
    names = [
        f"{model._meta.app_label}_{model._meta.model_name}_{view}"
        for model in models
        for view in ("changelist", "add")
    ]
    return {name: reverse(f"admin:{name}") for name in names}
