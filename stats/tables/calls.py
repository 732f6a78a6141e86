"""The calls of a selection as a table, read in pages so that memory does not grow."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any

from django.db.models import CharField, Model, OuterRef, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from stats.core.money import NO_CURRENCY
from stats.core.zones import column_zone, reading_zone
from stats.ingest.validation import COLUMN_NAMES
from stats.models import GROUPS_ARE_DATED, JOB_COLUMNS, APIUsageStats, EndUser, TranslationJob
from stats.query.conditions import memberships_on
from stats.query.paging import Order, Position, behind
from stats.query.selection import Selection
from stats.query.sorting import ValueOrder, sorted_ids
from stats.rollups.local_days import any_local_day
from stats.tables.table import Column, Kind, Table
from stats.tables.times import LocalTimes

# Column names are those of the API, in every language.
FIELDS = ("id", *COLUMN_NAMES)
# The most and fewest rows of a page, and the most characters of its messages.
PAGE = 5_000
SMALL_PAGE = 100
MESSAGE_CHARACTERS = 2_000_000
# As of today: the model, the column of the call, and the field, which an adopted table may
# lack.
OF_TODAY: dict[str, tuple[type[Model], str, str]] = {
    "user": (EndUser, "user_id", "name"),
    "job": (TranslationJob, "job_id", "name"),
    **({} if GROUPS_ARE_DATED else {"group": (EndUser, "user_id", "group")}),
    **{shown.name: (TranslationJob, "job_id", shown.field) for shown in JOB_COLUMNS},
}
KINDS = {
    "id": Kind.ID,
    "user_id": Kind.ID,
    "job_id": Kind.ID,
    "response_time_ms": Kind.MILLISECONDS,
    "api_endpoint": Kind.TEXT,
    "prompt_unit_price": Kind.AMOUNT,
    "prompt_price_unit": Kind.TEXT,
    "cost": Kind.AMOUNT,
    "success": Kind.FLAG,
    "error_message": Kind.TEXT,
    "created_at": Kind.MOMENT,
}
# Read as text, which is what the file wants: Django would build Python objects first.
AS_READ: dict[str, Combinable] = {
    "success": Cast("success", CharField()),
    "created_at": Cast("created_at", CharField()),
}
CURRENCY, COST, SUCCESS, MESSAGE, TIME = map(
    FIELDS.index, ("prompt_price_unit", "cost", "success", "error_message", "created_at")
)
Row = tuple[Any, ...]


def calls_table(selection: Selection, *, newest_first: bool = True) -> Table[Row]:
    """The calls in the order of their list. A call written meanwhile repeats or hides no other."""
    costs: defaultdict[str, Decimal] = defaultdict(Decimal)
    return Table("calls", _columns(), _pages(selection, newest_first, costs), costs)


def sorted_calls_table(selection: Selection, order: ValueOrder) -> Table[Row]:
    """The calls in the order of a column. Raises `TooManyCallsError` before the first page."""
    costs: defaultdict[str, Decimal] = defaultdict(Decimal)
    ids = sorted_ids(selection, order)
    return Table("calls", _columns(), _pages_of(ids, costs), costs)


def _columns() -> list[Column[Row]]:
    times = LocalTimes(column_zone(), reading_zone())
    columns: list[Column[Row]] = [
        Column(name, KINDS.get(name, Kind.NUMBER), itemgetter(place))
        for place, name in enumerate(FIELDS)
    ]
    columns[SUCCESS] = Column("success", Kind.FLAG, lambda row: _flag(row[SUCCESS]))
    columns[TIME] = Column("created_at", Kind.MOMENT, lambda row: times(row[TIME]))
    names = enumerate(_looked_up(), len(FIELDS))
    return columns + [Column(name, Kind.TEXT, itemgetter(place)) for place, name in names]


def _pages(
    selection: Selection, newest_first: bool, costs: dict[str, Decimal]
) -> Iterator[Sequence[Row]]:
    order = Order(not selection.range.is_all_time, newest_first)
    calls = selection.narrow(APIUsageStats.objects.all())
    position = None
    size = SMALL_PAGE
    while True:
        rows = list(behind(position, calls, order).values_list(*_read())[:size])
        if rows:
            _add_costs(rows, costs)
            yield rows
        if len(rows) < size:
            return
        size = _next_size(rows)
        position = Position(True, rows[-1][0], _moment(rows[-1][TIME]) if order.by_time else None)


def _pages_of(ids: Sequence[int], costs: dict[str, Decimal]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(ids), SMALL_PAGE):
        some = ids[start : start + SMALL_PAGE]
        found = APIUsageStats.objects.order_by().filter(pk__in=some).values_list(*_read())
        by_id = {row[0]: row for row in found}
        rows = [by_id[id] for id in some if id in by_id]
        _add_costs(rows, costs)
        yield rows


def _next_size(rows: Sequence[Row]) -> int:
    """The size of the next page, from the length of the messages just read."""
    length = sum(len(row[MESSAGE]) for row in rows if row[MESSAGE])
    return min(PAGE, max(SMALL_PAGE, MESSAGE_CHARACTERS * len(rows) // max(length, 1)))


def _read() -> Iterator[str | Combinable]:
    yield from (AS_READ.get(name, name) for name in FIELDS)
    # Subqueries, since a join would drop the calls of a deleted user.
    yield from _looked_up().values()


def _looked_up() -> dict[str, Subquery]:
    of_today = {
        name: Subquery(model._default_manager.filter(pk=OuterRef(column)).values(field)[:1])
        for name, (model, column, field) in OF_TODAY.items()
        if hasattr(model, field)
    }
    if not GROUPS_ARE_DATED:
        return of_today
    memberships = memberships_on(any_local_day(OuterRef("created_at")))
    return {**of_today, "group": Subquery(memberships.values("group")[:1])}


def _flag(text: str | None) -> bool | None:
    return None if text is None else text == "1"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=column_zone())


def _add_costs(rows: Sequence[Row], costs: dict[str, Decimal]) -> None:
    for currency, cost in map(itemgetter(CURRENCY, COST), rows):
        if cost:
            costs[(currency or "").rstrip(" ") or NO_CURRENCY] += cost
