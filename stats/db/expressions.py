"""Expressions for Django's ORM, written in the SQL of the database's dialect."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from django.db.models import (
    Aggregate,
    BigIntegerField,
    CharField,
    DateField,
    Func,
    IntegerField,
    Model,
    SmallIntegerField,
)
from django.db.models.expressions import Combinable

from stats.core.percentiles import LOG_GROWTH, ZERO_BUCKET
from stats.core.periods import HOUR, OffsetPiece
from stats.db.dialects import dialect
from stats.db.dialects.base import Dialect
from stats.db.times import is_time

# The hour from which `HourNumber` counts.
FIRST_HOUR = datetime(1, 1, 1)
# The most texts that a statement lists itself; it looks others up in a table.
MOST_LITERALS = 100


class _Spelled(Func):
    """A function with a template from the dialect."""

    template_of: Callable[[Dialect], str]

    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any, **context: Any
    ) -> Any:
        template = self.template_of(dialect(connection))
        return super().as_sql(compiler, connection, template=template, **context)


class ExactText(_Spelled):
    """A text without trailing blanks, compared by case and accents (`utf8mb4_bin`)."""

    output_field = CharField()
    template_of = attrgetter("exact_text")


class CollatedText(_Spelled):
    """A text as the column has it, to group by. `ExactText` of each group is faster than of each
    row."""

    output_field = CharField()
    template_of = attrgetter("collated_text")


class CostUnits(_Spelled, Aggregate):
    """The exact sum of a decimal(…, 4) column in ten-thousandths; 0 without values."""

    output_field = BigIntegerField()
    template_of = attrgetter("cost_units")


class LocalDay(Func):
    """The local date of a naive column, from the offsets of `stats.core.periods.offset_pieces`.

    `undated` is the date for a row without a time.
    """

    output_field = DateField()

    def __init__(
        self, column: Combinable, pieces: Sequence[OffsetPiece], undated: date | None = None
    ) -> None:
        super().__init__(column)
        self.pieces = tuple(pieces)
        self.undated = undated

    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any, **context: Any
    ) -> Any:
        column, params = compiler.compile(self.source_expressions[0])
        spelled = dialect(connection)
        day = spelled.local_day(column, self._seconds(column))
        undated = spelled.date_literal.format(self.undated) if self.undated else "NULL"
        return f"CASE WHEN {is_time(column)} THEN {day} ELSE {undated} END", params

    def _seconds(self, column: str) -> str:
        *earlier, last = self.pieces
        if not earlier:
            return str(last.seconds)
        whens = " ".join(
            f"WHEN {column} < '{piece.until}' THEN {piece.seconds}" for piece in earlier
        )
        return f"CASE {whens} ELSE {last.seconds} END"


class HourNumber(Func):
    """The hour of a naive column, counted from `FIRST_HOUR` in the column's zone; 0 without a
    time."""

    output_field = IntegerField()

    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any, **context: Any
    ) -> Any:
        column, _no_params = compiler.compile(self.source_expressions[0])
        hour = dialect(connection).hours_since(FIRST_HOUR, column)
        return f"CASE WHEN {is_time(column)} THEN {hour} ELSE 0 END", ()


def hour_number(moment: datetime) -> int:
    """`HourNumber` of a naive time."""
    return (moment - FIRST_HOUR) // HOUR


class TextNumber(Func):
    """The id of a text in a table of names, NULL if it has none; `known` maps some texts to ids.

    The known ones are literals in the statement. A lookup for each row took longer than the rest of
    a fold, and so did a subquery that is never executed (MariaDB 10.11). The `column` is compared
    first, because the text is mostly what the column has.
    """

    output_field = BigIntegerField()

    def __init__(
        self, text: Combinable, column: str, names: type[Model], known: Mapping[str, int]
    ) -> None:
        super().__init__(text, CollatedText(column))
        self.table = names._meta.db_table
        self.known = dict(list(known.items())[:MOST_LITERALS])
        self.are_all_known = len(known) <= MOST_LITERALS

    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any, **context: Any
    ) -> Any:
        number, params = self._exact_number(compiler)
        if not self.known or not dialect(connection).compares_column_first:
            return number, params
        column, _none = compiler.compile(self.source_expressions[1])
        return f"CASE {column} {self._whens} ELSE {number} END", (*self.known, *params)

    def _exact_number(self, compiler: Any) -> Any:
        text, params = compiler.compile(self.source_expressions[0])
        look_up = f"(SELECT id FROM {self.table} WHERE text = {text})"  # noqa: S608
        if not self.known:
            return look_up, params
        if self.are_all_known:
            return f"CASE {text} {self._whens} END", (*params, *self.known)
        return f"CASE {text} {self._whens} ELSE {look_up} END", (*params, *self.known, *params)

    @property
    def _whens(self) -> str:
        return " ".join(f"WHEN %s THEN {number}" for number in self.known.values())


class LatencyBucket(Func):
    """The bucket of a response time in ms, the same as `stats.core.percentiles.bucket_of`."""

    output_field = SmallIntegerField()
    template = (
        # Without "e0" the number is a decimal, by which MariaDB divides slowly.
        f"CASE WHEN %(expressions)s > 0 THEN CEILING(LN(%(expressions)s) / {LOG_GROWTH!r}e0) "
        f"ELSE {ZERO_BUCKET} END"
    )
