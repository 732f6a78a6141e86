"""Empties the tables after a test with transactions.

Django deletes what migrations have put there too, the roles and their permissions, and makes it
anew: that takes far longer than all the rest.
"""

from typing import Any

from django.core.management.color import no_style
from django.db import connection
from django.test import TransactionTestCase

from stats.query import sql_views

# In the order in which they are read and compared.
MIGRATED = ("django_content_type", "auth_permission", "auth_group", "auth_group_permissions")
_as_django_does = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


def migrated() -> list[list[tuple[Any, ...]]]:
    """All rows of the tables that migrations fill."""
    found = []
    with connection.cursor() as cursor:
        for table in MIGRATED:
            cursor.execute(f"SELECT * FROM {table} ORDER BY id")
            found.append(list(cursor.fetchall()))
    return found


class Emptying:
    """Deletes all but what `migrated` is now; where a test has changed that, Django does it."""

    def __init__(self) -> None:
        self.kept = migrated()

    def __call__(self, test: TransactionTestCase) -> None:
        if migrated() != self.kept:
            _as_django_does(test)
            self.kept = migrated()
            return
        tables = connection.introspection.django_table_names(
            only_existing=True, include_views=False
        )
        others = [table for table in tables if table not in MIGRATED]
        connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), others))
        # They follow the zones, which the test may have changed.
        sql_views.make_after_migrate(verbosity=0)


def restart_ids(_database: str) -> None:
    """Number rows from 1 again; on a server in tables that have counted, as each is redefined."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("UPDATE sqlite_sequence SET seq = 0")
            return
        if not getattr(connection, "mysql_is_mariadb", False):
            # MySQL tells what it counted a day ago.
            cursor.execute("SET SESSION information_schema_stats_expiry = 0")
        cursor.execute(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = DATABASE() AND auto_increment > 1"
        )
        for (table,) in cursor.fetchall():
            if table not in MIGRATED:
                cursor.execute(f"ALTER TABLE {table} AUTO_INCREMENT = 1")
