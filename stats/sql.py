"""SQL that differs between MariaDB/MySQL and SQLite, as expressions of Django's ORM.

MariaDB runs in the tests. MySQL 8 shares Django's backend and these expressions; they are written
from its documentation and untested there.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import Aggregate, BigIntegerField, CharField, DateField, F, Func
from django.db.models.expressions import Combinable

from stats.periods import OffsetPiece

# Money is summed in whole ten-thousandths, exact on every database: SQLite would sum floats.
COST_UNITS = 10_000


class ExactText(Func):
    """A text with case and accents, without trailing blanks, as `utf8mb4_bin` compares.

    Converted as well as collated: an adopted column may be utf8mb3, and a UNION of unlike
    collations fails.
    """

    output_field = CharField()
    template = "RTRIM(%(expressions)s)"

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "RTRIM(CONVERT(%(expressions)s USING utf8mb4)) COLLATE utf8mb4_bin"
        return self.as_sql(compiler, connection, template=template, **context)


class CostUnits(Aggregate):
    """The exact sum of a decimal(…, 4) column in ten-thousandths; 0 without values."""

    output_field = BigIntegerField()
    template = "COALESCE(SUM(CAST(ROUND(%(expressions)s * 10000) AS INTEGER)), 0)"

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "CAST(COALESCE(SUM(%(expressions)s), 0) * 10000 AS SIGNED)"
        return self.as_sql(compiler, connection, template=template, **context)


class LocalDay(Func):
    """The local date of a naive column, by the offsets of `stats.periods.offset_pieces`."""

    output_field = DateField()

    def __init__(self, column: str | Combinable, pieces: Sequence[OffsetPiece]) -> None:
        super().__init__(F(column) if isinstance(column, str) else column)
        self.pieces = tuple(pieces)

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, params = compiler.compile(self.source_expressions[0])
        return f"DATE({column} + INTERVAL {self._seconds(column)} SECOND)", params * self._uses

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, params = compiler.compile(self.source_expressions[0])
        return f"DATE({column}, ({self._seconds(column)}) || ' seconds')", params * self._uses

    @property
    def _uses(self) -> int:
        return len(self.pieces)

    def _seconds(self, column: str) -> str:
        *earlier, last = self.pieces
        if not earlier:
            return str(last.seconds)
        whens = " ".join(
            f"WHEN {column} < '{piece.until}' THEN {piece.seconds}" for piece in earlier
        )
        return f"CASE {whens} ELSE {last.seconds} END"
