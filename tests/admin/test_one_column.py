"""A column that is declared once stands on the page, in its CSV and in its XLSX."""

import csv
import io
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest
from django.test import Client

from stats.admin.components.tables import Line
from stats.admin.sheets import failures
from stats.tables.table import Column, Kind
from tests.reading import html

# How figures are drawn; other tests ask these pages of each database.
pytestmark = [pytest.mark.usefixtures("ledger"), pytest.mark.once]
PATH = "/admin/reports/errors/"
TEMPLATES = Path(__file__).resolve().parents[2] / "templates/admin/reports"


@pytest.fixture
def one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The errors' table with a column more."""
    declared = failures._columns
    column: Column[Line] = Column(
        "message_length", Kind.NUMBER, lambda line: len(line.label), "Length"
    )
    monkeypatch.setattr(failures, "_columns", lambda *given: [*declared(*given), column])


def test_it_is_everywhere(analyst: Client, one_more: None) -> None:
    page = html.parse(analyst.get(PATH).content.decode())
    (table,) = (table for table in html.tables(page) if table.name == "errors")
    on_page = {line.under("Message"): line.under("Length") for line in table.part("tbody")}
    assert on_page["504"] == "3"
    text = analyst.get(f"{PATH}export.csv").getvalue().decode("utf-8-sig")
    in_csv = {
        row["error_message"]: row["message_length"] for row in csv.DictReader(io.StringIO(text))
    }
    assert in_csv["504"] == "3"
    book = openpyxl.load_workbook(io.BytesIO(analyst.get(f"{PATH}export.xlsx").getvalue()))
    headings, *rows = book["errors"].iter_rows(values_only=True)
    in_xlsx = [dict(zip(headings, row, strict=True)) for row in rows]
    assert {row["error_message"]: row["message_length"] for row in in_xlsx}["504"] == 3
    assert len(on_page) == len(in_csv) == len(in_xlsx) == 2


def test_no_template_but_the_charts_writes_rows_of_figures() -> None:
    written = {
        str(file.relative_to(TEMPLATES))
        for file in TEMPLATES.rglob("*.html")
        if 'scope="row"' in file.read_text(encoding="utf-8")
    }
    # The chart's days are in a closed element on every page: cells of plain text are drawn fast.
    assert written == {"parts/chart.html"}


def test_no_line_of_a_table_is_long() -> None:
    lines = (TEMPLATES / "parts/table.html").read_text(encoding="utf-8").splitlines()
    assert max(map(len, lines)) <= 160
