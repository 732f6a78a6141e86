"""A page as a sighted person reads it in the wide layout: its tables by their headings."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "path", "source", "wbr"}
UNSEEN_TAGS = {"script", "style", "svg", "template"}
# Of the narrow layout, or for screen readers alone.
UNSEEN_CLASSES = {"phone-line", "phone-only", "visually-hidden"}


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tree = ElementTree.TreeBuilder()
        self.open: list[str] = []
        self.tree.start("page", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tree.start(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self.tree.end(tag)
        else:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tree.start(tag, {name: value or "" for name, value in attrs})
        self.tree.end(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        opened = self.open.pop()
        assert opened == tag, f"<{opened}> is closed by </{tag}>"
        self.tree.end(tag)

    def handle_data(self, data: str) -> None:
        self.tree.data(data)


def parse(text: str) -> Element:
    """The page's main part; the sidebar's tables are no figures."""
    builder = _Builder()
    builder.feed(text)
    builder.close()
    assert builder.open == []
    builder.tree.end("page")
    main = builder.tree.close().find(".//main")
    assert main is not None
    return main


def classes(element: Element) -> set[str]:
    return set(element.get("class", "").split())


def having(root: Element, name: str, tag: str = "*") -> list[Element]:
    """The elements of a class, in order."""
    return [
        element for element in root.iter() if name in classes(element) and tag in ("*", element.tag)
    ]


def is_seen(element: Element) -> bool:
    return not (
        element.tag in UNSEEN_TAGS
        or classes(element) & UNSEEN_CLASSES
        or "hidden" in element.attrib
    )


def text_of(element: Element, *, all_of_it: bool = False) -> str:
    """What is read of it, blanks folded; the blanks that set figures stay."""
    pieces = "".join(_pieces(element, (lambda _one: True) if all_of_it else is_seen))
    return re.sub("[ \n]+", " ", pieces).strip(" ")


def _pieces(element: Element, is_read: Callable[[Element], bool]) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if is_read(child):
            yield from _pieces(child, is_read)
        yield child.tail or ""


@dataclass(frozen=True)
class Cell:
    """A cell's text, what hovering tells, and its classes; `note` is what a phone adds."""

    text: str
    exact: str
    classes: frozenset[str]
    bar: str
    note: str
    # Where it leads, which is not what it says.
    link: str = field(compare=False)


@dataclass(frozen=True)
class Line:
    """A row: the cells below each heading."""

    part: str
    cells: dict[str, list[Cell]]
    classes: frozenset[str]
    # All its cells, for rows that run across.
    texts: tuple[str, ...]

    def under(self, heading: str) -> str:
        (cell,) = self.cells[heading]
        return cell.text


@dataclass(frozen=True)
class Table:
    """`name` says which table of the page's files it shows."""

    name: str
    headings: tuple[str, ...]
    lines: tuple[Line, ...]

    def part(self, part: str) -> list[Line]:
        return [line for line in self.lines if line.part == part]


def tables(root: Element) -> list[Table]:
    return [_table(element) for element in root.iter("table")]


def _table(element: Element) -> Table:
    (head,) = element.findall("thead/tr")
    headings = [(_heading(cell), int(cell.get("colspan", "1"))) for cell in head]
    places = [text for text, columns in headings for _column in range(columns)]
    named = [text for text, _columns in headings if text]
    assert len(named) == len(set(named)), f"headings that are alike: {named}"
    lines = [
        _line(row, part.tag, places)
        for part in element
        if part.tag in ("tbody", "tfoot")
        for row in part.findall("tr")
    ]
    return Table(element.get("data-table", ""), tuple(named), tuple(lines))


def _heading(cell: Element) -> str:
    """What is seen; of a heading that nobody sees what is said."""
    return text_of(cell) or text_of(cell, all_of_it=True)


def _line(row: Element, part: str, places: list[str]) -> Line:
    cells: dict[str, list[Cell]] = {}
    place = 0
    is_across = "band" in classes(row) or "message" in classes(row)
    for element in row:
        if not is_across:
            assert place < len(places), f"a cell too many: {text_of(row)}"
            cells.setdefault(places[place], []).append(_cell(element))
        place += int(element.get("colspan", "1"))
    assert is_across or place == len(places), f"{len(places) - place} cells missing: {text_of(row)}"
    texts = tuple(text_of(element) for element in row)
    return Line(part, cells, frozenset(classes(row)), texts)


def _cell(element: Element) -> Cell:
    exact = [one.get("data-exact", "") for one in element.iter() if one.get("data-exact")]
    bars = [one.get("width", "") for one in element.iter("rect") if "length" in classes(one)]
    links = [one.get("href", "") for one in element.iter("a")]
    notes = [text_of(one) for one in having(element, "phone-line")]
    return Cell(
        text_of(element),
        exact[0] if exact else element.get("title", ""),
        frozenset(classes(element)),
        bars[0] if bars else "",
        " ".join(notes),
        links[0] if links else "",
    )
