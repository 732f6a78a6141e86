"""docs/posting.md: its tables are those of the code. Its snippets are in test_snippets.py."""

from typing import Any

import pytest

from stats.ingest.shapes import SHAPES, Keys, Shape
from stats.ingest.validation import WARNINGS
from tests.processes import PROJECT

pytestmark = pytest.mark.database("sqlite")

PAGE = (PROJECT / "docs/posting.md").read_text("utf-8")


def table() -> str:
    """Of the shapes, as the page shows it."""
    head = ("shape", "told by", "tokens in", "tokens out", "total", "cost", "currency")
    return _as_table(head, [_row(shape) for shape in SHAPES])


def warnings_table() -> str:
    return _as_table(
        ("warning", "meaning"), [(f"`{code}`", meaning) for code, meaning in WARNINGS.items()]
    )


def _as_table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines).replace(" --- ", "---")


def _row(shape: Shape) -> tuple[str, ...]:
    told = "; and ".join(_either(keys) for keys in shape.required)
    unless = f"; without {_either(shape.unless)}" if shape.unless else ""
    cost = _either(shape.cost) or "none"
    if shape.cost_parts:
        cost += " or " + _sum([(key,) for key in shape.cost_parts])
    currency = " or ".join(filter(None, [_either(shape.currency), "USD"]))
    return (
        *(shape.name, told + unless, _sum(shape.tokens_in) or "none"),
        _sum(shape.tokens_out) or "none",
        *(_either(shape.total) or "the sum", cost, currency),
    )


def _either(keys: Keys) -> str:
    return " or ".join(f"`{key}`" for key in keys)


def _sum(groups: Any) -> str:
    parts = [_either(keys) for keys in groups]
    return " + ".join(f"({part})" if " or " in part and len(parts) > 1 else part for part in parts)


def test_the_tables_are_those_of_the_code() -> None:
    assert table() in PAGE, f"docs/posting.md has this table:\n{table()}"
    assert warnings_table() in PAGE
