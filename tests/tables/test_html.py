"""How a page draws columns: kinds, decimals, rows in which a column is blank, spans."""

from dataclasses import dataclass
from decimal import Decimal

from stats.tables.html import Rows, drawn
from stats.tables.table import OTHERS, Column, Kind, OnPage, Phone, Text


@dataclass(frozen=True)
class Item:
    name: str
    calls: int
    cost: Decimal | None
    before: Decimal


ANN = Item("Ann", 1234, Decimal("1.5"), Decimal("2.0034"))
BOB = Item("Bob", 7, None, Decimal(0))
REST = Item("2 others", 2, Decimal("0.5"), Decimal("0.25"))
ALL = Item("Total", 1243, Decimal("2.0"), Decimal("2.2534"))
COLUMNS: list[Column[Item]] = [
    Column("calls", Kind.NUMBER, lambda item: item.calls, "Calls", OnPage(blank_in=OTHERS)),
    Column(
        "name",
        Kind.TEXT,
        lambda item: item.name,
        "User",
        OnPage(text=lambda item: Text(item.name, tag="new"), is_heading=True),
    ),
    Column(
        "cost",
        Kind.AMOUNT,
        lambda item: item.cost,
        "Cost",
        OnPage(phone=Phone.LAST, classes="main", link=lambda item: f"/calls/{item.name}"),
    ),
    Column("before", Kind.AMOUNT, lambda item: item.before, "Before", OnPage(is_signed=True)),
    Column("hidden", Kind.TEXT, lambda item: item.name),
]
ROWS = Rows(lines=[ANN, BOB], others=REST, total=ALL, total_span=1)


def texts(name: str) -> list[str]:
    """The cells of a column, the total last."""
    table = drawn("users", COLUMNS, ROWS)
    place = [heading.text for heading in table.headings].index(name)
    assert table.total
    return [row.cells[place].text.strip("\u2007\u2008") for row in (*table.rows, table.total)]


def test_a_column_without_a_label_is_not_on_a_page() -> None:
    headings = [heading.text for heading in drawn("users", COLUMNS, ROWS).headings]
    assert headings == ["Calls", "User", "Cost", "Before"]


def test_an_order_chooses() -> None:
    table = drawn("users", COLUMNS, ROWS, order=("name", "cost", "hidden", "unknown"))
    assert [heading.text for heading in table.headings] == ["User", "Cost"]


def test_values_are_written_as_their_kind_is() -> None:
    assert texts("Calls") == ["1,234", "7", "", "1,243"]
    assert texts("Cost") == ["1.50", "—", "0.50", "2.00"]
    assert texts("Before") == ["+2.00", "0", "+0.25", "+2.25"]


def test_amounts_that_are_read_across_have_decimals_in_common() -> None:
    small = Item("Cat", 1, Decimal("0.0004"), Decimal(1))
    table = drawn("users", COLUMNS, Rows(lines=[small]), reads_across=True)
    assert [cell.text for cell in table.rows[0].cells[2:]] == ["0.0004", "+1.0000"]


def test_a_rounded_amount_has_its_exact_value_and_a_link_its_address() -> None:
    _calls, name, cost, before = drawn("users", COLUMNS, ROWS).rows[0].cells
    assert (cost.exact, before.exact, cost.link) == ("", "2.0034", "/calls/Ann")
    assert (name.is_heading, name.tag) == (True, "new")
    assert cost.classes == "number main last-on-phone"


def test_a_total_may_span_what_others_have_for_themselves() -> None:
    rows = Rows(lines=[ANN], total=ALL, total_span=2)
    total = drawn("users", COLUMNS, rows).total
    assert total
    assert [(cell.text.strip("\u2007\u2008"), cell.span) for cell in total.cells] == [
        ("Total", 2),
        ("2.00", 1),
        ("+2.25", 1),
    ]


def test_on_a_phone_a_total_has_no_blank_cell() -> None:
    """One of the columns that its heading spans is not there."""
    rows = Rows(lines=[ANN], total=ALL, total_span=2)
    total = drawn("users", COLUMNS, rows, order=("calls", "cost", "name")).total
    assert total
    assert [(cell.span, cell.classes) for cell in total.cells] == [(2, ""), (1, "wide-only")]
