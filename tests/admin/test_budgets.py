"""Budgets in the admin: their pages as they are read, and the form that sets them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from stats.budgets import crossings
from stats.budgets.setting import Terms, Whose, remove_budget, set_budget
from stats.models import Budget, BudgetTerms
from tests.admin.conftest import ANN, NOW, at
from tests.ledger import row, write
from tests.reading import html

pytestmark = pytest.mark.django_db
PAGE = "/admin/reports/budgets/"
ADD = "/admin/stats/budget/add/"
FORM = {
    "name": "Law & <b>order</b>",
    "user_id": "",
    "api_endpoint": "",
    "currency": "USD",
    "per": "month",
    "amount": "12.5",
    "thresholds": "90, 10",
    "forecast_thresholds": "",
    "mails": "a@example.com\nb@example.com",
    "webhooks": "",
}


def new(name: str = "all", amount: str = "10", since: date | None = None, **whose: Any) -> Budget:
    terms = Terms(amount=Decimal(amount))
    return set_budget(name, Whose(**{"currency": "USD", **whose}), terms, NOW, since)


@pytest.fixture
def read(analyst: Client) -> Callable[..., tuple[str, list[html.Table]]]:
    """The sentence of a page, and its tables."""

    def read(path: str, language: str = "en") -> tuple[str, list[html.Table]]:
        analyst.post("/i18n/setlang/", {"language": language})
        answer = analyst.get(path)
        assert answer.status_code == 200
        page = html.parse(answer.content.decode())
        status = next(node for node in page.iter("p") if node.get("role") == "status")
        return html.text_of(status), html.tables(page)

    return read


def texts(line: html.Line) -> tuple[str, ...]:
    """Without the blanks that hold the place of decimals."""
    return tuple(text.rstrip("\u2007\u2008") for text in line.texts)


Read = Callable[..., tuple[str, list[html.Table]]]


def test_without_a_budget(read: Read) -> None:
    assert read(PAGE) == ("There are no budgets yet.", [])


def test_each_in_its_running_period(read: Read, people: None) -> None:
    write(
        row(user_id=ANN, cost="3.2500", created_at=at(3)),
        row(user_id=ANN, cost="1.0000", created_at=at(3, month=10)),
    )
    new(amount="13")
    new("Ann", amount="4", user_id=ANN, per="quarter")
    sentence, (table,) = read(PAGE)
    assert sentence == "1 budget is exceeded."
    ann, everybody = map(texts, table.lines)
    assert ann[:4] == ("Ann", "Ann", "1 Oct–31 Dec 2026", "USD")
    assert ann[4:] == ("4.00", "4.25", "106.3\u202f%", "−0.25", "0")
    assert everybody[:4] == ("all", "everybody", "1–30 Nov 2026", "USD")
    assert everybody[4:] == ("13.00", "3.25", "25.0\u202f%", "9.75", "1.39")


def test_its_periods_and_what_it_crossed(read: Read, people: None) -> None:
    budget = new(amount="10", since=date(2026, 9, 1))
    write(
        row(cost="5.5000", created_at=at(3)),
        row(cost="0.7500", created_at=at(3, month=9)),
    )
    crossings.find(NOW)
    sentence, (periods, crossed) = read(f"{PAGE}{budget.pk}/")
    assert sentence == "USD\xa05.50 of USD\xa010.00 are spent, 55.0\u202f%."
    assert [texts(line)[3] for line in periods.lines] == ["5.50", "0", "0.75"]
    assert [texts(line)[-3:] for line in crossed.lines] == [("50 %", "5.50", "10.00")]


def test_in_chinese(read: Read) -> None:
    new()
    sentence, (table,) = read(PAGE, "zh-hant")
    assert sentence == "沒有預算超支。"
    assert table.lines[0].under("對象") == "所有人"


def test_a_budget_that_is_not_there(analyst: Client) -> None:
    assert analyst.get(f"{PAGE}7/").status_code == 404


@pytest.mark.parametrize("path", [PAGE, ADD])
def test_who_sees_what(
    path: str, analyst: Client, other_staff: Client, nobody: Client, administrator: Client
) -> None:
    found = [
        client.get(path).status_code for client in (administrator, analyst, other_staff, nobody)
    ]
    assert found == [200, 200 if path == PAGE else 403, 403, 302]


def test_it_is_made_in_a_form(administrator: Client, read: Read) -> None:
    answer = administrator.post(ADD, FORM)
    assert answer.status_code == 302, html.text_of(html.parse(answer.content.decode()))
    terms = BudgetTerms.objects.get()
    assert (terms.budget.name, terms.amount, terms.thresholds) == (
        FORM["name"],
        Decimal("12.5"),
        [10, 90],
    )
    assert (terms.mails, terms.since) == (["a@example.com", "b@example.com"], date(2026, 11, 1))
    assert LogEntry.objects.get().object_repr == FORM["name"]
    _sentence, (table,) = read(PAGE)
    assert table.lines[0].texts[0] == FORM["name"]


def test_a_change_keeps_whose_it_is(administrator: Client) -> None:
    budget = new(since=date(2026, 9, 1))
    path = f"/admin/stats/budget/{budget.pk}/change/"
    answer = administrator.post(path, {**FORM, "currency": "EUR", "name": "other"})
    assert answer.status_code == 302
    kept = BudgetTerms.objects.order_by("since").values_list("since__month", "amount")
    assert list(kept) == [(9, 10), (11, Decimal("12.5"))]
    budget.refresh_from_db()
    assert (budget.name, budget.currency) == ("all", "USD")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "-1"),
        ("amount", "much"),
        ("thresholds", "half"),
        ("thresholds", "0"),
        ("currency", "dollars"),
        ("user_id", "99"),
        ("user_id", "0"),
        ("mails", "nobody"),
        ("webhooks", "http://example.com"),
        ("name", "all"),
    ],
)
def test_what_is_wrong_stands_at_its_field(administrator: Client, field: str, value: str) -> None:
    new()
    answer = administrator.post(ADD, {**FORM, field: value})
    assert answer.status_code == 200
    page = html.parse(answer.content.decode())
    (errors,) = (node for node in page.iter("ul") if "errorlist" in html.classes(node))
    assert errors.get("id") == f"id_{field}_error"
    assert Budget.objects.count() == 1


def test_the_form_has_what_holds_now(administrator: Client) -> None:
    budget = new(amount="10")
    new(amount="900", since=date(2027, 1, 1))
    page = administrator.get(f"/admin/stats/budget/{budget.pk}/change/").content.decode()
    assert 'value="10.0000"' in page
    assert "900" not in page


def test_a_removed_one_is_only_shown(administrator: Client) -> None:
    budget = new()
    remove_budget(budget.name, NOW)
    path = f"/admin/stats/budget/{budget.pk}/change/"
    assert administrator.post(path, FORM).status_code == 403
    assert administrator.get(path).status_code == 200


def test_it_is_removed_and_never_deleted(administrator: Client) -> None:
    budget = new()
    administrator.post(
        "/admin/stats/budget/", {"action": "remove", "_selected_action": [budget.pk]}
    )
    budget.refresh_from_db()
    assert budget.removed_at == NOW
    assert administrator.get(f"/admin/stats/budget/{budget.pk}/delete/").status_code == 403
