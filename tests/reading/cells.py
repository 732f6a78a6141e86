"""A line of a page's table, read against the row that it should be."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.reading import expected as oracle
from tests.reading import figures, phones
from tests.reading.calls import NOW, ZONE
from tests.reading.expected import Case, Expected, Row, compared_days, days_shown, span
from tests.reading.figures import DASH, code
from tests.reading.headings import COMMAS, LANGUAGES, Heading, heading
from tests.reading.html import Cell, Line, Table

OTHERS = re.compile(r"([\d,]+) others?|其他 ([\d,]+) 個")
# So many failures a page shows that is about something else.
LATEST = 6
COUNTS = ("total_calls", "successful_calls", "failed_calls", "unpriced_calls", "rounded_away_calls",
          "no_usage_calls", "users", "posts")  # fmt: skip
# Columns that are read across, and so have one precision.
ACROSS = ("cost_before", "cost", "cost_difference")
# Of a refused post, as they are.
OF_POSTS = ("fields", "status", "service", "services", "key")
TOKENS = ("total_tokens", "prompt_tokens", "completion_tokens")


@dataclass(frozen=True)
class Reading:
    """A table on a page in a language: what its headings stand for."""

    table: Table
    case: Case
    expected: Expected
    language: str
    # Drawn from its declaration alone, without units.
    is_plain: bool
    # Per column that has one precision, the steps of its amounts and the amounts.
    amounts: dict[str, list[tuple[Decimal | None, Decimal | None]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    @property
    def place(self) -> int:
        return LANGUAGES.index(self.language)

    @property
    def headings(self) -> dict[str, Heading]:
        shown = days_shown(self.case)
        written = {
            "cost": figures.days(shown[0], shown[-1], self.language),
            "cost_before": compared_days(self.case, self.language),
        }
        table = "*" if self.is_plain else self.table.name
        only_here = self.expected.headings
        return {
            text: heading(text, table, self.language, written, only_here)
            for text in self.table.headings
        }

    def column(self, name: str) -> str:
        """The text of a column's heading."""
        (text,) = (text for text, found in self.headings.items() if found.column == name)
        return text

    @property
    def is_of_chart(self) -> bool:
        """Shown below a chart, whose bars tell what hovering tells elsewhere."""
        return self.table.name == "days" and self.case.page != "reports_daily"

    @property
    def is_of_latest(self) -> bool:
        """Single failures or posts, the newest few of them."""
        name, page = self.table.name, self.case.page
        return name == "posts" or (name == "errors" and page != "reports_errors")

    # ── lines ───────────────────────────────────────────────────────────────────────────────────

    @property
    def rows(self) -> list[tuple[Line, Row]]:
        """Each line of the body with the row that it shows, `others` left out."""
        lines = [line for line in self.table.part("tbody") if not self.others_in(line)]
        others = sum(self.others_in(line) for line in self.table.part("tbody"))
        others = max(0, others - len(self.expected.unnamed))
        present = self.expected.present
        shown = present[: len(present) - others] if others else present
        if self.is_of_latest:
            shown = shown[:LATEST]
        rows = [*shown, *self.expected.gone[: len(lines) - len(shown)]]
        assert len(lines) == len(rows), f"{len(lines)} lines for {len(rows)} rows"
        return list(zip(lines, rows, strict=True))

    def others_in(self, line: Line) -> int:
        """How many rows a line stands for that are not shown; 0 for a row of its own."""
        found = OTHERS.fullmatch(self.name_of(line))
        return int((found[1] or found[2]).replace(",", "")) if found else 0

    def name_of(self, line: Line) -> str:
        heading = self.column(self.expected.names)
        return line.cells[heading][0].text if heading in line.cells else ""

    def check(self) -> None:
        """Every line of the table, but for those of single calls."""
        headings = self.headings
        for line, row in self.rows:
            self.check_name(line, row)
            self.check_line(line, row.columns, row)
            if not (self.is_plain or self.is_of_chart):
                cells = {found.column: line.cells[text][-1] for text, found in headings.items()}
                phones.check_shown(cells, self.expected.names, self.table.name, self.case)
        self.check_others()
        self.check_foot()
        for name, amounts in self.amounts.items():
            try:
                figures.check_precision(amounts)
            except AssertionError as error:
                raise AssertionError(f"{name}: {error}") from error

    def check_name(self, line: Line, row: Row) -> None:
        text = self.name_of(line)
        if self.expected.names in ("date", "month"):
            first = row.columns[self.expected.names]
            last = row.columns.get("last_date", first)
            if first == last:
                figures.weekday(text, first, self.language)
            else:
                assert text == span(first, last, self.language)
        elif self.expected.names == "error_message":
            self.check_message(text, row.labels[self.place])
        else:
            assert text == row.labels[self.place]

    def check_message(self, text: str, label: str) -> None:
        """The message, cut where it is long; of a kind what all its messages begin with."""
        shown = text.removesuffix("…")
        assert shown == text or len(shown) > 100
        is_of_kind = self.case.page == "reports_errors"
        is_same = shown.startswith(label) if is_of_kind else label.startswith(shown)
        is_whole = is_of_kind or shown != text or text == label
        assert (is_same, is_whole) == (True, True), f"{text!r} for {label!r}"

    def check_others(self) -> None:
        lines = [line for line in self.table.part("tbody") if self.others_in(line)]
        assert bool(self.expected.unnamed) <= len(lines) <= 1
        for line in lines:
            every = [*self.expected.present, *self.expected.unnamed]
            rest = every[len(every) - self.others_in(line) :]
            self.check_line(line, self.expected.combine(rest), None)

    def check_foot(self) -> None:
        lines = self.table.part("tfoot")
        total = self.expected.total
        assert len(lines) == (1 if total and self.table.part("tfoot") else 0)
        for line in lines:
            assert total
            self.check_line(line, total.columns, None)
            self.check_foot_name(line, total)

    def check_foot_name(self, line: Line, total: Row) -> None:
        """Total; or how many there are, and how many are gone."""
        if line.texts[0] == total.labels[self.place]:
            return
        counts = [int(found.replace(",", "")) for found in re.findall(r"\d[\d,]*", line.texts[0])]
        gone = [len(self.expected.gone)] if self.expected.gone else []
        assert counts == [len(self.expected.present) + len(self.expected.unnamed), *gone]

    # ── cells ───────────────────────────────────────────────────────────────────────────────────

    def check_line(self, line: Line, columns: oracle.Figures, row: Row | None) -> None:
        """The cells under every heading; `row` is None for lines of several rows."""
        for text, found in self.headings.items():
            cells = line.cells.get(text)
            if cells is None:
                assert found.column == "rank_before", f"nothing under {text!r}: {line.texts}"
                continue
            try:
                if cells[-1].note:
                    phones.check_note(found, cells[-1].note, columns, self.language)
                if found.column != self.expected.names:
                    self.check_cells(found, cells, columns, row)
            except AssertionError as error:
                raise AssertionError(f"{self.name_of(line)!r}, {text!r}: {error}") from error

    def check_cells(
        self, found: Heading, cells: list[Cell], columns: oracle.Figures, row: Row | None
    ) -> None:
        name = found.column
        text = cells[-1].text
        match name:
            case "rank":
                if row:
                    assert text == str(row.columns["rank"] or DASH)
            case "rank_before":
                assert text == self.moved(columns, row)
            case "share":
                figures.percent(text, columns["share"], self.language, with_sign=not self.is_plain)
            case "share_of_difference":
                figures.percent(text, columns[name], self.language)
            case "change":
                self.check_change(cells, columns)
            case "endpoint" if row:
                self.check_endpoints(text, columns["endpoint"])
            case "group":
                none = ("no group", "無群組")[self.place]
                assert text == ((columns["group"] or none) if row else "")
            case "user":
                assert text == columns["user_labels"][self.place]
            case "created_at":
                self.check_time(text, columns[name])
            case "first_at" if row:
                moment = columns[name]
                assert figures.day(text, self.language) == (moment.month, moment.day)
            case "last_at" if row:
                self.check_moment(text, columns[name])
            case "endpoint" | "first_at" | "last_at" | "calls_four_weeks_earlier" if not row:
                assert text == ""
            case _:
                self.check_figure(found, cells[-1], columns)

    def check_figure(self, found: Heading, cell: Cell, columns: oracle.Figures) -> None:
        name, text, language = found.column, cell.text, self.language
        if name in ("total_cost", "cost") or (name.startswith("cost_") and name != "cost_change"):
            self.check_amount(found, cell, columns)
        elif name in COUNTS or name.startswith("calls_"):
            figures.count(text, columns[name], language)
        elif name in TOKENS:
            figures.tokens(text, columns[name], language)
            if cell.exact:
                figures.count(cell.exact, columns[name], language)
        elif name in ("success_rate",):
            figures.percent(text, columns[name], language, with_sign=not self.is_plain)
        elif name == "cost_change":
            figures.change(text, columns[name], language)
        elif name in ("p50", "p95", "p99"):
            if text == "" and columns[name] is None:
                return
            figures.duration(text, columns[name], language, figures.ERROR_OF_PERCENTILES)
        elif name == "avg_response_time":
            figures.duration(text, columns[name], language)
        elif name == "currency":
            assert text == (columns[name] or "")
        elif name == "body":
            check_body(text, columns[name])
        elif name in OF_POSTS:
            comma = COMMAS[LANGUAGES.index(self.language)]
            assert text == str(columns[name]).replace(", ", comma)
        else:
            raise AssertionError(f"nobody knows how to read {name}")

    def check_amount(self, found: Heading, cell: Cell, columns: oracle.Figures) -> None:
        currency = code(found.currency)
        exact = columns.get(f"costs.{currency}", columns.get(found.column))
        if f"costs.{currency}" not in columns and found.column in ("total_cost", "cost"):
            # Of one currency, which the heading names, or the caption above the table.
            has_column = any(one.column == "currency" for one in self.headings.values())
            is_named = self.case.page == "reports_changes" or bool(found.currency) or has_column
            assert is_named or not self.case.currency, "a cost in what?"
            assert currency in ("", self.case.currency)
        self.check_amount_of_column(cell, exact, f"{found.column} {currency}")
        if found.column == "cost_difference" and exact is not None:
            figures.signed(cell.text, exact)
        if found.column in ACROSS:
            # Those too that the page has no room for decide how the others are written.
            self.amounts["across"] += [(None, columns.get(name)) for name in ACROSS]

    def check_amount_of_column(self, cell: Cell, exact: Decimal | None, name: str) -> None:
        """Rounded as all of its column, and the exact amount by hovering."""
        step = figures.amount_of_column(cell.text, exact, self.language)
        self.amounts["across" if name.split(" ")[0] in ACROSS else name].append((step, exact))
        if cell.exact:
            assert exact is not None
            figures.exact_amount(cell.exact, exact)
        elif exact is not None and not self.is_of_chart:
            assert figures.figure(cell.text).value == exact, f"{exact} is nowhere to be read"

    def check_change(self, cells: list[Cell], columns: oracle.Figures) -> None:
        """Its size with a sign, and its percentage."""
        measure = self.case.measure
        if not any(cell.text for cell in cells):
            assert f"{measure}_difference" not in columns
            return
        size, percent = cells
        difference = columns[f"{measure}_difference"]
        if isinstance(difference, int):
            figures.count(size.text, difference, self.language)
        else:
            self.check_amount_of_column(size, difference, "change")
        figures.signed(size.text, difference)
        figures.change(percent.text, columns[f"{measure}_change"], self.language)

    def moved(self, columns: oracle.Figures, row: Row | None) -> str:
        """What became of the rank."""
        if row is None or not self.case.before:
            return ""
        rank, before = row.columns["rank"], row.columns["rank_before"]
        if before is None:
            return ("new", "新")[self.place]
        return "" if rank == before else (f"was {before}", f"原第 {before} 名")[self.place]

    def check_endpoints(self, text: str, found: Any) -> None:
        """One, or the one that failed most and how many more there are."""
        if isinstance(found, str):
            assert text == found
            return
        first, *more = found
        words = (f" and {len(more)} more", f" 及另外 {len(more)} 個")[self.place]
        assert text == first + (words if more else "")

    def check_moment(self, text: str, moment: Any) -> None:
        ago = oracle.ago(moment, self.language)
        if ago:
            assert "".join(text.split("\u202f")).replace(" ", "") == ago.replace(" ", "")
        else:
            assert figures.day(text, self.language) == (moment.month, moment.day)
            assert text.endswith(f"{moment:%H:%M}")

    def check_time(self, text: str, moment: Any) -> None:
        """The time alone today, and the day before it else."""
        day, _blank, clock = text.rpartition(" ")
        assert clock == f"{moment:%H:%M}", f"{text!r} for {moment}"
        if day:
            assert figures.day(day, self.language) == (moment.month, moment.day)
        else:
            assert moment.date() == NOW.astimezone(ZONE).date()


def check_body(text: str, body: str) -> None:
    """Whole; a long one both its beginning and, unfolded, the whole."""
    start, cut, whole = text.partition("…")
    assert (whole if cut else start) == body
    assert body.startswith(start)
