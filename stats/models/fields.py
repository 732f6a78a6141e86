"""Two column types that Django's fields do not make: `text`, and `datetime` without fraction."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from stats.db.dialects import dialect


class PlainTextField(models.TextField):  # type: ignore[type-arg]
    """A `text` column (65,535 bytes) where Django makes `longtext`."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "text"


class WholeSecondField(models.DateTimeField):  # type: ignore[type-arg]
    """A `datetime` without fraction: seconds are cut, on the way in and in every comparison."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "datetime"

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value.replace(microsecond=0) if isinstance(value, datetime) else value


class ExactCharField(models.CharField):  # type: ignore[type-arg]
    """A `varchar` that tells case and accents apart, whatever the database's default collation."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return dialect(connection).exact_type(super().db_type(connection))
