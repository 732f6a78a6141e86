"""A report as CSV and XLSX: its tables, the export menu, the name of the file."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from tempfile import TemporaryFile
from typing import Any

from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.text import get_valid_filename
from django.utils.translation import gettext_lazy as _

from stats.admin.components.links import Address
from stats.core.periods import local_day
from stats.core.zones import reading_zone
from stats.query.request import Request
from stats.tables.csvfile import csv_chunks
from stats.tables.table import Table
from stats.tables.workbook import About, write_workbook

# The parameter that says which of several tables a file of one table holds.
TABLE = "table"
BLOCK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table in the files of a report."""

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
    """The files of each format, with the parameters of `page`."""
    links: list[FileLink] = []
    for one in FORMATS.values():
        label, file = one.name.upper(), replace(page, path=f"{page.path}export.{one.name}")
        if one.has_all_tables or len(sheets) == 1:
            links.append(FileLink(label, str(one.note), str(file)))
        else:
            links += (
                FileLink(label, str(sheet.label), str(file.having(**{TABLE: sheet.name})))
                for sheet in sheets
            )
    return FileMenu(tuple(links), stem)


def file_stem(what: Iterable[str], request: Request, currency: str | None) -> str:
    """The name of a file: usage-users_2026-11-01_2026-11-24_USD."""
    period = request.period
    today = local_day(request.now, reading_zone())
    days = f"{period.first}_{period.last}" if period else f"until_{today}"
    name = "_".join(["-".join(["usage", *what]), days, *([currency] if currency else [])])
    return get_valid_filename(name)


def attachment(name: str) -> dict[str, str]:
    """The headers by which a browser keeps an answer as a file of this name."""
    return {"Content-Disposition": content_disposition_header(True, name) or "attachment"}


def _csv(tables: Sequence[Table[Any]], _about: About, stem: str) -> HttpResponseBase:
    """The file, written while it is sent."""
    (table,) = tables
    return StreamingHttpResponse(
        csv_chunks(table),
        content_type="text/csv; charset=utf-8",
        headers=attachment(f"{stem}.csv"),
    )


def _xlsx(tables: Sequence[Table[Any]], about: About, stem: str) -> HttpResponseBase:
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


@dataclass(frozen=True, slots=True)
class Format:
    """A format of files; one without `has_all_tables` has the table of a name."""

    name: str
    note: Promise
    has_all_tables: bool
    answer: Callable[[Sequence[Table[Any]], About, str], HttpResponseBase]


# A new one is an entry here, and its writer in `stats.tables`.
FORMATS = {
    one.name: one
    for one in (
        Format("csv", _("headings as in the API"), False, _csv),
        Format("xlsx", _("with filters and totals"), True, _xlsx),
    )
}


def refused_file(reasons: Iterable[str], status: int = 400) -> HttpResponse:
    """The reasons as plain text."""
    return HttpResponse("\n".join(reasons), "text/plain; charset=utf-8", status)
