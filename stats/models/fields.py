"""Column types that Django lacks: `text`, `datetime` without fraction, binary collation."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class PlainTextField(models.TextField):  # type: ignore[type-arg]
    """A `text` column (65,535 bytes); Django's is `longtext`."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "text"


class WholeSecondField(models.DateTimeField):  # type: ignore[type-arg]
    """A `datetime` without fraction. Fractions are cut on writing and in comparisons."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "datetime"

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value.replace(microsecond=0) if isinstance(value, datetime) else value


class ExactCharField(models.CharField):  # type: ignore[type-arg]
    """A `varchar` that distinguishes case and accents, whatever the database's collation."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        plain = super().db_type(connection)
        if connection.vendor != "mysql":
            return plain
        return f"{plain} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
