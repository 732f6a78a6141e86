"""The list of calls, read line by line against the calls: bands of a day, rows, messages.

In another order than that of time there are no bands; each row says its day.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from tests.reading import figures
from tests.reading.calls import NOW, ZONE
from tests.reading.expected import Case, Row, expected, sums_per_day
from tests.reading.figures import DASH, code
from tests.reading.headings import COMMAS, LANGUAGES, Heading, heading
from tests.reading.html import Cell, Line, Table

ROWS = 50
RESULTS = {True: ("ok", "成功"), False: ("failed", "失敗"), None: ("not known", "未知")}


@dataclass(frozen=True)
class CallsRead:
    """The first page of the list."""

    table: Table
    case: Case
    language: str
    # The steps of the column of costs, and its amounts.
    amounts: list[tuple[Decimal | None, Decimal | None]] = field(default_factory=list)

    @property
    def place(self) -> int:
        return LANGUAGES.index(self.language)

    @property
    def headings(self) -> dict[str, Heading]:
        """What they stand for; an arrow says which way the calls are ordered."""
        arrow = " ↓" if self.order == "newest" or self.order.startswith("-") else " ↑"
        found = {
            text: heading(text.removesuffix(arrow), "calls", self.language, {}, {})
            for text in self.table.headings
        }
        column = self.order.removeprefix("-") if self.is_by_value else "created_at"
        assert [one.column for text, one in found.items() if text.endswith(arrow)] == [column]
        return found

    @property
    def order(self) -> str:
        return self.case.parameters.get("order", "newest")

    @property
    def is_by_value(self) -> bool:
        return self.order not in ("newest", "oldest")

    def check(self) -> None:
        """Every line, in its order."""
        lines = iter(self.table.part("tbody"))
        rows = expected(self.case, "calls").rows[:ROWS]
        sums = sums_per_day(self.case.now)
        for day, of_day in groupby(rows, lambda row: row.columns["created_at"].date()):
            if not self.is_by_value:
                self.check_band(next(lines), day, sums[day])
            for row in of_day:
                self.check_row(lines, row)
        assert next(lines, None) is None
        figures.check_precision(self.amounts)

    def check_band(self, line: Line, day: date, sums) -> None:  # type: ignore[no-untyped-def]
        """Tue 24 Nov 41 calls, USD 2.13."""
        assert "band" in line.classes
        (text,) = line.texts
        figures.weekday(text, day, self.language)
        told = text[text.index("月") if self.place else 0 :]
        count, *costs = told.split(COMMAS[self.place])
        words = ("calls" if sums.total_calls != 1 else "call", "次呼叫")[self.place]
        number = count.removesuffix(words).strip().rpartition(" ")[2]
        assert count.endswith(words)
        figures.count(number, sums.total_calls, self.language)
        assert len(costs) == len(sums.costs)
        for text, (currency, cost) in zip(costs, sorted(sums.costs.items()), strict=True):
            figures.money(text, currency, cost, self.language)

    def check_row(self, lines: Iterator[Line], row: Row) -> None:
        line = next(lines)
        is_failure = row.columns["success"] is not True
        assert ("failed" in line.classes) == is_failure
        for text, found in self.headings.items():
            cells = line.cells[text]
            try:
                self.check_cell(found, cells[0], row)
            except AssertionError as error:
                raise AssertionError(f"{row.columns['id']}, {text!r}: {error}") from error
        message = row.columns["error_message"]
        assert ("with-message" in line.classes) == bool(message)
        if message:
            told = next(lines)
            assert "message" in told.classes
            assert (
                told.texts[-1].removesuffix("…") == message[: len(told.texts[-1].removesuffix("…"))]
            )
            assert len(told.texts[-1]) >= min(len(message.strip()), 100)

    def check_cell(self, found: Heading, cell: Cell, row: Row) -> None:
        columns, text, language = row.columns, cell.text, self.language
        exact = columns.get(found.column)
        match found.column:
            case "created_at":
                self.check_time(text, columns["created_at"])
            case "id":
                assert text == str(exact)
            case "user":
                assert text == columns["user_labels"][self.place]
            case "job":
                assert text == columns["job_labels"][self.place]
            case "endpoint":
                assert text == columns["api_endpoint"]
            case "success":
                assert text == RESULTS[exact][self.place]
            case "response_time_ms":
                figures.duration(text, exact, language)
            case "cost":
                self.check_cost(found, cell, row)
            case "prompt_tokens" | "completion_tokens" | "total_tokens":
                if exact is None:
                    assert text == DASH
                else:
                    figures.count(text, exact, language)
            case _:
                raise AssertionError(f"nobody knows how to read {found.column}")

    def check_time(self, text: str, exact: datetime) -> None:
        """To the second below a band; else to the minute, and the day if it is not today."""
        if not self.is_by_value:
            assert text == f"{exact:%H:%M:%S}"
        elif exact.date() == NOW.astimezone(ZONE).date():
            assert text == f"{exact:%H:%M}"
        else:
            assert text.endswith(f" {exact:%H:%M}")
            assert figures.day(text, self.language) == (exact.month, exact.day)

    def check_cost(self, found: Heading, cell: Cell, row: Row) -> None:
        """In the heading's currency, or in that before the figure where there are several."""
        cost, currency = row.columns["cost"], row.columns["prompt_price_unit"] or "none"
        text = cell.text
        if cost and found.currency:
            assert code(found.currency) == currency
        elif cost:
            name, _blank, text = text.rpartition(" ")
            assert code(name) == currency
        step = figures.amount_of_column(text, cost, self.language)
        self.amounts.append((step, cost))
        assert bool(cell.exact) == bool(cost)
        if cost:
            assert code(cell.exact.rpartition(" ")[0]) == currency
            figures.exact_amount(cell.exact, cost)
