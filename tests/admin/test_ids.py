"""Names and descriptions that a page points to are on it, and only what is wrong is called so."""

from collections import Counter
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import NoReverseMatch, reverse

from stats.admin.pages import PAGES
from stats.budgets.setting import Terms, Whose, set_budget
from tests.admin.conftest import ANN, NOW
from tests.browser.addresses import CHOSEN, under
from tests.invoices.entered import invoice

pytestmark = pytest.mark.once

REFERENCES = ("aria-describedby", "aria-labelledby", "aria-controls", "aria-owns", "for", "list")
# Django's own, where it puts the script's widgets: their labels come with the script.
SCRIPTED = {"id_groups_from", "id_user_permissions_from"}


class Ids(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: Counter[str] = Counter()
        self.references: set[str] = set()
        self.invalid: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if "id" in given:
            self.ids[given["id"] or ""] += 1
        for name in REFERENCES:
            self.references.update((given.get(name) or "").split())
        if (given.get("href") or "").startswith("#") and given["href"] != "#":
            self.references.add(str(given["href"])[1:])
        if given.get("aria-invalid") == "true":
            self.invalid.append(given.get("name") or "")


def addresses() -> list[str]:
    """All pages of ours, and the lists and forms of whatever is registered."""
    budget = set_budget("all", Whose(currency="USD"), Terms(amount=Decimal(9)), NOW)
    keys: dict[str, list[int | str]] = {
        "reports_user": [ANN],
        "reports_job": [70],
        "reports_budget": [budget.pk],
        "reports_closing": ["2026-10"],
        "reports_statement": ["2026-10"],
        "reports_invoice": [invoice(NOW).pk],
    }
    pages = [reverse(f"admin:{page.name}", args=keys.get(page.name)) for page in PAGES]
    pages += [f"{reverse(f'admin:{name}')}?{query}" for name, query in CHOSEN.items()]
    models = [model._meta for model in admin.site._registry]
    for meta in models:
        for view in ("changelist", "add"):
            try:
                pages.append(reverse(f"admin:{meta.app_label}_{meta.model_name}_{view}"))
            except NoReverseMatch:
                continue
    return list(dict.fromkeys(pages))


def read(client: Client, path: str, query: str = "") -> Ids | None:
    answer = client.get(under(path, query), follow=True)
    return None if answer.status_code == 403 else Ids(answer.content.decode())


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("query", ["", "user_id=1&success=true&cost_min=1", "user_id=999999",
                                   "user_id=x&cost_min=-1", "period=all"])  # fmt: skip
def test_every_reference_leads_to_something_on_the_page(superuser: User, query: str) -> None:
    client = Client()
    client.force_login(superuser)
    seen = 0
    for path in addresses():
        if (page := read(client, path, query)) is None:
            continue
        seen += 1
        assert page.references - page.ids.keys() - SCRIPTED == set(), path
        assert [one for one, count in page.ids.items() if count > 1] == [], path
        assert page.invalid == [], path
    assert seen > len(PAGES)


def test_the_filters_that_are_set_stand_in_their_fields(analyst: Client, ledger: None) -> None:
    query = "user_id=1&user_id=2&success=false&cost_min=1.5&api_endpoint=/a&job_id=70"
    page = analyst.get(f"/admin/reports/daily/?{query}").content.decode()
    for field in (
        '<option value="1" selected>', '<option value="2" selected>',
        '<option value="70" selected>', '<option value="false" selected>',
        'value="1.5"', 'value="/a"',
    ):  # fmt: skip
        assert field in page


def test_a_field_that_is_wrong_leads_to_what_is_wrong_with_it(superuser: User) -> None:
    client = Client()
    client.force_login(superuser)
    page = Ids(client.post("/admin/stats/apikey/add/", {"name": ""}).content.decode())
    assert "name" in page.invalid
    assert page.references - page.ids.keys() == set()
