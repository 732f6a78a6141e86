"""Faults in templates."""

import re
from collections.abc import Iterator

from tests.mutants.mutant import Mutant
from tests.mutants.siblings import swapped

_TAG = re.compile(r"{[{%].*?[%}]}")
_CELL = r"<(?P<{0}>t[hd])(?P<{0}a>[^>]*)>(?P<{0}b>(?:(?!</?t[hd]).)*)</(?P={0})>"
_NEIGHBOURS = re.compile(_CELL.format("one") + _CELL.format("two"))
_WRITTEN = re.compile(r"{{ (?P<what>[^{}]*?) }}")
_CONDITION = re.compile(r"{% if (?P<what>(?!forloop)[^%]*?) %}")
# Filters and their replacements. An exact number in place of a short one is no fault.
_FILTERS = {
    "number": "tokens",
    "share": "success",
    "success": "average",
    "average": "success",
    "milliseconds": "share",
    "amount": "signed",
    "signed": "amount",
}
_FILTER = re.compile(rf"(?<=\|)(?P<name>{'|'.join(_FILTERS)})\b")
# Variables with texts of others, which may contain anything.
_OF_OTHERS = ("label", "message", "user", "endpoint", "job", "group", "column", "figure")
# Attributes that no sighted person reads: classes, addresses, texts for screen readers.
_UNREAD = re.compile(r"(?:class|href|title|aria-\w+|data-\w+)=\"(?:[^\"{]|{[{%].*?[%}]})*\"")


def mutants(file: str, text: str) -> Iterator[Mutant]:
    """All faults for a template."""
    unread = [found.span() for found in _UNREAD.finditer(text)]
    for mutant in _all(file, text):
        if not any(start <= mutant.start < end for start, end in unread):
            yield mutant


def _all(file: str, text: str) -> Iterator[Mutant]:
    yield from _neighbours(file, text)
    yield from _fields(file, text)
    for found in _WRITTEN.finditer(text):
        yield Mutant(file, "drop what is written", found.start(), found[0], "")
        if found["what"].rpartition(".")[2] in _OF_OTHERS:
            new = f"{{{{ {found['what']}|safe }}}}"
            yield Mutant(file, "remove an escape", found.start(), found[0], new)
    for found in _CONDITION.finditer(text):
        yield Mutant(file, "invert a condition", found.start(), found[0], _inverted(found["what"]))
    for found in _FILTER.finditer(text):
        new = _FILTERS[found["name"]]
        yield Mutant(file, "another filter", found.start(), found["name"], new)


def _inverted(condition: str) -> str:
    if " and " in condition or " or " in condition:
        return f"{{% if not {condition} %}}"
    if condition.startswith("not "):
        return f"{{% if {condition.removeprefix('not ')} %}}"
    return f"{{% if not {condition} %}}"


def _neighbours(file: str, text: str) -> Iterator[Mutant]:
    """Swap the texts of two neighbouring cells or headings."""
    start = 0
    while found := _NEIGHBOURS.search(text, start):
        one, two = found["oneb"], found["twob"]
        if one.strip() != two.strip():
            new = (
                f"<{found['one']}{found['onea']}>{two}</{found['one']}>"
                f"<{found['two']}{found['twoa']}>{one}</{found['two']}>"
            )
            yield Mutant(file, "swap neighbours", found.start(), found[0], new)
        start = found.start() + 1


def _fields(file: str, text: str) -> Iterator[Mutant]:
    for tag in _TAG.finditer(text):
        for start, old, new in swapped(tag[0]):
            yield Mutant(file, "a sibling's field", tag.start() + start, old, new)
