"""Column types that Django lacks: `text`, `datetime` without fraction, binary collation.

And values that its fields do not know."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import lookups

from stats.core.zones import FIRST_TIME, last_time
from stats.db.dialects import dialect
from stats.db.times import IsTime


class PlainTextField(models.TextField):  # type: ignore[type-arg]
    """A `text` column (65,535 bytes); Django's is `longtext`."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "text"


class WholeSecondField(models.DateTimeField):  # type: ignore[type-arg]
    """A `datetime` without fraction. Fractions are cut on writing and in comparisons.

    A value that is no time (`stats.db.times`) is read as None.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "datetime"

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value.replace(microsecond=0) if isinstance(value, datetime) else value

    def from_db_value(self, value: datetime | None, *_how: Any) -> datetime | None:
        if value is None:
            return None
        is_time = FIRST_TIME <= value.replace(tzinfo=None) <= last_time()
        return value if is_time else None


WholeSecondField.register_lookup(IsTime)


class AsTextField(models.TextField):  # type: ignore[type-arg]
    """A column of another application, of whatever type, read as text and never written."""

    def from_db_value(self, value: object, *_how: Any) -> str | None:
        return None if value is None else str(value)


class TruthField(models.BooleanField):  # type: ignore[type-arg]
    """A boolean that others may have written: 1 is true, NULL not known, all else is false."""

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.BooleanField", args, kwargs

    def from_db_value(self, value: int | None, *_how: Any) -> bool | None:
        return None if value is None else value == 1


@TruthField.register_lookup
class IsTruth(lookups.Exact):
    """Compared as a number: of a bare column, whatever is not 0 is true."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} {'=' if self.rhs else '<>'} 1", params


class ExactCharField(models.CharField):  # type: ignore[type-arg]
    """A `varchar` that distinguishes case and accents, whatever the database's collation."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return dialect(connection).exact_type(super().db_type(connection))
