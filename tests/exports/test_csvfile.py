"""CSV: every cell exact, and none that a spreadsheet would run."""

import csv
import io
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.exports.csvfile import BYTE_ORDER_MARK, csv_chunks, harmless
from stats.exports.tables import Column, Kind, Table

KINDS = (Kind.TEXT, Kind.NUMBER, Kind.AMOUNT, Kind.FLAG, Kind.DAY)
STARTS = "=+-@＝＋－＠"

texts = st.text(st.characters(exclude_categories=["Cs"]))
amounts = st.decimals(-(10**12), 10**12, places=4)
cells: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: texts,
    Kind.NUMBER: st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False),
    Kind.AMOUNT: amounts,
    Kind.FLAG: st.booleans(),
    Kind.DAY: st.dates(),
}
rows = st.tuples(*(st.none() | cells[kind] for kind in KINDS))


def table_of(*pages: list[tuple[Any, ...]]) -> Table[tuple[Any, ...]]:
    columns: list[Column[tuple[Any, ...]]] = [
        Column(kind.name, kind, itemgetter(place)) for place, kind in enumerate(KINDS)
    ]
    return Table("anything", columns, pages)


def read(text: str) -> list[list[str]]:
    """As any reader of CSV does, which knows no kinds."""
    return list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))


@given(st.lists(rows), st.lists(rows))
def test_what_is_read_is_what_there_was(
    one: list[tuple[Any, ...]], other: list[tuple[Any, ...]]
) -> None:
    heading, *found = read("".join(csv_chunks(table_of(one, other))))
    assert heading == [kind.name for kind in KINDS]
    for row, (text, number, amount, flag, day) in zip([*one, *other], found, strict=True):
        assert text.removeprefix("'") == (row[0] or "").removeprefix("'")
        assert (type(row[1])(number) if number else None) == row[1]
        assert (Decimal(amount) if amount else None) == row[2]
        assert {"true": True, "false": False, "": None}[flag] == row[3]
        assert (date.fromisoformat(day) if day else None) == row[4]


@given(texts)
def test_a_text_is_kept_or_begins_with_a_quotation_mark(text: str) -> None:
    written = harmless(text) or ""
    assert written in (text, f"'{text}")
    assert not written.startswith((*STARTS, "\t", "\r", "\n"))


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    "before", ["", " ", "\u00a0", "\u3000", '"', "'", "\u200b", "\ufeff", "\0"]
)
def test_text_does_not_become_a_formula(before: str, start: str) -> None:
    text = f"{before}{start}cmd|' /C calc'!A0"
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["\t=1", "\r1", "\n1"])
def test_nor_does_one_behind_a_line_break_or_a_tab(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["/chat-messages", "<script>", "a=1", "5 - 3", "陳偉", "", None])
def test_a_harmless_text_stays_as_it_is(text: str | None) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("amount", ["0E-8", "0.00000050", "-0.0001", "123456.7891", "1E+3"])
def test_amounts_have_no_exponents_and_are_no_formulas(amount: str) -> None:
    row = (None, None, Decimal(amount), None, None)
    (_heading, (_text, _number, found, _flag, _day)) = read("".join(csv_chunks(table_of([row]))))
    assert "E" not in found
    assert Decimal(found) == Decimal(amount)


def test_excel_is_told_that_it_is_utf_8() -> None:
    assert next(csv_chunks(table_of())).encode().startswith(b"\xef\xbb\xbf")


def test_a_chunk_holds_a_page() -> None:
    row = ("x", 1, None, None, None)
    assert len(list(csv_chunks(table_of([row] * 3, [row])))) == 3
