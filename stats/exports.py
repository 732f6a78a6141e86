"""Calls as CSV, streamed: a page of the table at a time, so that memory does not grow with it."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet

from stats.models import APIUsageStats
from stats.paging import page_of
from stats.recording import COLUMN_NAMES
from stats.zones import reading_zone

# The API's names, in every language.
FIELDS = ("id", *COLUMN_NAMES)
PAGE = 2_000
# What a spreadsheet would take for a formula (OWASP, "CSV Injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# Tells Excel that the file is UTF-8.
BYTE_ORDER_MARK = "\ufeff"


def calls_as_csv(calls: QuerySet[APIUsageStats], *, by_time: bool) -> Iterator[str]:
    """Lines of CSV, headings first, newest call first: amounts unrounded, times with the offset
    of TIME_ZONE, nothing where the column is NULL, text that no spreadsheet runs."""
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK + writer.writerow(FIELDS)
    for call in _newest_first(calls, by_time):
        yield writer.writerow(_cells(call))


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def _newest_first(calls: QuerySet[APIUsageStats], by_time: bool) -> Iterable[APIUsageStats]:
    cursor = ""
    while True:
        page = page_of(calls, by_time=by_time, newest_first=True, cursor=cursor, size=PAGE)
        yield from page.calls
        cursor = page.next_cursor
        if not cursor:
            return


def _cells(call: APIUsageStats) -> Iterator[Any]:
    for name in FIELDS:
        value = getattr(call, name)
        if name == "created_at" and value is not None:
            yield value.astimezone(reading_zone()).isoformat()
        elif isinstance(value, bool):
            yield "true" if value else "false"
        else:
            yield harmless(value) if isinstance(value, str) else value


def harmless(text: str) -> str:
    """The text, kept from being a formula by a quotation mark in front."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
