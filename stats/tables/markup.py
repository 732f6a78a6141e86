"""Cells and rows, and their HTML: a template would take a millisecond for each of hundreds."""

from dataclasses import dataclass
from functools import partial
from html import escape

from django.utils.safestring import SafeString, mark_safe

from stats.tables.table import Step, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell(Text):
    """One cell. `exact` is set if `text` is rounded."""

    classes: str = ""
    is_heading: bool = False
    span: int = 1
    link: str = ""
    exact: str = ""
    note: str = ""
    bar: str = ""
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """A row with its cells."""

    cells: tuple[Cell, ...]
    classes: str = ""

    @property
    def html(self) -> SafeString:
        """Without blanks between the cells."""
        cells = "".join(map(_cell, self.cells))
        # All texts below are escaped.
        return mark_safe(f"<tr{_classes(self.classes)}>{cells}</tr>\n")  # noqa: S308  # nosec


def _attribute(name: str, value: str) -> str:
    return f' {name}="{escape(value)}"' if value else ""


_classes = partial(_attribute, "class")


def _cell(cell: Cell) -> str:
    if cell.is_heading:
        span = _attribute("colspan", str(cell.span) if cell.span > 1 else "")
        return f'<th scope="row"{span}>{_content(cell)}</th>'
    hint = _attribute("title", cell.hint)
    return f"<td{_classes(cell.classes)}{hint}>{_content(cell)}</td>"


def _content(cell: Cell) -> str:
    more = f' <span class="quiet">{escape(cell.more)}</span>' if cell.more else ""
    tag = f' <span class="tag">{escape(cell.tag)}</span>' if cell.tag else ""
    bar = _bar(cell.bar) if cell.bar else ""
    step = _step(cell.step) if cell.step else ""
    note = f'<span class="phone-line">{escape(cell.note)}</span>' if cell.note else ""
    return f"{_text(cell)}{more}{tag}{bar}{step}{note}"


def _text(cell: Cell) -> str:
    text = escape(cell.text)
    if cell.link:
        return f'<a href="{escape(cell.link)}"{_marks(cell)}>{text}</a>'
    if cell.exact:
        return f'<span{_marks(cell)} tabindex="0">{text}</span>'
    if cell.unfolded:
        whole = f"<pre>{escape(cell.unfolded)}</pre>"
        return f'<details class="unfolding"><summary>{text}</summary>{whole}</details>'
    return text


def _marks(cell: Cell) -> str:
    """Of a rounded amount, or of a text that is cut."""
    if cell.exact:
        return _classes("exact") + _attribute("data-exact", cell.exact)
    return _classes("cut") + _attribute("title", cell.hint) if cell.is_cut else ""


def _bar(length: str) -> str:
    length = _attribute("width", length)
    bar = f'<rect class="track"/><rect class="length"{length}/>'
    return f'<svg class="share-bar" aria-hidden="true">{bar}</svg>'


def _step(step: Step) -> str:
    place = _attribute("x", step.left) + _attribute("width", step.width)
    if step.is_from_zero:
        bar = f'<rect class="from-zero"{place} y="29%" height="42%"/>'
        return f'<svg aria-hidden="true">{bar}{_line(step.start, "0", "100%")}</svg>'
    kind = _classes("less" if step.is_less else "more")
    bar = f'<rect{kind}{place} y="27%" height="46%"/>'
    lines = _line(step.start, "0", "50%") + _line(step.end, "50%", "100%")
    return f'<svg aria-hidden="true">{lines}{bar}</svg>'


def _line(x: str, top: str, bottom: str) -> str:
    at = _attribute("x1", x) + _attribute("x2", x)
    return f'<line class="link"{at} y1="{top}" y2="{bottom}"/>'
