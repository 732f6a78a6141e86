"""Entries and lines in their written form (docs/closing.md): texts of numbers, CSV, JSON."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from stats.closings.bundled import verify
from stats.closings.lines import Figures, Key, Line
from stats.models import ClosedLine, ClosedTotal, ClosingEntry
from stats.models.closings import FIGURES


def moment(at: datetime) -> str:
    """A time in UTC, in whole seconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def cost(units: int) -> str:
    """Ten-thousandths with four decimals."""
    return f"{'-' if units < 0 else ''}{abs(units) // 10_000}.{abs(units) % 10_000:04}"


def figures_form(figures: Figures) -> dict[str, Any]:
    """Figures by their names in the form."""
    texts = [
        cost(figure) if name == "cost_units" else figure
        for name, figure in zip(FIGURES, figures, strict=True)
    ]
    return dict(zip(verify.FIGURES, texts, strict=True))


def lines_csv(lines: Iterable[Line]) -> bytes:
    """The lines as they are hashed, in their order."""
    rows = [",".join(map(_quoted, verify.COLUMNS))]
    for line in lines:
        key = line.key
        texts = (line.user_name, key.group, key.endpoint, key.currency)
        figures = figures_form(line.figures).values()
        rows.append(",".join([str(key.user_id), *map(_quoted, texts), *map(str, figures)]))
    return "".join(f"{row}\n" for row in rows).encode()


def _quoted(text: str | None) -> str:
    return "" if text is None else f'"{text.replace(chr(34), chr(34) * 2)}"'


def entry_form(entry: ClosingEntry, totals: Iterable[ClosedTotal]) -> dict[str, Any]:
    """An entry as it stands in chain.json; `totals` in the order of their currencies."""
    values = {name: getattr(entry, name) for name in verify.FIELDS}
    return {
        **values,
        "month": f"{entry.month:%Y-%m}",
        "totals": [
            {"currency": total.currency, **figures_form(figures_of(total))} for total in totals
        ],
        "previous_hash": entry.previous_hash,
        "hash": entry.hash,
    }


def figures_of(row: ClosedLine | ClosedTotal) -> Figures:
    """Of a stored line or total."""
    return tuple(getattr(row, name) for name in FIGURES)


def stored_lines(entry: ClosingEntry) -> list[Line]:
    """The lines of an entry as they are stored, in their order."""
    columns = ("user_id", "group", "endpoint", "currency", "user_name", *FIGURES)
    rows: Iterable[Sequence[Any]] = (
        ClosedLine.objects.filter(entry=entry).order_by("number").values_list(*columns)
    )
    return [Line(Key(*row[:4]), row[4], tuple(row[5:])) for row in rows]


def row_of(line: Line, **place: Any) -> ClosedLine:
    """A line as it is stored; `place` is its entry and number."""
    return ClosedLine(
        user_id=line.key.user_id,
        user_name=line.user_name,
        group=line.key.group,
        endpoint=line.key.endpoint,
        currency=line.key.currency,
        **dict(zip(FIGURES, line.figures, strict=True)),
        **place,
    )


def are_misnumbered(entry: ClosingEntry) -> bool:
    """True if the stored lines of an entry do not have the numbers from 1 on."""
    numbers = ClosedLine.objects.filter(entry=entry).order_by("number")
    found = list(numbers.values_list("number", flat=True))
    return found != list(range(1, len(found) + 1))
