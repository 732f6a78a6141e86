"""Removes what this application added to an adopted database."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from stats.adoption.belongings import foreign_tables, own_tables
from stats.adoption.facts import CALLS
from stats.adoption.reading import migrated_apps
from stats.db import online
from stats.db.dialects import dialect
from stats.query import sql_views


class NotReleasedError(Exception):
    """Nothing was removed. The message says why."""


@dataclass(frozen=True, slots=True)
class Belongings:
    """What there is to remove."""

    indexes: tuple[str, ...]
    views: tuple[str, ...]
    tables: tuple[str, ...]

    @property
    def dropping_indexes(self) -> tuple[str, ...]:
        """The statements that drop the indexes, for the owner of the table."""
        return tuple(online.dropping(CALLS, name) for name in self.indexes)


def find_belongings() -> Belongings:
    """This application's indexes, views and tables in the adopted database.

    Raises `NotReleasedError` if the database is not adopted, and if another application has tables
    with the names of ours.
    """
    if not settings.ADOPTED:
        raise NotReleasedError("Only an adopted database (ADOPTED=1) can be released.")
    present = set(dialect().table_names())
    foreign = foreign_tables(present, migrated_apps())
    if foreign:
        raise NotReleasedError(f"Not made by this application: {', '.join(foreign)}.")
    tables = tuple(name for name in own_tables() if name in present)
    indexes = tuple(online.own_indexes(CALLS))
    return Belongings(indexes, sql_views.own_views(), tables)


def drop_indexes(belongings: Belongings, progress: Callable[[str], object]) -> None:
    """Remove our indexes on the other application's table; calls `progress` with each.

    Raises `stats.db.online.NotDoneError` if an open transaction blocks it; call it again then.
    """
    for index in belongings.indexes:
        online.drop_index(CALLS, index)
        progress(f"index {index} on {CALLS}")


def drop_tables_and_views(belongings: Belongings, progress: Callable[[str], object]) -> None:
    """Remove our views and tables; calls `progress` with each."""
    sql_views.drop_views()
    for view in belongings.views:
        progress(f"view {view}")
    if tables := ", ".join(f"`{table}`" for table in belongings.tables):
        # Unchecked: they refer to one another, and no other table refers to them.
        with connection.constraint_checks_disabled(), connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {tables}")
    for table in belongings.tables:
        progress(f"table {table}")
