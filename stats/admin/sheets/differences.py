"""What changed: who and what made the difference."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from operator import itemgetter
from typing import Any

from stats.admin.sheets.columns import (
    Columns,
    Item,
    NamedUserInBrief,
    compared_with,
    in_currency,
    of_user,
    one_page,
    second,
    with_users,
)
from stats.query.sums import BriefSums
from stats.reports.changes import Changes, NotComparable
from stats.reports.ranking import Row
from stats.tables.table import Column, Kind, Table


def changed_users(found: Changes | NotComparable) -> Table[NamedUserInBrief]:
    rows = found.users.rows if isinstance(found, Changes) else ()
    contribution: Columns[NamedUserInBrief] = _contribution(itemgetter(0), found)
    return one_page("users", [*of_user(second), *contribution], with_users(rows), _cost_now(found))


def changed_endpoints(found: Changes | NotComparable) -> Table[Row[str, BriefSums]]:
    rows = found.endpoints.rows if isinstance(found, Changes) else ()
    endpoint: Column[Row[str, BriefSums]] = Column("endpoint", Kind.TEXT, lambda row: row.key)
    contribution: Columns[Row[str, BriefSums]] = _contribution(lambda row: row, found)
    return one_page("endpoints", [endpoint, *contribution], rows, _cost_now(found))


def parts_of_change(found: Changes | NotComparable) -> Table[tuple[str, Decimal]]:
    """What more calls, longer ones and dearer tokens made of the difference."""
    names = ("calls", "tokens_per_call", "cost_per_token")
    split = found.split if isinstance(found, Changes) else None
    rows = [(name, getattr(split, name)) for name in names] if split else []
    return one_page(
        "parts",
        [
            Column("part", Kind.TEXT, itemgetter(0)),
            Column("cost_difference", Kind.AMOUNT, itemgetter(1)),
            *in_currency(_currency(found)),
            *compared_with(found.base),
        ],
        rows,
        _cost_now(found),
    )


def _contribution(
    row: Callable[[Item], Row[Any, BriefSums]], found: Changes | NotComparable
) -> Columns[Item]:
    """An amount that there was not is nothing."""
    return [
        Column("cost_before", Kind.AMOUNT, lambda item: _before(row(item))),
        Column("cost", Kind.AMOUNT, lambda item: _now(row(item))),
        Column("cost_difference", Kind.AMOUNT, lambda item: row(item).difference),
        *in_currency(_currency(found)),
        *compared_with(found.base),
    ]


def _before(row: Row[Any, BriefSums]) -> Any:
    return None if row.is_new else row.value_before


def _now(row: Row[Any, BriefSums]) -> Any:
    return None if row.is_gone else row.value


def _currency(found: Changes | NotComparable) -> str:
    return found.currency if isinstance(found, Changes) else ""


def _cost_now(found: Changes | NotComparable) -> Mapping[str, Decimal]:
    if isinstance(found, Changes) and found.currency:
        return {found.currency: found.now.cost}
    return {}
