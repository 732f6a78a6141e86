"""Columns of money on every page, as they are read: one precision each, differences with signs."""

import re
from collections.abc import Iterator
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from django.test import Client

from tests.admin.conftest import ANN, BOB, at
from tests.ledger import row, write

# How figures are drawn; test_parameters.py asks each page of every database.
pytestmark = [pytest.mark.usefixtures("ledger"), pytest.mark.once]
MONEY = re.compile(r"[+−]?[\d,]+\.(\d{2,})")
PAGES = [
    "/admin/",
    "/admin/reports/users/",
    "/admin/reports/users/?rank=calls",
    "/admin/reports/endpoints/",
    f"/admin/reports/users/{BOB}/",
    "/admin/reports/jobs/70/",
    "/admin/reports/daily/",
    "/admin/reports/cost/",
    "/admin/reports/changes/",
    "/admin/stats/apiusagestats/",
]
BLANKS = "\u2007\u2008"


class Tables(HTMLParser):
    """The tables of a page: rows of cells, each its text and what is told on hover."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[tuple[str, str]]]] = []
        self.is_in_cell = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables:
            self.tables[-1][-1] += [("", "")] * int(given.get("colspan") or 1)
            self.is_in_cell = True
        elif "phone-line" in str(given.get("class")):
            self.is_in_cell = False
        elif given.get("data-exact") and self.is_in_cell:
            text, _exact = self.tables[-1][-1][-1]
            self.tables[-1][-1][-1] = (text, str(given["data-exact"]))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.is_in_cell = False

    def handle_data(self, data: str) -> None:
        if self.is_in_cell:
            text, exact = self.tables[-1][-1][-1]
            self.tables[-1][-1][-1] = (text + data, exact)


def columns(client: Client, path: str) -> Iterator[list[tuple[str, str]]]:
    """Those of all tables of a page."""
    parser = Tables()
    parser.feed(client.get(path).content.decode())
    for table in parser.tables:
        for place in range(max(map(len, table), default=0)):
            yield [line[place] for line in table if place < len(line)]


def money(column: list[tuple[str, str]]) -> list[tuple[str, str]]:
    cells = [(text.strip().removeprefix("USD ").strip(BLANKS), exact) for text, exact in column]
    return [(text, exact) for text, exact in cells if MONEY.fullmatch(text)]


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("−", "-").removeprefix("USD "))


@pytest.fixture(params=["dear", "cheap"])
def amounts(request: pytest.FixtureRequest, ledger: None) -> None:
    """All above ten cents, or some of a hundredth of one."""
    if request.param == "dear":
        write(row(user_id=ANN, cost="0.9588", created_at=at(4)))
        write(row(user_id=BOB, cost="0.5993", created_at=at(5, month=10)))


@pytest.mark.usefixtures("amounts")
@pytest.mark.parametrize("path", PAGES)
def test_a_column_has_one_precision(analyst: Client, path: str) -> None:
    found = [money(column) for column in columns(analyst, path)]
    assert any(found), "no money on the page"
    for column in found:
        assert len({len(text.rpartition(".")[2]) for text, _exact in column}) <= 1, column


@pytest.mark.parametrize("path", PAGES)
def test_what_is_rounded_is_told_exactly_on_hover(analyst: Client, path: str) -> None:
    write(row(user_id=BOB, cost="7.1234", created_at=at(4), job_id=70))
    query = f"{'&' if '?' in path else '?'}cost_min=1"
    told = 0
    for column in columns(analyst, path + query):
        for text, exact in money(column):
            if exact:
                told += 1
                assert round(number(exact), len(text.rpartition(".")[2])) == number(text)
    # The list of calls has it in a title of the cell.
    assert told or "apiusagestats" in path


def test_a_difference_is_told_by_its_sign_on_every_page(analyst: Client) -> None:
    for path, texts in (
        ("/admin/reports/users/", {"+4.5000", "+2.0000", "−3.0000", "+3.5001"}),
        ("/admin/reports/users/?rank=calls", {"+1", "−1", "+2"}),
        ("/admin/reports/changes/", {"+4.5000", "+2.0000", "−3.0000", "+3.5001"}),
    ):
        found = {
            text.strip().strip(BLANKS) for column in columns(analyst, path) for text, _ in column
        }
        assert texts <= found
        assert [text for text in found if re.search(r"\b(less|more)$", text)] == []


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        (
            "en",
            [
                "From more calls",
                "From fewer tokens per call",
                "From a lower average token price",
            ],
        ),
        ("zh-hant", ["因呼叫較多", "因每次 Token 較少", "因每個 Token 平均成本較低"]),
    ],
)
def test_a_part_of_the_difference_is_told_as_money(
    analyst: Client, language: str, texts: list[str]
) -> None:
    write(row(user_id=ANN, cost="1", total_tokens=1, created_at=at(4)))
    analyst.post("/i18n/setlang/", {"language": language, "next": "/"})
    page = analyst.get("/admin/reports/changes/").content.decode()
    tiles = re.findall(r'<h2>([^<]*)</h2>\s*<p class="figure">(.*?)</p>', page, re.DOTALL)
    read = {label: " ".join(re.sub(r"<[^>]*>", "", figure).split()) for label, figure in tiles}
    assert set(texts) <= read.keys()
    assert len(tiles) == 4
    for figure in read.values():
        assert re.fullmatch(r"USD [+−]\d+\.\d\d", figure), figure


def test_tiles_tell_a_difference_by_its_sign_too(analyst: Client) -> None:
    write(*(row(user_id=ANN, cost="0", created_at=at(2, month=10)) for _ in range(7)))
    page = analyst.get("/admin/").content.decode()
    changes = re.findall(
        r'<h2>(?:Calls|Active users)</h2>.*?<p class="change">(.*?)</p>', page, re.S
    )
    assert [re.sub(r"<[^>]*>", "", change).split(",")[0] for change in changes] == [
        "−4",
        "unchanged",
    ]
