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

from stats.tables import workbook
from stats.tables.table import Column, Kind, Table
from stats.tables.workbook import AboutSheet, Written, write_workbook

pytestmark = pytest.mark.once

# Bars are drawn on pages alone.
# Bars are drawn on pages alone.
KINDS = tuple(kind for kind in Kind if kind not in {Kind.BAR, Kind.STEP})


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


def row_of(**cells: Any) -> tuple[Any, ...]:
    """Nothing but the cells of these kinds."""
    return tuple(cells.get(kind.name) for kind in KINDS)


def only_row(**cells: Any) -> dict[str, Any]:
    """What the cells of a row are once read, by their headings."""
    book = read(table_of([row_of(**cells)]))
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


@pytest.mark.parametrize(
    ("kind", "value", "format"),
    [
        ("ID", 12345, "0"),
        ("NUMBER", 67_459_000, "#,##0"),
        ("PERCENT", 97.60204081632654, '#,##0.0"%"'),
        ("MILLISECONDS", 7680.333333333333, '#,##0" ms"'),
        ("AMOUNT", Decimal("0.000002"), "#,##0.0000####"),
        ("DAY", date(2026, 11, 24), "yyyy-mm-dd"),
        ("MOMENT", "2026-11-25T00:00:00+08:00", "yyyy-mm-dd hh:mm:ss"),
    ],
)
def test_numbers_look_like_what_they_are(kind: str, value: Any, format: str) -> None:
    cell = only_row(**{kind: value})[kind]
    assert cell.number_format == format
    # They are no less exact for it.
    assert kind in ("DAY", "MOMENT") or Decimal(str(cell.value)) == Decimal(str(value))


def test_no_number_is_left_without_a_format() -> None:
    row = only_row(**dict.fromkeys(("ID", "NUMBER", "PERCENT", "MILLISECONDS", "AMOUNT"), 5))
    assert "General" not in {cell.number_format for cell in row.values() if cell.value}
    file = io.BytesIO()
    lines = [("Rows", 1234), ("Cost", Decimal("0.1"))]
    write_workbook(file, [], lambda _written: AboutSheet("About", lines))
    sheet = openpyxl.load_workbook(file)["About"]
    assert [cell.number_format for cell in sheet["B"]] == ["#,##0", "#,##0.0000####"]


def test_every_sheet_prints_on_pages_one_wide_under_its_headings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 4)
    book = read(table_of([row_of(NUMBER=n) for n in range(7)]))
    for sheet in book.worksheets:
        page = sheet.page_setup
        assert (page.orientation, page.paperSize) == ("landscape", 9)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (page.fitToWidth or 1, page.fitToHeight) == (1, 0)
        if sheet.title != "About":
            assert sheet.freeze_panes == "A2"
            assert sheet.print_title_rows == "$1:$1"


def test_every_heading_is_read_whole() -> None:
    sheet = read(table_of([row_of(NUMBER=1)]))["rows"]
    widths = {
        place: span.width
        for span in sheet.column_dimensions.values()
        for place in range(span.min, span.max + 1)
    }
    assert [one.value for one in sheet[1] if widths[one.column] <= len(one.value)] == []


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


def test_a_text_is_cut_where_a_cell_is_full() -> None:
    row = only_row(TEXT="陳" * 40_000, NUMBER=1)
    assert row["TEXT"].value == "陳" * 32_767
    assert row["NUMBER"].value == 1


def test_days_before_excel_s_first_are_text() -> None:
    row = only_row(DAY=date(1899, 12, 31), MOMENT="1899-12-31T12:00:00+08:06")
    assert row["DAY"].value == "1899-12-31"
    assert row["MOMENT"].value is None
    assert row["MOMENT_with_offset"].value == "1899-12-31T12:00:00+08:06"


def test_a_full_sheet_is_continued_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 4)
    book = read(table_of([row_of(TEXT="x", NUMBER=n) for n in range(7)]))
    assert book.sheetnames == ["rows", "rows 2", "rows 3", "About"]
    numbers = []
    for name in book.sheetnames[:-1]:
        heading, *rows = book[name].iter_rows(values_only=True)
        assert heading[:3] == ("TEXT", "ID", "NUMBER")
        assert len(rows) <= 3
        numbers += [row[2] for row in rows]
    assert numbers == list(range(7))
    assert list(book["About"].iter_rows(values_only=True)) == [("Rows", 7)]


def test_a_sheet_for_each_table() -> None:
    book = read(table_of([], "users"), table_of([row_of(TEXT="x")], "endpoints"))
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
    read(table_of([row_of(TEXT="x", NUMBER=1)]))
    assert list(tmp_path.iterdir()) == []
