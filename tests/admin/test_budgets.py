"""Budgets in the admin: their pages as they are read, and the form that sets them."""

import csv
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import translation

from stats.admin.sheets import budgets as sheets
from stats.budgets import crossings
from stats.budgets.setting import Terms, Whose, remove_budget, set_budget
from stats.ingest.groups import set_group
from stats.models import Budget, BudgetTerms
from stats.query.group_names import forget_group_names
from stats.tables.csvfile import csv_chunks
from tests.admin.conftest import ANN, BOB, NOW, at, given
from tests.ledger import row, write
from tests.reading import html
from tests.rollups.folded import fold_all

pytestmark = pytest.mark.django_db
PAGE = "/admin/reports/budgets/"
SECOND = timedelta(seconds=1)
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
    assert sentence.startswith("USD\xa05.50 of USD\xa010.00 are spent, 55.0\u202f%. ")
    assert [texts(line)[3] for line in periods.lines] == ["5.50", "0", "0.75"]
    assert [texts(line)[-4:] for line in crossed.lines] == [("50\u202f%", "spent", "5.50", "10.00")]


def test_a_table_without_rows_is_not_shown(read: Read, people: None) -> None:
    _sentence, [periods] = read(f"{PAGE}{new().pk}/")
    assert len(periods.lines) == 1


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "USD 24.00 of USD 48.00 are spent, 50.0 %. The month may end at USD 30.00."),
        ("zh-hant", "已使用 USD 24.00，預算為 USD 48.00（50.0%）。 到月底預計 USD 30.00。"),
    ],
)
def test_its_page_says_where_the_month_may_end(
    read: Read, people: None, language: str, told: str
) -> None:
    """Of local months alone: a dollar a day since August."""
    first = date(2026, 8, 1)
    days = ((first + timedelta(days=n)) for n in range(116))
    write(
        *(row(user_id=ANN, cost="1", created_at=datetime(d.year, d.month, d.day, 9)) for d in days)
    )
    sentence, _tables = read(f"{PAGE}{new(amount='48').pk}/", language)
    assert sentence.replace("\xa0", " ").replace("\u202f", " ") == told
    for whose in ({"per": "year"}, {"is_billed": True}):
        budget = new(f"with {whose}", since=date(2026, 1, 1), **whose)
        assert "may end" not in read(f"{PAGE}{budget.pk}/")[0]


def test_what_is_expected_is_told_from_what_is_spent(read: Read) -> None:
    budget = new()
    for kind, reached in (("spent", "10.5"), ("forecast", "13")):
        budget.crossings.create(
            period=NOW.date(), kind=kind, threshold=100, reached=reached, amount=10, found_at=NOW
        )
    for language, percent, words in (
        ("en", "100\u202f%", ["expected", "spent"]),
        ("zh-hant", "100%", ["預計", "已使用"]),
    ):
        _sentence, (_periods, crossed) = read(f"{PAGE}{budget.pk}/", language)
        assert sorted(texts(line)[2:] for line in crossed.lines) == sorted(
            (percent, word, reached, "10.00")
            for word, reached in zip(words, ("13.00", "10.50"), strict=True)
        )
    with translation.override("en"):
        file = StringIO("".join(csv_chunks(sheets.crossings(budget.crossings.all()))))
    rows = csv.DictReader(file)
    assert sorted(line["kind"] for line in rows) == ["expected", "spent"]


def test_the_head_of_times_stands_above_them(analyst: Client) -> None:
    """They are headings of rows, which are at the left."""
    budget = new()
    budget.crossings.create(
        period=NOW.date(), kind="spent", threshold=50, reached="5.5", amount=10, found_at=NOW
    )
    page = html.parse(analyst.get(f"{PAGE}{budget.pk}/").content.decode())
    heads = {html.text_of(one): html.classes(one) for one in page.iter("th")}
    assert "number" not in heads["Time"]
    assert "number" in heads["Threshold"]


def test_a_phone_has_the_currency(read: Read) -> None:
    new(amount="13")
    _sentence, (table,) = read(PAGE)
    assert [cell.note for cell in table.lines[0].cells["Spent"]] == ["USD"]


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


def seen() -> dict[str, str]:
    """What the form has of the newest terms."""
    return {"seen": BudgetTerms.objects.latest("since").changed_at.isoformat()}


def test_of_two_who_change_it_the_later_is_told(administrator: Client) -> None:
    budget = new()
    path = f"/admin/stats/budget/{budget.pk}/change/"
    page = html.parse(administrator.get(path).content.decode())
    (first,) = (node.get("value", "") for node in page.iter("input") if node.get("name") == "seen")
    set_budget("all", Whose(currency="USD"), Terms(amount=Decimal(77)), NOW + SECOND)
    answer = administrator.post(path, {**FORM, "seen": first})
    assert "Somebody has changed this budget meanwhile" in answer.content.decode()
    assert BudgetTerms.objects.get().amount == 77
    assert administrator.post(path, {**FORM, **seen()}).status_code == 302
    assert BudgetTerms.objects.get().amount == Decimal("12.5")


