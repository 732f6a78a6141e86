"""Views for people with plain SQL or a BI tool: usage by day, and by day and user.

Each is the report without filters: sums of whole days, plus the calls that are not folded yet, in
one statement. What depends on the settings stands in the views themselves: the zones of the day,
and the column with the users' names. So `post_migrate` makes them anew, and no migration does: that
would run once only, and stop the migrations after it where a right is lacking.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import BigIntegerField, Count, F, Model, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from stats.core.periods import OffsetPiece, offset_pieces
from stats.core.zones import column_zone, reading_zone
from stats.db import sql
from stats.db.dialects import dialect
from stats.db.expressions import CollatedText, LocalDay
from stats.db.statements import compiled
from stats.models import (
    GROUPS_ARE_DATED,
    HAS_GROUPS,
    UNDATED,
    APIUsageStats,
    CurrencyName,
    DayTotal,
    DayUser,
    EndUser,
    FoldState,
    Membership,
)
from stats.rollups.counters import COUNTERS, CURRENCY_OF_TEXT, FAILED
from stats.rollups.local_days import DATED
from stats.rollups.state import NOTHING_FOLDED, STATE_ID, zones
from stats.rollups.texts import CURRENCIES

BY_DAY, BY_USER_DAY = "usage_by_day", "usage_by_user_day"
VIEWS = (BY_DAY, BY_USER_DAY)
STATE = FoldState._meta.db_table
# Between these, the local day of a call that is not folded yet is known for certain.
FIRST, LAST = datetime(1970, 1, 1), datetime(2100, 12, 31)
COUNTED = ("calls", "failures", "prompt_tokens", "completion_tokens", "total_tokens")


class NotMadeError(Exception):
    """The views could not be made; says why. Those that were there may be as they were."""


def make_views() -> None:
    """Make both views, in place of those that are there.

    Raises `NotMadeError` where a right is lacking, or where the name is another application's.
    """
    present = connection.introspection.table_names(include_views=True)
    foreign = [name for name in VIEWS if name in present and not _is_ours(name)]
    if foreign:
        raise NotMadeError(f"{', '.join(foreign)} in this database is not of this application")
    try:
        for name, select in ((BY_DAY, _summed(DayTotal, {})), (BY_USER_DAY, _by_user_day())):
            for statement in dialect().replacing_view(name, select):
                _execute(statement)
    except DatabaseError as error:
        raise NotMadeError(str(error)) from error


def own_views() -> tuple[str, ...]:
    """Those that are there and were made here."""
    return tuple(name for name in VIEWS if _is_ours(name))


def drop_views() -> None:
    """Drop those that were made here."""
    for name in own_views():
        _execute(f"DROP VIEW {name}")


def renew(say: Callable[[str], object]) -> None:
    """Make the views, or say in a sentence why there are none: all else works without them."""
    try:
        make_views()
    except NotMadeError as error:
        say(
            f"The views {' and '.join(VIEWS)} were not made: {error}. All else works without them "
            "(docs/sql.md).\n"
        )


# ── around `migrate` ────────────────────────────────────────────────────────────────────────────


def make_after_migrate(*, verbosity: int = 1, stdout: Any = None, **_kwargs: Any) -> None:
    """Make the views once all tables are there, or say in a sentence what is in the way."""
    wanted = {
        model._meta.db_table for model in (DayTotal, DayUser, FoldState, CurrencyName, Membership)
    }
    if wanted <= set(connection.introspection.table_names()):
        renew(stdout.write if verbosity and stdout else lambda _sentence: None)


def drop_before_migrate(**_kwargs: Any) -> None:
    """Drop the views where they would keep a table from being changed."""
    if dialect().views_hold_tables:
        drop_views()


# ── the statements ──────────────────────────────────────────────────────────────────────────────


def _by_user_day() -> str:
    """With the name of today, NULL after a deletion or without a column of names; and with the
    group, of the day where groups have dates, else of today."""
    summed = _summed(DayUser, {"user_id": F("user_id")})
    label = EndUser._meta.get_field("name").column if hasattr(EndUser, "name") else None
    name = f"u.{connection.ops.quote_name(label)}" if label else "NULL"
    figures = ", ".join(f"s.{name}" for name in ("currency", *COUNTED, "cost"))
    return (
        f"SELECT s.day, s.user_id, {name} AS user_name, {_group()} AS user_group, "  # noqa: S608
        f"{figures} FROM ({summed}) s LEFT JOIN {EndUser._meta.db_table} u ON u.id = s.user_id"
    )


def _group() -> str:
    quote = connection.ops.quote_name
    if not GROUPS_ARE_DATED:
        return f"u.{quote(settings.USER_GROUP_COLUMN)}" if HAS_GROUPS else "NULL"
    # They do not overlap.
    return (
        f"(SELECT m.{quote('group')} FROM {Membership._meta.db_table} m "  # noqa: S608
        "WHERE m.user_id = s.user_id AND m.since <= s.day AND s.day < m.until)"
    )


def _summed(sums: type[Model], keys: Mapping[str, Combinable]) -> str:
    """Folded and newer calls together, by day, `keys` and currency."""
    groups = ", ".join(("day", *keys, "currency"))
    integer = dialect().integer
    figures = ", ".join(f"CAST(SUM({name}) AS {integer}) AS {name}" for name in COUNTED)
    cost = dialect().money_of_units.format("SUM(cost_units)")
    return (
        f"SELECT {groups}, {figures}, {cost} AS cost "  # noqa: S608
        f"FROM ({_folded(sums, keys)} UNION ALL {_newer(keys)}) parts GROUP BY {groups}"
    )


def _folded(sums: type[Model], keys: Mapping[str, Combinable]) -> str:
    """The rows of a rollup; none where the sums are of other zones than the view."""
    columns = {
        "day": "s.day",
        **{key: f"s.{key}" for key in keys},
        "currency": "c.text",
        **{name: f"s.{name}" for name in (*COUNTED, "cost_units")},
        "failures": "s.calls - s.successes",
    }
    selected = ", ".join(f"{value} AS {name}" for name, value in columns.items())
    return (
        f"SELECT {selected} FROM {sums._meta.db_table} s "  # noqa: S608
        f"JOIN {CurrencyName._meta.db_table} c ON c.id = s.currency_id "
        f"JOIN {STATE} f ON f.id = {STATE_ID} AND f.zones = '{zones()}' "
        f"WHERE s.day > {dialect().date_literal.format(UNDATED)}"
    )


def _newer(keys: Mapping[str, Combinable]) -> str:
    """Groups of the calls that are not in the sums."""
    folded_to = FoldState.objects.filter(pk=STATE_ID, folded_at__isnull=False, zones=zones())
    newer = APIUsageStats.objects.order_by().filter(
        DATED,
        pk__gt=Coalesce(
            Subquery(folded_to.values("folded_to")), NOTHING_FOLDED, output_field=BigIntegerField()
        ),
    )
    # Apart from the names of the calls' own columns.
    grouped = newer.values(
        day_=LocalDay(F("created_at"), _offsets(column_zone(), reading_zone())),
        **{f"{key}_": value for key, value in keys.items()},
        currency_=CollatedText("prompt_price_unit"),
    )
    counters = {**COUNTERS, "failures": Count("pk", filter=FAILED)}
    counted = grouped.annotate(**{f"{name}_": counters[name] for name in (*COUNTED, "cost_units")})
    columns = {name: f"{name}_" for name in ("day", *keys, "currency", *COUNTED, "cost_units")}
    part = compiled(counted.values_list(*columns.values()))
    columns["currency"] = CURRENCIES.or_others(CURRENCY_OF_TEXT.format("currency_"))
    return sql.selected(part, columns).literal


@lru_cache(maxsize=8)
def _offsets(column: tzinfo, reading: tzinfo) -> tuple[OffsetPiece, ...]:
    return offset_pieces(FIRST, LAST, column, reading)


def _is_ours(name: str) -> bool:
    """Whether a view reads the state of our sums; no other application's does."""
    return STATE in (dialect().view_definition(name) or "")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
