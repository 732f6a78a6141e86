"""A letter: sections of sentences and rows, whose numbers lead to pages."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

WORD = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a sentence; it leads to the page at `path`, if it has one."""

    text: str
    path: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Sentence:
    """Pieces in their order."""

    pieces: tuple[Piece, ...]

    def __str__(self) -> str:
        return "".join(map(str, self.pieces))

    @property
    def paths(self) -> list[str]:
        """Where it leads, each once."""
        return _once(self.pieces)


@dataclass(frozen=True, slots=True)
class Row:
    """What a row is about, and what is to be said of it."""

    name: Piece
    about: Sentence

    @property
    def paths(self) -> list[str]:
        return _once((self.name, *self.about.pieces))


@dataclass(frozen=True, slots=True)
class Section:
    """Sentences, then rows under them."""

    title: str
    sentences: tuple[Sentence, ...]
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """In the language in which it was written. `opening` has no title, `closing` is in small."""

    subject: str
    opening: tuple[Sentence, ...]
    sections: tuple[Section, ...]
    closing: tuple[str, ...]


def sentence(template: str, **words: Piece | str) -> Sentence:
    """A translated template with its words, of which some lead on."""
    texts, names = WORD.split(template)[::2], WORD.findall(template)
    pieces = [Piece(texts[0])]
    for name, text in zip(names, texts[1:], strict=True):
        word = words[name]
        pieces += [word if isinstance(word, Piece) else Piece(word), Piece(text)]
    return Sentence(tuple(piece for piece in pieces if piece.text))


def _once(pieces: Iterable[Piece]) -> list[str]:
    return list(dict.fromkeys(piece.path for piece in pieces if piece.path))