def test_an_endpoint_that_no_call_has_is_told(administrator: Client) -> None:
    write(row(api_endpoint="/run", created_at=at(3)))
    for endpoint, is_told in (("/run", False), ("/rum", True)):
        form = {**FORM, "name": endpoint, "api_endpoint": endpoint}
        page = administrator.post(ADD, form, follow=True).content.decode()
        assert (f"No call has the endpoint {endpoint} so far." in page) == is_told
    assert Budget.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_fields_suggest_what_there_is(administrator: Client, people: None, settings: Any) -> None:
    """Endpoints, currencies and groups; a user is found by name."""
    settings.FOLD_MARGIN_SECONDS = 0
    write(row(user_id=ANN, api_endpoint="/run & <b>", prompt_price_unit="EUR", created_at=at(3)))
    fold_all(now=NOW + timedelta(hours=1))
    set_group(ANN, "Law", NOW.date(), NOW.date())
    forget_group_names()
    page = html.parse(administrator.get(ADD).content.decode())
    offered = {
        one.get("id"): [option.get("value") for option in one.iter("option")]
        for one in page.iter("datalist")
    }
    fields = {one.get("name"): one for one in [*page.iter("input"), *page.iter("select")]}
    for name, texts in (
        ("api_endpoint", ["/run & <b>"]),
        ("currency", ["EUR"]),
        ("group", ["Law"]),
    ):
        assert offered[fields[name].get("list")] == texts
    user = fields["user_id"]
    asked = {name: user.get(f"data-{name}") for name in ("app-label", "model-name", "field-name")}
    query = {name.replace("-", "_"): value or "" for name, value in asked.items()}
    found = administrator.get(user.get("data-ajax--url") or "", query | {"term": "ann"}).json()[
        "results"
    ]
    assert [one["id"] for one in found] == [str(ANN)]
    administrator.post(ADD, {**FORM, "user_id": str(ANN)})
    assert Budget.objects.get().user_id == ANN


def test_a_recipient_s_group_is_suggested(administrator: Client, people: None) -> None:
    set_group(ANN, "Law", NOW.date(), NOW.date())
    forget_group_names()
    page = html.parse(administrator.get("/admin/stats/recipient/add/").content.decode())
    (offered,) = page.iter("datalist")
    assert [one.get("value") for one in offered.iter("option")] == ["Law"]


def test_a_group_that_nobody_is_in_is_told(administrator: Client, people: None) -> None:
    set_group(ANN, "Translation", NOW.date(), NOW.date())
    for group, is_told in (("Translation", False), ("Translatoin", True), ("", False)):
        form = {**FORM, "name": f"of {group}", "group": group}
        page = administrator.post(ADD, form, follow=True).content.decode()
        assert (f"No user is in the group {group}." in page) == is_told
    assert set(Budget.objects.values_list("group", flat=True)) == {
        "Translation",
        "Translatoin",
        None,
    }


def test_after_save_it_is_seen(administrator: Client) -> None:
    assert administrator.post(ADD, FORM).headers["Location"] == PAGE
    path = f"/admin/stats/budget/{Budget.objects.get().pk}/change/"
    assert administrator.post(path, {**FORM, **seen()}).headers["Location"] == PAGE


@pytest.mark.parametrize(
    ("language", "title", "heads", "filters"),
    [
        (
            "en",
            "All budgets",
            ["Name", "Whose", "Currency", "Period", "Removed at"],
            ["By period", "By currency"],
        ),
        (
            "zh-hant",
            "所有預算",
            ["名稱", "對象", "幣別", "期間", "移除時間"],
            ["以 期間", "以 幣別"],
        ),
    ],
)
def test_the_list_of_what_is_set(
    administrator: Client, language: str, title: str, heads: list[str], filters: list[str]
) -> None:
    new()
    new("other", currency="EUR", per="year")
    administrator.post("/i18n/setlang/", {"language": language})
    page = html.parse(administrator.get("/admin/stats/budget/").content.decode())
    assert [html.text_of(one) for one in page.iter("h1")] == [title]
    # The first is of the boxes; no numbers of an order stand beside the others.
    assert [html.text_of(one) for one in page.iter("th") if one.get("scope") == "col"][1:] == heads
    found = [html.text_of(one) for one in page.iter("summary")]
    assert [one.strip() for one in found] == filters


def test_the_form_is_wholly_in_chinese(administrator: Client) -> None:
    administrator.post("/i18n/setlang/", {"language": "zh-hant"})
    page = administrator.get(ADD).content.decode()
    assert "新增 預算" in page
    assert [word for word in ("budget<", "Month", "Quarter") if word in page] == []


