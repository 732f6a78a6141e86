"""Waits until transactions wait for a lock."""

import time

from django.db import connection


def waited_for() -> str:
    """A SELECT of the locks that somebody waits for."""
    if connection.mysql_is_mariadb:  # type: ignore[attr-defined]
        return "SELECT * FROM information_schema.innodb_locks"
    return "SELECT * FROM performance_schema.data_lock_waits"


def wait_until_blocked(transactions: int) -> None:
    """Wait until this many transactions wait for a lock."""
    while True:
        # InnoDB refreshes this only if it was not read for a tenth of a second.
        time.sleep(0.2)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
            )
            if cursor.fetchone()[0] >= transactions:
                return
