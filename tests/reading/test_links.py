"""What a table links leads to what it says: a number to so many calls, a cost to calls that cost so
much, a name to its page or its calls."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from stats.admin.pages.base import ReportPage
from tests.reading import figures, html, words
from tests.reading.calls import MIXED, RUNNING, Variant
from tests.reading.cells import Reading
from tests.reading.conftest import Reader
from tests.reading.expected import Case, Figures
from tests.reading.figures import code
from tests.reading.pages import REPORTS, address, label
from tests.reading.test_tables import reading_of

Read = Callable[[str], Reader]
Ledger = Callable[[Variant], None]
LIST = "/admin/stats/apiusagestats/?"
COUNTS = ("total_calls", "successful_calls", "failed_calls")
LINKED = (*COUNTS, "total_cost")
# So many rows of each table, since what holds for some holds for all; and those that are gone.
FOLLOWED = 2


def check_list(page: Element, column: str, exact: Any, currency: str) -> None:
    """The line above the calls tells as much as the cell that led here."""
    strong = [
        html.text_of(one)
        for line in html.having(page, "totals", "p")
        for one in line.iter("strong")
    ]
    if column in COUNTS:
        figures.count(strong[0] if strong else "0", exact, "en")
    else:
        costs = [text for text in strong[1:] if code(text.partition("\u00a0")[0]) == currency]
        words.costs(", ".join(costs), {currency: exact} if exact else {}, "en")


@dataclass(frozen=True)
class Links:
    """The links of a table, each of them followed."""

    read: Reading
    page: Callable[[str], Element]

    def check(self) -> None:
        for number, (line, row) in enumerate(self.read.rows):
            name = line.cells[self.read.column(self.read.expected.names)][0]
            is_followed = number < FOLLOWED or row.is_gone
            if name.link and is_followed:
                self.check_name(name.link, row.columns, row.labels[0])
            self.check_figures(line, row.columns, is_followed, leads=bool(name.link))
        for line in self.read.table.part("tfoot"):
            assert self.read.expected.total
            self.check_figures(line, self.read.expected.total.columns)

    def check_name(self, link: str, columns: Figures, label: str) -> None:
        page = self.page(link)
        if link.startswith(LIST):
            counts = ["failed_calls"] if self.read.case.page == "reports_errors" else COUNTS
            name = next(one for one in (*counts, "cost") if one in columns)
            check_list(page, name, columns[name], self.read.case.currency)
        elif self.read.case.page == "reports_errors":
            (chip,) = (html.text_of(one) for one in html.having(page, "chips"))
            assert label in chip, link
            if not columns.get("total_calls", True):
                # Gone: there are no calls to tell of.
                assert html.having(page, "empty")
                return
            (lead,) = (html.text_of(one) for one in html.having(page, "lead"))
            failed = columns["failed_calls"]
            if self.read.table.name == "errors":
                told = rf"{failed} calls? failed with this error\."
            else:
                told = rf"{failed} of {columns['total_calls']} calls .*"
            assert re.fullmatch(told, lead)
        elif not self.read.is_of_latest:
            (title,) = page.iter("h1")
            name = label.removesuffix(" new").removesuffix(" gone")
            assert html.text_of(title).startswith(name), link

    def check_figures(
        self, line: html.Line, columns: Figures, is_followed: bool = True, leads: bool | None = None
    ) -> None:
        """What is counted leads to its calls, if its row `leads` anywhere."""
        for text, found in self.read.headings.items():
            cell = line.cells[text][-1] if text in line.cells else None
            if cell is None or found.column not in LINKED or self.read.is_of_chart:
                continue
            currency = code(found.currency) or self.read.case.currency
            exact = columns.get(found.column, columns.get(f"costs.{currency}"))
            if leads is not None and (exact or not leads):
                assert bool(cell.link) == leads, f"{line.texts[:3]}, {text!r}"
            if cell.link and is_followed:
                check_list(self.page(cell.link), found.column, exact, currency)


@pytest.mark.parametrize("variant", [RUNNING, pytest.param(MIXED, marks=pytest.mark.once)], ids=str)
@pytest.mark.parametrize("report", REPORTS, ids=label)
def test_links_lead_to_what_they_say(
    report: type[ReportPage], variant: Variant, ledger: Ledger, reader: Read
) -> None:
    ledger(variant)
    somebody, case = reader("en"), Case(report.name, variant)
    page = cache(somebody.page)
    for table in html.tables(page(address(report))):
        read = reading_of(table, case, "en", report)
        if isinstance(read, Reading):
            Links(read, page).check()