def test_a_period_leads_to_the_calls_that_count(read: Read, analyst: Client, people: None) -> None:
    write(
        row(user_id=ANN, cost="3.2500", created_at=at(3)),
        row(user_id=ANN, cost="1.0000", created_at=at(3, month=10)),
        row(user_id=ANN, cost="9.0000", prompt_price_unit="EUR", created_at=at(3)),
        row(user_id=BOB, cost="7.0000", created_at=at(3)),
    )
    budget = new("Ann", amount="4", user_id=ANN)
    _sentence, (periods,) = read(f"{PAGE}{budget.pk}/")
    cells = (cell for found in periods.lines[0].cells.values() for cell in found)
    (link,) = (cell.link for cell in cells if cell.link)
    assert given(analyst.get(link))["totals"][0][0] == "1"


def test_a_change_keeps_whose_it_is(administrator: Client) -> None:
    budget = new(since=date(2026, 9, 1))
    path = f"/admin/stats/budget/{budget.pk}/change/"
    answer = administrator.post(path, {**FORM, "currency": "EUR", "name": "other", **seen()})
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
        ("user_id", "Ann"),
        ("user_id", "9" * 30),
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


def test_the_title_says_once_that_something_is_wrong(administrator: Client) -> None:
    page = administrator.post(ADD, {**FORM, "amount": "-1"}).content.decode()
    assert "<title>Error: Add budget | Usage Ledger</title>" in page


def test_a_user_has_their_name_wherever_the_budget_is(administrator: Client, people: None) -> None:
    budget = new("Ann's", user_id=ANN)
    page = html.parse(administrator.get(f"{PAGE}{budget.pk}/").content.decode())
    (heading,) = page.iter("h1")
    assert html.text_of(heading).split() == ["Ann's", "Ann"]
    listed = html.parse(administrator.get("/admin/stats/budget/").content.decode())
    assert [
        html.text_of(cell) for cell in listed.iter("td") if "field-whose" in html.classes(cell)
    ] == ["Ann"]
    administrator.post("/i18n/setlang/", {"language": "zh-hant"})
    form = html.parse(
        administrator.get(f"/admin/stats/budget/{budget.pk}/change/").content.decode()
    )
    shown = [
        html.text_of(row).split() for row in form.iter("div") if "field-user" in html.classes(row)
    ]
    assert shown == [["使用者：", "Ann"]]


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


def tiles(page: Any, label: str) -> list[tuple[str, str, list[str]]]:
    found = (tile for tile in given(page)["tiles"] if tile.label.startswith(label))
    return [(str(one.figure), one.change, [piece.text for piece in one.details]) for one in found]


class TestShown:
    """On the overview, and on the page of a user."""

    @pytest.fixture(autouse=True)
    def calls(self, people: None) -> None:
        write(
            row(user_id=ANN, cost="3.2500", created_at=at(3)),
            row(user_id=BOB, cost="2.7500", created_at=at(4)),
            row(cost="1.0000", created_at=at(3, month=10)),
        )

    def test_everybody_s_on_the_overview(self, analyst: Client) -> None:
        new(amount="24")
        page = analyst.get("/admin/")
        ((figure, spent, details),) = tiles(page, "Budget")
        assert figure.replace("\u202f", " ") == "25.0 %"
        assert spent == "USD\xa06.00 of USD\xa024.00 spent"
        # Seven days, with today.
        assert details == ["USD\xa018.00 left, USD\xa02.57 a day", "USD\xa06.02 expected"]
        chart = given(page)["chart"]
        assert chart.legend_level == "budget: USD\xa00.8000 a day"
        levels = [series.plot.level for view in chart.views for series in view.series]
        assert [bool(level) for level in levels] == [True, False, False]

    def test_what_was_too_much(self, analyst: Client) -> None:
        new(amount="5")
        ((_figure, _spent, details),) = tiles(analyst.get("/admin/"), "Budget")
        assert details[0] == "USD\xa01.00 too much"

    @pytest.mark.parametrize("query", [{"period": "last_month"}, {"user_id": ANN}])
    def test_only_of_all_calls_of_the_running_month(
        self, analyst: Client, query: dict[str, Any]
    ) -> None:
        new(amount="24")
        assert tiles(analyst.get("/admin/", query), "Budget") == []

    @pytest.mark.parametrize(
        "other", [{"user_id": ANN}, {"per": "year"}, {"is_billed": True}, {"api_endpoint": "/run"}]
    )
    def test_other_budgets_have_no_tile_there(self, analyst: Client, other: dict[str, Any]) -> None:
        new(amount="24", **other)
        new("later", since=date(2026, 12, 1))
        new("removed")
        remove_budget("removed", NOW)
        assert tiles(analyst.get("/admin/"), "Budget") == []

    def test_a_user_s_on_their_page(self, analyst: Client) -> None:
        new("Ann's", amount="13", user_id=ANN)
        new("everybody")
        ((figure, spent, _details),) = tiles(analyst.get(f"/admin/reports/users/{ANN}/"), "Budget")
        assert figure.replace("\u202f", " ") == "25.0 %"
        assert spent == "USD\xa03.25 of USD\xa013.00 spent"
