"""What is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something to be told once under its key; of one group, or of everybody."""

    key: str
    facts: Facts
    group: str | None = None
