"""A report as CSV and XLSX: its tables, the export menu, the name of the file."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from tempfile import TemporaryFile
from typing import Any

from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from stats.admin.components.links import Address
from stats.core.periods import local_day
from stats.core.zones import reading_zone
from stats.query.request import Request
from stats.tables.csvfile import csv_chunks
from stats.tables.table import Table
from stats.tables.workbook import About, write_workbook

CSV, XLSX = FORMATS = ("csv", "xlsx")
# The parameter that says which of several tables a CSV holds.
TABLE = "table"
BLOCK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table in the files of a report: an XLSX has all of them, a CSV has one."""

    name: str
    label: str | Promise
    make: Callable[[Any], Table[Any]]


@dataclass(frozen=True, slots=True)
class FileLink:
    """An entry of the export menu; `note` says what is in the file."""

    format: str
    note: str
    url: str


@dataclass(frozen=True, slots=True)
class FileMenu:
    """The files of a page; their names begin with `stem`."""

    links: tuple[FileLink, ...]
    stem: str


def file_menu(sheets: Sequence[Sheet], page: Address, stem: str) -> FileMenu:
    """A CSV for each table, and an XLSX, with the parameters of `page`."""
    csv = replace(page, path=f"{page.path}export.{CSV}")
    if len(sheets) == 1:
        tables = [FileLink("CSV", _("headings as in the API"), str(csv))]
    else:
        tables = [
            FileLink("CSV", str(sheet.label), str(csv.having(**{TABLE: sheet.name})))
            for sheet in sheets
        ]
    xlsx = str(replace(page, path=f"{page.path}export.{XLSX}"))
    return FileMenu((*tables, FileLink("XLSX", _("with filters and totals"), xlsx)), stem)


def file_stem(what: Iterable[str], request: Request, currency: str | None) -> str:
    """The name of a file: usage-users_2026-11-01_2026-11-24_USD."""
    period = request.period
    today = local_day(request.now, reading_zone())
    days = f"{period.first}_{period.last}" if period else f"until_{today}"
    name = "_".join(["-".join(["usage", *what]), days, *([currency] if currency else [])])
    return get_valid_filename(name)


def csv_answer(table: Table[Any], stem: str) -> HttpResponseBase:
    """The file, written while it is sent."""
    return StreamingHttpResponse(
        csv_chunks(table),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(True, f"{stem}.csv") or ""},
    )


def xlsx_answer(tables: Sequence[Table[Any]], about: About, stem: str) -> HttpResponseBase:
    """The file, written to a temporary file first."""
    file = TemporaryFile()  # noqa: SIM115 (the answer closes it)
    try:
        write_workbook(file, tables, about)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    answer = FileResponse(file, as_attachment=True, filename=f"{stem}.xlsx")
    answer.block_size = BLOCK
    return answer


def refused_file(reasons: Iterable[str], status: int = 400) -> HttpResponse:
    """The reasons as plain text."""
    return HttpResponse("\n".join(reasons), "text/plain; charset=utf-8", status)
