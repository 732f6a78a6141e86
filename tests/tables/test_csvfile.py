"""CSV: every cell exact, and none that a spreadsheet would run."""

import csv
import io
import re
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.tables.csvfile import BYTE_ORDER_MARK, csv_chunks, harmless
from stats.tables.table import Column, Kind, Table

pytestmark = pytest.mark.once

KINDS = (Kind.TEXT, Kind.PERCENT, Kind.AMOUNT, Kind.FLAG, Kind.DAY)
STARTS = "=+-@＝＋－＠"

texts = st.text(st.characters(exclude_categories=["Cs"]))
amounts = st.decimals(-(10**12), 10**12, places=4)
cells: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: texts,
    Kind.PERCENT: st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False),
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
        assert text.replace("'", "") == (row[0] or "").replace("'", "")
        assert (type(row[1])(number) if number else None) == row[1]
        assert (Decimal(amount) if amount else None) == row[2]
        assert {"true": True, "false": False, "": None}[flag] == row[3]
        assert (date.fromisoformat(day) if day else None) == row[4]


@given(texts)
def test_a_text_is_kept_or_begins_with_a_quotation_mark(text: str) -> None:
    written = harmless(text) or ""
    assert written.replace("'", "") == text.replace("'", "")
    assert not written.startswith((*STARTS, "\t", "\r", "\n"))


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    "before", ["", " ", "\u00a0", "\u3000", '"', "'", "\u200b", "\ufeff", "\0"]
)
def test_text_does_not_become_a_formula(before: str, start: str) -> None:
    text = f"{before}{start}cmd|' /C calc'!A0"
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["\t1", "\r1", "\n1"])
def test_nor_does_one_behind_a_line_break_or_a_tab(text: str) -> None:
    assert harmless(text) == f"'{text}"


# Default_Ignorable_Code_Point of Unicode 16, DerivedCoreProperties.txt.
IGNORABLE = """00AD 034F 061C 115F-1160 17B4-17B5 180B-180F 200B-200F 202A-202E 2060-206F 3164
FE00-FE0F FEFF FFA0 FFF0-FFF8 1BCA0-1BCA3 1D173-1D17A E0000-E0FFF"""
UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")


def unseen() -> Iterator[str]:
    """All characters that one does not see."""
    for span in IGNORABLE.split():
        first, _dash, last = span.partition("-")
        yield from map(chr, range(int(first, 16), int(last or first, 16) + 1))
    yield from (chr(n) for n in range(sys.maxunicode) if category(chr(n)) in UNSEEN)


def test_nor_does_one_behind_anything_that_is_not_seen() -> None:
    assert [hex(ord(one)) for one in unseen() if harmless(f"{one}=1+1") == f"{one}=1+1"] == []
    assert harmless("\u2066\u034f =1") == "'\u2066\u034f =1"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("upstream said no;=1+1", "upstream said no;'=1+1"),
        ("a| @SUM(A1)", "a|' @SUM(A1)"),
        ("a\t-1", "a\t'-1"),
        ("a\r\n+1", "a\r\n'+1"),
        ('a;"\u202e＝1', "a;'\"\u202e＝1"),
        ("\t=1", "'\t'=1"),
        (";=1;=2", ";'=1;'=2"),
    ],
)
def test_nor_does_one_that_another_separator_sets_apart(text: str, written: str) -> None:
    assert harmless(text) == written


@pytest.mark.parametrize(
    "text",
    [
        "/chat?a=1;b=2",
        "expected 3, -1 given",
        "key = value; other = value",
        "a || b",
        "first\nsecond: x=1",
        "e-mail me@example.com; or call",
    ],
)
def test_ordinary_texts_are_not_spoilt(text: str) -> None:
    assert harmless(text) == text


# But for the quotation mark that makes it harmless.
FORMULA = re.compile(f'[\\s"`\u202e\u3164]*[{re.escape(STARTS)}]')
nasty = st.text(st.sampled_from([*";,\t|\r\n\"'` a1", *STARTS, "\u202e", "\u3164"]), max_size=12)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@given(st.lists(st.tuples(nasty, nasty), min_size=1))
def test_no_reader_finds_a_formula_whatever_it_splits_at(
    separator: str, found: list[tuple[str, str]]
) -> None:
    columns: list[Column[tuple[str, str]]] = [
        Column("one", Kind.TEXT, itemgetter(0)),
        Column("number", Kind.NUMBER, lambda _row: 7),
        Column("other", Kind.TEXT, itemgetter(1)),
    ]
    text = "".join(csv_chunks(Table("anything", columns, [found]))).removeprefix(BYTE_ORDER_MARK)
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
        if quoting == csv.QUOTE_NONE and separator == ",":
            # Who reads CSV without its quotes reads anything.
            continue
        lines = io.StringIO(text, newline=None)
        for line in csv.reader(lines, delimiter=separator, quoting=quoting):
            assert [cell for cell in line if FORMULA.match(cell)] == []


@pytest.mark.parametrize("text", ["/chat-messages", "<script>", "a=1", "5 - 3", "陳偉", "", None])
def test_a_harmless_text_stays_as_it_is(text: str | None) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("amount", ["0E-8", "0.00000050", "-0.0001", "123456.7891", "1E+3"])
def test_amounts_have_no_exponents_and_are_no_formulas(amount: str) -> None:
    row = (None, None, Decimal(amount), None, None)
    (_heading, (_text, _number, found, _flag, _day)) = read("".join(csv_chunks(table_of([row]))))
    assert "E" not in found
    assert Decimal(found) == Decimal(amount)


def test_a_file_begins_with_a_byte_order_mark() -> None:
    assert next(csv_chunks(table_of())).encode().startswith(b"\xef\xbb\xbf")


def test_a_chunk_holds_a_page() -> None:
    row = ("x", 1, None, None, None)
    assert len(list(csv_chunks(table_of([row] * 3, [row])))) == 3
