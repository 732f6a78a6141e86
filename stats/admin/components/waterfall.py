"""Contributions → the lines of a waterfall chart: each bar begins where the one above ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from stats.admin.components import wording
from stats.admin.components.tables import Links
from stats.query.sums import NO_COST, BriefSums
from stats.reports.changes import Contributions, sum_of
from stats.reports.ranking import Key, Row
from stats.tables.html import Rows
from stats.tables.table import Step

MOST = 20
# Beside the overview's chart.
LARGEST = 5


@dataclass(frozen=True, slots=True)
class Line:
    """The contribution of one user or endpoint; an amount is None where there was none."""

    key: Any
    label: str
    url: str
    before: Decimal | None
    now: Decimal | None
    difference: Decimal
    share: float | None
    # Whether it is new or gone, in a word.
    tag: str = ""
    step: Step | None = None


Label = Callable[[Any], str]


def from_before_to_now(found: Contributions[Any], label: Label, links: Links) -> Rows[Line]:
    """Lines from the cost before to the cost now, and the total."""
    lines = _lines(found, label, links, MOST)
    return _rows(_one_after_another(lines, found.total), found)


def largest(found: Contributions[Any], label: Label, links: Links) -> Rows[Line]:
    """The few with the largest contributions, their bars all from zero."""
    return _rows(_from_zero(_lines(found, label, links, LARGEST)), found, total_span=2)


def _rows(lines: Sequence[Line], found: Contributions[Any], total_span: int = 1) -> Rows[Line]:
    return Rows(
        lines=lines,
        total=_line(found.total, _("Total"), "", found.total),
        class_of=lambda line: "" if line.url else "others",
        total_span=total_span,
    )


def every_line(found: Contributions[Any]) -> list[Line]:
    """All lines, for files."""
    return [_line(row, "", "", found.total) for row in found.rows]


def keys_shown(found: Contributions[Key], most: int = LARGEST) -> list[Key]:
    """The keys of so many lines."""
    return [row.key for row in _first(found, most)]


def _first(found: Contributions[Key], most: int) -> tuple[Row[Key, BriefSums], ...]:
    """So many rows; one other stands for itself."""
    return found.rows if len(found.rows) <= most + 1 else found.rows[:most]


def _lines(found: Contributions[Key], label: Label, links: Links, most: int) -> list[Line]:
    shown = _first(found, most)
    lines = [
        _line(row, label(row.key), str(links.own(row.key) or ""), found.total) for row in shown
    ]
    others = found.rows[len(shown) :]
    return [*lines, _others(others, found.total)] if others else lines


def _line(row: Row[Any, BriefSums], label: str, url: str, total: Row[None, BriefSums]) -> Line:
    is_gone = row.is_gone and row is not total
    return Line(
        row.key,
        label,
        url,
        None if row.is_new else Decimal(row.value_before),
        None if is_gone else Decimal(row.value),
        Decimal(row.difference),
        _share(Decimal(row.difference), total),
        pgettext("rank", "new") if row.is_new else pgettext("rank", "gone") if is_gone else "",
    )


def _others(rows: tuple[Row[Any, BriefSums], ...], total: Row[None, BriefSums]) -> Line:
    return Line(
        None,
        wording.others(len(rows)),
        "",
        sum((Decimal(row.value_before) for row in rows), NO_COST),
        sum((Decimal(row.value) for row in rows), NO_COST),
        sum_of(rows),
        _share(sum_of(rows), total),
    )


def _share(difference: Decimal, total: Row[None, BriefSums]) -> float | None:
    return float(difference / total.difference * 100) if total.difference else None


def _one_after_another(lines: list[Line], total: Row[None, BriefSums]) -> list[Line]:
    """Each bar begins where the one above ends."""
    levels = [Decimal(total.value_before)]
    for line in lines:
        levels.append(levels[-1] + line.difference)
    return _with_steps(lines, list(pairwise(levels)))


def _from_zero(lines: list[Line]) -> list[Line]:
    return _with_steps(lines, [(Decimal(0), line.difference) for line in lines], is_from_zero=True)


def _with_steps(
    lines: list[Line], spans: list[tuple[Decimal, Decimal]], *, is_from_zero: bool = False
) -> list[Line]:
    levels = [level for span in spans for level in span]
    least, most = min(levels, default=Decimal(0)), max(levels, default=Decimal(0))

    def place(level: Decimal) -> float:
        return float((level - least) / (most - least) * 100) if most > least else 0.0

    return [
        replace(line, step=_step(place(start), place(end), is_from_zero))
        for line, (start, end) in zip(lines, spans, strict=True)
    ]


def _step(start: float, end: float, is_from_zero: bool) -> Step:
    return Step(
        f"{start:.2f}%",
        f"{end:.2f}%",
        f"{min(start, end):.2f}%",
        f"{abs(end - start):.2f}%",
        end < start,
        is_from_zero,
    )
