"""Writes rows as the other application does, and sets the zones."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import Model
from django.test import override_settings

from stats.models import APIUsageStats, EndUser, TranslationJob
from tests.oracle import COLUMNS, Row, Rows, Zones

PLAIN: Row = {
    "user_id": 1,
    "job_id": None,
    "api_endpoint": "/chat-messages",
    "prompt_tokens": 10,
    "completion_tokens": 5,
    "total_tokens": 15,
    "prompt_unit_price": Decimal("0.001"),
    "prompt_price_unit": "USD",
    "cost": Decimal("0.0100"),
    "response_time_ms": 100,
    "success": True,
    "error_message": None,
    "created_at": datetime(2026, 3, 10, 12, 0),
}
# A row in which every nullable column is NULL.
EMPTY: Row = {**dict.fromkeys(COLUMNS), "user_id": 1, "api_endpoint": "/chat-messages"}


def row(**values: Any) -> Row:
    """A plain successful call with other `values`. Money may be text."""
    for name in ("cost", "prompt_unit_price"):
        if isinstance(values.get(name), str):
            values[name] = Decimal(values[name])
    return {**PLAIN, **values}


def write(*rows: Row) -> Rows:
    """Insert rows without the application's code. Makes their users and jobs; keeps given ids."""
    columns = [*COLUMNS, "id"] if rows and "id" in rows[0] else COLUMNS
    with connection.cursor() as cursor:
        _write_references(cursor, "dt_users", {row["user_id"] for row in rows})
        _write_references(cursor, "dt_translation_jobs", {row["job_id"] for row in rows} - {None})
        cursor.executemany(
            f"INSERT INTO dt_api_usage_stats ({', '.join(columns)}) "
            f"VALUES ({', '.join(['%s'] * len(columns))})",
            [[_as_written(row[name]) for name in columns] for row in rows],
        )
    return list(rows)


def _write_references(cursor: Any, table: str, ids: Iterable[int]) -> None:
    cursor.execute(f"SELECT id FROM {table}")
    known = {id for (id,) in cursor.fetchall()}
    missing = [(id, f"number {id}") for id in sorted(set(ids) - known)]
    cursor.executemany(f"INSERT INTO {table} (id, name) VALUES (%s, %s)", missing)


def _as_written(value: Any) -> Any:
    return value.isoformat(" ", "seconds") if isinstance(value, datetime) else value


@contextmanager
def rolled_back() -> Iterator[None]:
    """Roll back at the end: for one example of many in a test."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def cleared() -> Iterator[None]:
    """Delete all rows at the end: for code that must not run in a transaction."""
    try:
        yield
    finally:
        # Calls first, since they refer to users and jobs.
        first: list[type[Model]] = [APIUsageStats, TranslationJob, EndUser]
        for model in [*first, *apps.get_app_config("stats").get_models()]:
            model._default_manager.all()._raw_delete(DEFAULT_DB_ALIAS)


@contextmanager
def in_zones(zones: Zones) -> Iterator[None]:
    """Run with these zones, the connection's included."""
    before = connection.settings_dict["TIME_ZONE"]
    override = override_settings(TIME_ZONE=zones.reading, DATABASE_TIME_ZONE=zones.column)
    # Setting TIME_ZONE makes Django drop the connection's cached zone.
    connection.settings_dict["TIME_ZONE"] = zones.column
    override.enable()
    try:
        yield
    finally:
        connection.settings_dict["TIME_ZONE"] = before
        override.disable()
