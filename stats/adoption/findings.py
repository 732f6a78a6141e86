"""What an inspection says: one sentence about one thing, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a thing stands to being adopted."""

    FITS = "fits"
    # Harmless, or to be looked at: adopting works.
    DIFFERS = "differs"
    BLOCKS = "blocks"


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject` is a table, `table.column` or another thing; `advice` is empty where it fits."""

    subject: str
    verdict: Verdict
    sentence: str
    advice: str = ""


def fits(subject: str, sentence: str) -> Finding:
    return Finding(subject, Verdict.FITS, sentence)


def differs(subject: str, sentence: str, advice: str) -> Finding:
    return Finding(subject, Verdict.DIFFERS, sentence, advice)


def blocks(subject: str, sentence: str, advice: str) -> Finding:
    return Finding(subject, Verdict.BLOCKS, sentence, advice)
