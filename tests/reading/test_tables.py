"""Every table of every page and of its files says what the calls do, read as a person reads it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from stats.admin.pages.base import ReportPage
from tests.reading import files, html
from tests.reading.callrows import CallsRead
from tests.reading.calls import MIXED, RUNNING, VARIANTS, Variant
from tests.reading.cells import Reading
from tests.reading.conftest import Reader
from tests.reading.expected import DAYS, TABLES, Case, Figures, expected
from tests.reading.headings import LANGUAGES
from tests.reading.pages import CASES, REPORTS, address, label

Read = Callable[[str], Reader]
Ledger = Callable[[Variant], None]
# In another language a page asks the same.
BOTH = [LANGUAGES[0], pytest.param(LANGUAGES[1], marks=pytest.mark.once)]

# Tables of a page that none of its files has.
WITHOUT_FILE = {
    ("index", "changes"): "The few largest of those on the page that explains them.",
    ("index", "errors"): "The newest few, as a way to the list of calls.",
}
# Tables of files that their page draws otherwise, which `test_tiles.py` reads.
WITHOUT_TABLE = {
    ("reports_changes", "parts"): "They are tiles.",
    ("reports_unusual", "unusual"): "Each has its form.",
    ("reports_history", "history"): "Nobody changes anything: tests/admin has changes.",
    ("reports_notices", "notices"): "Nothing was told: tests/admin reads one.",
}
# What a page has under a heading and its file under none.
NOT_IN_FILES = {
    "user": "Files have the id and name.",
    "job": "Files have the id and name.",
    "change": "One heading over size, word and percentage; files have a column for each.",
    "share_of_difference": "A file's reader divides.",
    "cost_change": "A file's reader divides.",
    "endpoint": "On the page of errors the first of the file's `endpoints`.",
}
# Columns of pages alone, and what single rows are called on them.
_OF_CALLS = {"endpoint", "user_labels", "job_labels"}
ONLY_ON_PAGES = {
    "users": {"share_of_difference"},
    "endpoints": {"share_of_difference"},
    "cost": {"cost_change"},
    "calls": _OF_CALLS,
    "errors": _OF_CALLS,
}
# What a leaderboard ranked by costs tells twice, and days that are one.
SAME_BY_NATURE = ({"date", "last_date"},)


def reading_of(
    table: html.Table, case: Case, language: str, report: type[ReportPage]
) -> Reading | CallsRead:
    """A table of a page beside what it should say."""
    if table.name == "calls":
        return CallsRead(table, case, language)
    is_plain = report.template_name == ReportPage.template_name
    return Reading(table, case, expected(case, table.name), language, is_plain)


def tables_with_rows(report: type[ReportPage], case: Case) -> Iterator[str]:
    """The tables of a page that have something to show, as days always have."""
    yield from {DAYS} & {sheet.name for sheet in report.sheets}
    for of, name in TABLES:
        if of == report.name and (of, name) not in WITHOUT_TABLE and expected(case, name).rows:
            yield name


def query_of(case: Case) -> dict[str, str]:
    return {**case.variant.query, **case.parameters}


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize(("report", "case"), CASES, ids=label)
def test_a_page_says_what_its_calls_do(
    report: type[ReportPage], case: Case, language: str, ledger: Ledger, reader: Read
) -> None:
    ledger(case.variant)
    page = reader(language).page(address(report), **query_of(case))
    tables = html.tables(page)
    for table in tables:
        reading_of(table, case, language, report).check()
    shown, wanted = {table.name for table in tables}, set(tables_with_rows(report, case))
    # The days of a chart are beside its bars.
    assert wanted <= shown <= wanted | {DAYS}
    assert [html.text_of(one) for one in page.iter("a") if not one.get("href")] == []


def asks_anew(case: Case, language: str) -> bool:
    """Files of the other ledgers ask the same of other days."""
    return language == LANGUAGES[0] and case.variant in (RUNNING, MIXED)


def _files() -> list[Any]:
    """Every table of every page's files, under each of its parameters; in Chinese, where they are
    the same, over one ledger."""
    return [
        pytest.param(
            report,
            case,
            sheet.name,
            language,
            id=f"{label(report)}-{sheet.name}-{label(case)}-{language}",
            marks=[] if asks_anew(case, language) else pytest.mark.once,
        )
        for report, case in CASES
        for sheet in report.sheets
        for language in (LANGUAGES if case.variant is MIXED else LANGUAGES[:1])
    ]


@pytest.mark.parametrize(("report", "case", "name", "language"), _files())
def test_a_file_says_what_its_calls_do(
    report: type[ReportPage],
    case: Case,
    name: str,
    language: str,
    ledger: Ledger,
    reader: Read,
) -> None:
    """All rows and all columns, those too that the page has no room for."""
    ledger(case.variant)
    somebody, query = reader(language), query_of(case)
    rows = expected(case, name).rows
    for found in (
        somebody.csv(address(report), **query, table=name),
        somebody.xlsx(address(report), **query)[name],
    ):
        assert len(found) == len(rows)
        for row, exact in zip(found, rows, strict=True):
            assert columns_of(exact.columns) - ONLY_ON_PAGES.get(name, set()) <= set(row)
            for column, value in row.items():
                check_value(column, value, exact.columns)


def columns_of(exact: Figures) -> set[str]:
    """A time has two: local, and with its offset."""
    times = [name for name, value in exact.items() if isinstance(value, datetime)]
    return {*exact, *(f"{name}{files.WITH_OFFSET}" for name in times)}


def check_value(column: str, value: Any, exact: Figures) -> None:
    """A cell of a file; a CSV has text, an XLSX numbers, days and times."""
    name = column.removesuffix(files.WITH_OFFSET)
    assert name in exact, f"{column}: say in tests/reading/expected.py what its value is"
    is_told = files.is_told(column, value, exact[name])
    assert is_told, f"{column} is {value!r}, not {exact[name]!r}"


@pytest.mark.once
@pytest.mark.parametrize("report", REPORTS, ids=label)
def test_a_heading_of_a_page_is_one_of_its_files(
    report: type[ReportPage], ledger: Ledger, reader: Read
) -> None:
    ledger(RUNNING)
    somebody, case = reader("en"), Case(report.name, RUNNING)
    sheets = somebody.xlsx(address(report))
    for table in html.tables(somebody.page(address(report))):
        if table.name not in sheets:
            continue
        read = reading_of(table, case, "en", report)
        named = {found.column for found in read.headings.values()}
        assert named - set(NOT_IN_FILES) <= set(sheets[table.name][0])


@pytest.mark.once
@pytest.mark.parametrize("report", REPORTS, ids=label)
def test_every_table_of_a_page_is_read(
    report: type[ReportPage], ledger: Ledger, reader: Read
) -> None:
    """It says which of the page's tables it is, and that one has its figures in SQL."""
    ledger(RUNNING)
    names = {table.name for table in html.tables(reader("en").page(address(report)))}
    in_files = {sheet.name for sheet in report.sheets}
    if DAYS not in in_files:
        names -= {DAYS}
    assert names - in_files == {name for page, name in WITHOUT_FILE if page == report.name}
    assert in_files - names == {name for page, name in WITHOUT_TABLE if page == report.name}
    assert (names | in_files) - {DAYS} == {name for page, name in TABLES if page == report.name}


# A single row has its rank, its share and that of all in common.
OF_ONE_ROW = [("reports_groups", "groups")]


@pytest.mark.once
@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize(
    ("of", "name"), [*(one for one in TABLES if one not in OF_ONE_ROW), ("index", DAYS)], ids=str
)
def test_no_two_columns_are_alike(of: str, name: str, variant: Variant, ledger: Ledger) -> None:
    """Or else one could stand under the other's heading."""
    ledger(variant)
    rows = expected(Case(of, variant), name).rows
    figures = {
        column: [row.columns.get(column) for row in rows]
        for column in (rows[0].columns if rows else ())
    }
    numbers = {
        column: values
        for column, values in figures.items()
        if any(values) and not isinstance(next(filter(None, values)), str | tuple)
    }
    for column, values in numbers.items():
        alike = [other for other in numbers if other != column and numbers[other] == values]
        assert [one for one in alike if {one, column} not in SAME_BY_NATURE] == [], column
