"""XLSX, read back: numbers are numbers, days are days, texts are texts, and no row is lost."""

import gc
import io
import tempfile
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from operator import itemgetter
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.exports import workbook
from stats.exports.tables import Column, Kind, Table
from stats.exports.workbook import AboutSheet, Written, write_workbook

KINDS = tuple(Kind)


def table_of(rows: Sequence[tuple[Any, ...]], name: str = "rows") -> Table[tuple[Any, ...]]:
    columns: list[Column[tuple[Any, ...]]] = [
        Column(kind.name, kind, itemgetter(place)) for place, kind in enumerate(KINDS)
    ]
    return Table(name, columns, [rows[:3], rows[3:]], {"USD": Decimal("0.1")})


def about(written: Sequence[Written]) -> AboutSheet:
    return AboutSheet("About", [("Rows", each.rows) for each in written])


def read(*tables: Table[Any]) -> Any:
    file = io.BytesIO()
    write_workbook(file, tables, about)
    return openpyxl.load_workbook(file)


def only_row(**cells: Any) -> dict[str, Any]:
    """What the cells of a row are once read, by their headings."""
    book = read(table_of([tuple(cells.get(kind.name) for kind in KINDS)]))
    headings, row = book["rows"].iter_rows()
    return {str(heading.value): cell for heading, cell in zip(headings, row, strict=True)}


def test_each_kind_is_itself() -> None:
    row = only_row(
        TEXT="陳偉",
        NUMBER=-5,
        AMOUNT=Decimal("0.0001"),
        FLAG=True,
        DAY=date(2026, 11, 24),
        MOMENT="2026-11-25T00:00:00+08:00",
    )
    assert row["TEXT"].value == "陳偉"
    assert (row["NUMBER"].value, row["NUMBER"].data_type) == (-5, "n")
    assert (row["AMOUNT"].value, row["AMOUNT"].data_type) == (0.0001, "n")
    assert row["FLAG"].value is True
    assert row["DAY"].value == datetime(2026, 11, 24)
    assert row["DAY"].number_format == "yyyy-mm-dd"
    assert row["MOMENT"].value == datetime(2026, 11, 25)
    assert row["MOMENT_with_offset"].value == "2026-11-25T00:00:00+08:00"


def test_a_null_is_an_empty_cell() -> None:
    row = only_row(NUMBER=0)
    assert {name for name, cell in row.items() if cell.value is not None} == {"NUMBER"}


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(0)", "http://x.example"]
)
def test_text_is_no_formula_and_no_link(text: str) -> None:
    cell = only_row(TEXT=text)["TEXT"]
    assert (cell.value, cell.hyperlink) == (text, None)
    assert cell.data_type in ("s", "inlineStr")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_makes_a_file_that_opens(text: str) -> None:
    assert only_row(TEXT=text, NUMBER=1)["NUMBER"].value == 1


@given(st.decimals(-(10**10), 10**10, places=4))
def test_fifteen_digits_are_exact(amount: Decimal) -> None:
    cell = only_row(AMOUNT=amount)["AMOUNT"]
    assert cell.data_type == "n"
    assert Decimal(str(cell.value)) == amount


@pytest.mark.parametrize("number", [2**63 - 1, 10**15 + 1, Decimal("123456789012.3456")])
def test_more_of_them_stand_as_text(number: int | Decimal) -> None:
    assert only_row(AMOUNT=number)["AMOUNT"].value == str(number)


def test_days_before_excel_s_first_are_text() -> None:
    row = only_row(DAY=date(1899, 12, 31), MOMENT="1899-12-31T12:00:00+08:06")
    assert row["DAY"].value == "1899-12-31"
    assert row["MOMENT"].value is None
    assert row["MOMENT_with_offset"].value == "1899-12-31T12:00:00+08:06"


def test_a_full_sheet_is_continued_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 4)
    book = read(table_of([("x", n, None, None, None, None) for n in range(7)]))
    assert book.sheetnames == ["rows", "rows 2", "rows 3", "About"]
    numbers = []
    for name in book.sheetnames[:-1]:
        heading, *rows = book[name].iter_rows(values_only=True)
        assert heading[:2] == ("TEXT", "NUMBER")
        assert len(rows) <= 3
        numbers += [row[1] for row in rows]
    assert numbers == list(range(7))
    assert list(book["About"].iter_rows(values_only=True)) == [("Rows", 7)]


def test_a_sheet_for_each_table() -> None:
    book = read(table_of([], "users"), table_of([("x",) + (None,) * 5], "endpoints"))
    assert book.sheetnames == ["users", "endpoints", "About"]


def test_nothing_is_left_behind_even_by_what_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def failing(_row: Any) -> Any:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        read(Table("rows", [Column("x", Kind.TEXT, failing)], [[1]]))
    gc.collect()
    assert list(tmp_path.iterdir()) == []
    read(table_of([("x", 1, None, None, None, None)]))
    assert list(tmp_path.iterdir()) == []
