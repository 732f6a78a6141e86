"""Contributions → lines with bars that begin where the line above ends."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from stats.admin.components import names
from stats.admin.components.links import Address
from stats.admin.components.tables import Target, Targets, of_endpoints, of_users
from stats.core import formatting
from stats.models import EndUser
from stats.query.sums import BriefSums
from stats.reports.changes import Contributions, sum_of
from stats.reports.ranking import Key, Row
from stats.tables.table import Step, Text

MOST = 20
# Beside the overview's chart.
LARGEST = 5


@dataclass(frozen=True, slots=True)
class Line:
    """What one of them adds to the difference; None for an amount that there was not."""

    target: Target
    before: Decimal | None
    now: Decimal | None
    difference: Decimal
    share: float | None
    step: Step | None = None
    is_new: bool = False
    is_gone: bool = False

    @property
    def label(self) -> str:
        return self.target.label

    @property
    def url(self) -> str:
        return str(self.target.own or "")

    @property
    def text(self) -> Text:
        """What it is called, and whether it came or went."""
        if self.is_new:
            return Text(self.label, tag=pgettext("rank", "new"))
        return Text(self.label, tag=pgettext("rank", "gone") if self.is_gone and self.url else "")

    @property
    def look(self) -> str:
        """The class of the row."""
        return "" if self.target.own else "others"


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Lines from the cost before to the cost now, and all of them together."""

    lines: tuple[Line, ...]
    total: Line


def users(found: Contributions[int], page: Address) -> Waterfall:
    """Users, each leading to their own page."""
    targets = of_users(names.users(keys_shown(found, MOST)), page)
    lines = _lines(found, targets, MOST)
    return Waterfall(_one_after_another(lines, found.total), _all_together(found))


def largest(found: Contributions[int], page: Address, people: Mapping[int, EndUser]) -> Waterfall:
    """The few users with the largest contributions, their bars all from zero."""
    lines = _lines(found, of_users(people, page), LARGEST)
    return Waterfall(_from_zero(lines), _all_together(found))


def endpoints(found: Contributions[str], calls: Address) -> Waterfall:
    """Endpoints, each leading to its calls."""
    lines = _lines(found, of_endpoints(calls), MOST)
    return Waterfall(_one_after_another(lines, found.total), _all_together(found))


def every_line(found: Contributions[Any], targets: Targets) -> list[Line]:
    """All of them, as files have them."""
    return [_line(row, targets(row.key), found.total) for row in found.rows]


def keys_shown(found: Contributions[Key], most: int = LARGEST) -> list[Key]:
    """Whose names so many lines need."""
    return [row.key for row in _first(found, most)]


def _first(found: Contributions[Key], most: int) -> tuple[Row[Key, BriefSums], ...]:
    """So many rows; one other stands for itself."""
    return found.rows if len(found.rows) <= most + 1 else found.rows[:most]


def _lines(found: Contributions[Key], targets: Targets, most: int) -> list[Line]:
    shown = _first(found, most)
    lines = [_line(row, targets(row.key), found.total) for row in shown]
    return lines + _others(found.rows[len(shown) :], found.total)


def _all_together(found: Contributions[Any]) -> Line:
    return _line(found.total, Target(_("Total")), found.total)


def _line(row: Row[Any, BriefSums], target: Target, total: Row[None, BriefSums]) -> Line:
    return Line(
        target,
        None if row.is_new else Decimal(row.value_before),
        None if row.is_gone and row.key is not None else Decimal(row.value),
        Decimal(row.difference),
        _share(Decimal(row.difference), total),
        is_new=row.is_new,
        is_gone=row.is_gone,
    )


def _others(rows: tuple[Row[Any, BriefSums], ...], total: Row[None, BriefSums]) -> list[Line]:
    if not rows:
        return []
    label = ngettext("%(count)s other", "%(count)s others", len(rows))
    return [
        Line(
            Target(label % {"count": formatting.number(len(rows))}),
            sum((Decimal(row.value_before) for row in rows), Decimal(0)),
            sum((Decimal(row.value) for row in rows), Decimal(0)),
            sum_of(rows),
            _share(sum_of(rows), total),
        )
    ]


def _share(difference: Decimal, total: Row[None, BriefSums]) -> float | None:
    return float(difference / total.difference * 100) if total.difference else None


def _one_after_another(lines: list[Line], total: Row[None, BriefSums]) -> tuple[Line, ...]:
    """Each bar begins where the one above ends."""
    levels = [Decimal(total.value_before)]
    for line in lines:
        levels.append(levels[-1] + line.difference)
    return _with_steps(lines, list(pairwise(levels)))


def _from_zero(lines: list[Line]) -> tuple[Line, ...]:
    return _with_steps(lines, [(Decimal(0), line.difference) for line in lines], is_from_zero=True)


def _with_steps(
    lines: list[Line], spans: list[tuple[Decimal, Decimal]], *, is_from_zero: bool = False
) -> tuple[Line, ...]:
    levels = [level for span in spans for level in span]
    least, most = min(levels, default=Decimal(0)), max(levels, default=Decimal(0))

    def place(level: Decimal) -> float:
        return float((level - least) / (most - least) * 100) if most > least else 0.0

    return tuple(
        replace(line, step=_step(place(start), place(end), is_from_zero))
        for line, (start, end) in zip(lines, spans, strict=True)
    )


def _step(start: float, end: float, is_from_zero: bool) -> Step:
    return Step(
        f"{start:.2f}%",
        f"{end:.2f}%",
        f"{min(start, end):.2f}%",
        f"{abs(end - start):.2f}%",
        end < start,
        is_from_zero,
    )
