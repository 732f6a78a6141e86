"""What this application adds to a database: its own tables, and indexes on the adopted table."""

from collections.abc import Collection

from django.apps import apps as installed_apps
from django.db.migrations.recorder import MigrationRecorder

from stats.adoption.facts import TABLES
from stats.db import online
from stats.db.dialects import dialect
from stats.db.online import IndexOn
from stats.models import APIUsageStats

MIGRATIONS = MigrationRecorder.Migration._meta.db_table


def own_tables() -> list[str]:
    """The names of the tables that `migrate` creates in adopted mode."""
    models = installed_apps.get_models(include_auto_created=True)
    names = {model._meta.db_table for model in models if not model._meta.proxy}
    return sorted((names | {MIGRATIONS}) - set(TABLES))


def wanted_indexes() -> list[IndexOn]:
    """Our indexes on the adopted table."""
    meta = APIUsageStats._meta
    columns = {field.name: str(field.column) for field in meta.fields}
    return [
        IndexOn(meta.db_table, index.name, tuple(columns[name] for name in index.fields))
        for index in meta.indexes
    ]


def missing_indexes() -> list[str]:
    """The columns of each index that the adopted table lacks."""
    if not dialect().can_be_adopted:
        return []
    return [", ".join(index.columns) for index in online.missing(wanted_indexes())]


def foreign_tables(present: Collection[str], migrated_apps: Collection[str]) -> list[str]:
    """Tables of another application that have the names of our tables.

    `migrated_apps` are the labels in django_migrations: a label that is not ours shows another
    Django application.
    """
    ours = {app.label for app in installed_apps.get_app_configs()}
    if migrated_apps and set(migrated_apps) <= ours:
        return []
    return sorted(set(own_tables()) & set(present))
