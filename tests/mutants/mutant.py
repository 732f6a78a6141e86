"""A planted fault: a change at one place of one file."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path


@dataclass(frozen=True)
class Mutant:
    """`old` at `start` of a file's text becomes `new`. `operator` is the kind of fault."""

    file: str
    operator: str
    start: int
    old: str
    new: str

    def applied(self, text: str) -> str:
        assert text[self.start :].startswith(self.old)
        return text[: self.start] + self.new + text[self.start + len(self.old) :]

    def difference(self, text: str) -> str:
        lines = (text.splitlines(), self.applied(text).splitlines())
        return "\n".join(unified_diff(*lines, self.file, self.file, lineterm="", n=0))

    def lot(self, text: str) -> str:
        """The key for drawing: it stays the same as long as the line does."""
        start = text.rfind("\n", 0, self.start) + 1
        line = text[start : text.find("\n", self.start)].strip()
        place = self.start - start
        return _hash(f"{self.file} {self.operator} {line} {place} {self.new}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def drawn(mutants: Iterable[Mutant], text: str, count: int) -> list[Mutant]:
    """`count` of a file's mutants, the operators in turn."""
    by_operator: dict[str, list[Mutant]] = {}
    for mutant in sorted(mutants, key=lambda one: one.lot(text)):
        by_operator.setdefault(mutant.operator, []).append(mutant)
    found: list[Mutant] = []
    while by_operator and len(found) < count:
        # Each file begins with another operator.
        for operator in sorted(
            by_operator, key=lambda one: _hash(f"{by_operator[one][0].file} {one}")
        ):
            found.append(by_operator[operator].pop(0))
            if not by_operator[operator]:
                del by_operator[operator]
    return found[:count]


def read(root: Path, file: str) -> str:
    return (root / file).read_text(encoding="utf-8")
