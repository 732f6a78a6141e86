"""Columns that tables of pages and of letters have in common."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from stats.core import formatting
from stats.core.periods import local_day
from stats.core.zones import reading_zone
from stats.query.sums import BriefSums
from stats.tables import wording
from stats.tables.html import MAIN
from stats.tables.table import Column, Kind, OnPage, Phone, RowKind, Table, local_time

Item = TypeVar("Item")
Columns = list[Column[Item]]
ON_WIDE_PAGES: OnPage[Any] = OnPage(phone=Phone.HIDDEN)


def one_page(
    name: str,
    columns: Iterable[Column[Item]],
    rows: Sequence[Item],
    costs: Mapping[str, Decimal] | None = None,
) -> Table[Item]:
    """A table whose rows are in memory; `costs` is their cost per currency."""
    return Table(name, tuple(columns), [rows] if rows else [], costs or {})


def costs(
    sums: Callable[[Item], BriefSums],
    currencies: Sequence[str],
    link: Callable[[Item, str], str] | None = None,
    note: Callable[[Item], str] | None = None,
) -> Columns[Item]:
    """The cost in the only currency, or a column for each. `link` leads to the calls of a row in a
    currency."""

    def page_of(currency: str) -> OnPage[Item]:
        def to(item: Item) -> str:
            return link(item, currency) if link else ""

        return OnPage(phone=Phone.LAST, classes=MAIN, link=to, note=note)

    if len(currencies) > 1:
        return [_cost_in(currency, sums, page_of(currency)) for currency in currencies]
    currency = next(iter(currencies), "")
    page = page_of(currency)
    return [
        Column(
            "total_cost", Kind.AMOUNT, lambda item: sums(item).cost, wording.cost_in(currency), page
        ),
        *in_currency(currency),
    ]


def _cost_in(currency: str, sums: Callable[[Item], BriefSums], page: OnPage[Item]) -> Column[Item]:
    def cost(item: Item) -> Decimal:
        return sums(item).cost_in(currency)

    return Column(f"costs.{currency}", Kind.AMOUNT, cost, wording.cost_in(currency), page)


def in_currency(currency: str) -> Columns[Any]:
    """In files; on pages the headings of costs name it."""
    return [Column("currency", Kind.TEXT, lambda item: currency)]


def written(at: datetime) -> str:
    """A day and a time of TIME_ZONE, in a cell."""
    zone = reading_zone()
    return f"{formatting.day(local_day(at, zone), with_year=True)} {formatting.clock(at, zone)}"


def moment(
    name: str,
    at: Callable[[Item], datetime | None],
    label: Any,
    write: Callable[[datetime], str],
    blank_in: frozenset[RowKind] = frozenset(),
) -> Column[Item]:
    """A time, which a page says as `write` does; a dash where there is none."""

    def text(item: Item) -> str:
        when = at(item)
        return write(when) if when else formatting.DASH

    page: OnPage[Item] = OnPage(phone=Phone.HIDDEN, text=text, blank_in=blank_in)
    return Column(name, Kind.MOMENT, lambda item: local_time(at(item)), label, page)
