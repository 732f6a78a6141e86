"""The SQL of each database, a module each."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connection as default_connection

from stats.db.dialects.base import Dialect
from stats.db.dialects.mariadb import MariaDB
from stats.db.dialects.sqlite import SQLite

# By the vendor of Django's connection.
DIALECTS: Mapping[str, Dialect] = {"mysql": MariaDB(), "sqlite": SQLite()}


def dialect(connection: Any = default_connection) -> Dialect:
    """That of a connection's database. Raises `ImproperlyConfigured` for an unknown one."""
    try:
        return DIALECTS[connection.vendor]
    except KeyError:
        raise ImproperlyConfigured(
            f"The database is {connection.vendor}: Usage Ledger knows the SQL of MariaDB, MySQL "
            "and SQLite alone."
        ) from None
