"""Sentences that are stored, and read in the language of whoever reads them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext, gettext_noop

from stats.core import formatting

Word = str | int | Sequence[str]
Words = Mapping[str, Word]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A msgid and its words, of which whole numbers and lists are written as the language has them.

    Its text is in the language that is active. One that no catalogue has stays as it is.
    """

    msgid: str
    words: Words = field(default_factory=dict)

    def __str__(self) -> str:
        if not self.words:
            return gettext(self.msgid)
        return gettext(self.msgid) % {name: _text(word) for name, word in self.words.items()}


def _text(word: Word) -> str:
    if isinstance(word, int):
        return formatting.number(word)
    return word if isinstance(word, str) else formatting.listed(word)


class SentenceError(Exception):
    """An error whose sentence says what is wrong, or what to do."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def of_unexpected(error: Exception) -> Sentence:
    """Of an error that nobody foresaw: what it says is in the log alone."""
    return Sentence(gettext_noop("%(error)s: see the log."), {"error": type(error).__name__})


def stored(sentences: Iterable[Sentence]) -> str:
    """As JSON; empty without any. In ASCII, whatever an adopted database's character set."""
    found = [[one.msgid, dict(one.words)] for one in sentences]
    return json.dumps(found) if found else ""


def text_of(kept: str) -> str:
    """What was `stored`, in the language that is active. What an older version wrote is a text."""
    if not kept.startswith("[["):
        return kept
    return " ".join(str(Sentence(msgid, words)) for msgid, words in json.loads(kept))
