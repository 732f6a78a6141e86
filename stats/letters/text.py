"""A letter as plain text. Its links have numbers and stand at the end, so that it can be read."""

from collections.abc import Iterable, Iterator

from django.utils.translation import pgettext

from stats.core.formatting import one_line
from stats.letters.letter import Letter, Row, Sentence


def plain_text(letter: Letter, site: str) -> str:
    """`site` is what addresses begin with."""
    links = _Links()
    lines = [
        *(links.line(sentence) for sentence in letter.opening),
        *_sections(letter, links),
        "",
        *letter.closing,
        "",
        *(f"[{number}] {site}{path}" for path, number in links.numbers.items()),
    ]
    return "\n".join(lines)


def _sections(letter: Letter, links: "_Links") -> Iterator[str]:
    for section in letter.sections:
        yield from ("", f"— {section.title}")
        yield from map(links.line, section.sentences)
        yield from map(links.row, section.rows)


class _Links:
    """The number of each path, in the order of their first mention."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def line(self, sentence: Sentence) -> str:
        return self._marked(str(sentence), sentence.paths)

    def row(self, row: Row) -> str:
        words = {"name": row.name, "about": row.about}
        text = pgettext("a row of a list", "• %(name)s: %(about)s") % words
        return self._marked(text, row.paths)

    def _marked(self, text: str, paths: Iterable[str]) -> str:
        numbers = (self.numbers.setdefault(path, len(self.numbers) + 1) for path in paths)
        return " ".join([one_line(text), *(f"[{number}]" for number in numbers)])
