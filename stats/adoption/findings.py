"""Findings of an inspection: one sentence each, and advice."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a finding means for adopting."""

    FITS = "fits"
    # Adopting works; the finding may need attention.
    DIFFERS = "differs"
    BLOCKS = "blocks"


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject` is a table, `table.column` or another thing; `advice` is empty if it fits."""

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
