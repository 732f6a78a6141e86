"""What this application adds to a database: its own tables, and indexes on the adopted one."""

from collections.abc import Collection

from django.apps import apps as installed_apps
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from stats.adoption.facts import TABLES
from stats.db import online
from stats.db.online import IndexOn
from stats.models import APIUsageStats

MIGRATIONS = MigrationRecorder.Migration._meta.db_table


def own_tables() -> list[str]:
    """The tables that `migrate` creates in adopted mode, by name."""
    models = installed_apps.get_models(include_auto_created=True)
    names = {model._meta.db_table for model in models if not model._meta.proxy}
    return sorted((names | {MIGRATIONS}) - set(TABLES))


def wanted_indexes() -> list[IndexOn]:
    """The indexes that the adopted table is given."""
    meta = APIUsageStats._meta
    columns = {field.name: str(field.column) for field in meta.fields}
    return [
        IndexOn(meta.db_table, index.name, tuple(columns[name] for name in index.fields))
        for index in meta.indexes
    ]


def missing_indexes() -> list[str]:
    """The columns of indexes that the adopted table was not given."""
    if connection.vendor != "mysql":
        return []
    return [", ".join(index.columns) for index in online.missing(connection, wanted_indexes())]


def foreign_tables(present: Collection[str], migrated_apps: Collection[str]) -> list[str]:
    """Tables that bear the names of ours and were not made by us.

    `migrated_apps` are the labels in django_migrations: another Django application is known by a
    label that is none of ours.
    """
    ours = {app.label for app in installed_apps.get_app_configs()}
    if migrated_apps and set(migrated_apps) <= ours:
        return []
    return sorted(set(own_tables()) & set(present))
