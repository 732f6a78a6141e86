"""The SQL of each database, a module each."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connection as default_connection

from stats.db.dialects.base import Dialect
from stats.db.dialects.mariadb import MariaDB
from stats.db.dialects.mysql import MySQL
from stats.db.dialects.sqlite import SQLite

# By the name that Django's connection displays.
DIALECTS: Mapping[str, Dialect] = {"MariaDB": MariaDB(), "MySQL": MySQL(), "SQLite": SQLite()}
VENDORS = ("mysql", "sqlite")


def dialect(connection: Any = default_connection) -> Dialect:
    """The dialect of a connection's database; connects, if only the server can tell which it is.

    Raises `ImproperlyConfigured` for an unknown database.
    """
    refuse_unknown(connection)
    return DIALECTS[connection.display_name]


def refuse_unknown(connection: Any = default_connection) -> None:
    """Raises `ImproperlyConfigured` for an unknown database, without connecting to it."""
    if connection.vendor not in VENDORS:
        raise ImproperlyConfigured(
            f"The database is {connection.vendor}: Usage Ledger knows the SQL of MariaDB, MySQL "
            "and SQLite alone."
        )
