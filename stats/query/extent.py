"""From when to when a selection has calls: two index lookups where nothing narrows it."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import BooleanField, DateTimeField, Max, Min, QuerySet, Value

from stats.core.periods import ALL_TIME, Range, local_day
from stats.core.zones import reading_zone
from stats.models import APIUsageStats, DemoRows
from stats.query import engine
from stats.query.selection import Selection
from stats.rollups.local_days import is_within
from stats.rollups.state import CLOCKS_DIFFER

MOST_FUTURE_CALLS = 100_000


@dataclass(frozen=True, slots=True)
class Extent:
    """The first and the newest time of any call; None where no call has one."""

    first: datetime | None
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """All calls there are: their extent, and whether demo calls are among them."""

    extent: Extent
    has_demo_calls: bool


def extent(selection: Selection) -> Extent:
    """The times of the first and the newest call of the selection."""
    calls = selection.narrow(APIUsageStats.objects.all()).order_by()
    found = calls.aggregate(first=Min("created_at"), newest=Max("created_at"))
    return Extent(found["first"], found["newest"])


def last_day(selection: Selection) -> date | None:
    """The last local day on which the selection has calls, whatever its time; None without one.

    Raises `engine.TooManyCallsError` where too many calls would have to be looked through.
    """
    if selection != selection.read_by_index:
        return max(engine.by_day(selection.during(ALL_TIME)), default=None)
    newest = extent(selection.during(ALL_TIME)).newest
    return local_day(newest, reading_zone()) if newest else None


def future_calls(now: datetime) -> int:
    """How many calls are dated after `now`, clocks of several machines allowed for.

    At most `MOST_FUTURE_CALLS` are counted.
    """
    later = APIUsageStats.objects.filter(is_within(Range(now + CLOCKS_DIFFER, None)))
    return later[:MOST_FUTURE_CALLS].count()


def whole_ledger() -> Ledger:
    """What every page of figures says of the ledger as a whole, in one statement."""
    (_is_demo, first, newest), *demo = sorted(_calls().union(_demo_rows()), key=lambda row: row[0])
    return Ledger(Extent(first, newest), bool(demo))


def _calls() -> QuerySet[APIUsageStats, tuple[bool, datetime | None, datetime | None]]:
    calls = APIUsageStats.objects.order_by().values(is_demo=_flag(False))
    return calls.annotate(first=Min("created_at"), newest=Max("created_at")).values_list(
        "is_demo", "first", "newest"
    )


def _demo_rows() -> QuerySet[DemoRows, tuple[bool, None, None]]:
    never = Value(None, DateTimeField())
    rows = DemoRows.objects.filter(table=APIUsageStats._meta.db_table).order_by()
    return rows.values_list(_flag(True), never, never)


def _flag(value: bool) -> Value:
    return Value(value, BooleanField())
