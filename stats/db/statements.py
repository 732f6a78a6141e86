"""Statements that Django compiles once and that run often.

Django takes longer to compile a query of the reports than the database to answer it: 1.5 ms for
each of up to seven parts. So each part is compiled once, with a placeholder for its range of time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import Lookup, Model, Q, QuerySet, Value
from django.db.models.sql import Query

Rows = list[tuple[Any, ...]]
Fragment = tuple[str, Sequence[Any]]
EVERYTHING: Fragment = ("1 = 1", ())


class _OpenCondition(Lookup):
    """The placeholder of a condition: a mark in the text, and itself among the parameters."""

    mark = "/* condition */"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return self.mark, [OPEN_CONDITION]


# `Statement.where` replaces it by a condition. A query may have it once.
OPEN_CONDITION = _OpenCondition(Value(True), True)


@dataclass(frozen=True, slots=True)
class Statement:
    """A SELECT, and Django's converters of its columns, by position."""

    text: str
    params: tuple[Any, ...]
    converters: Mapping[int, Any] = field(default_factory=dict)

    def where(self, condition: Fragment) -> "Statement":
        """The statement with a condition for `OPEN_CONDITION`; unchanged if no row can match."""
        if OPEN_CONDITION.mark not in self.text:
            return self
        text, params = condition
        place = next(n for n, param in enumerate(self.params) if param is OPEN_CONDITION)
        return replace(
            self,
            text=self.text.replace(OPEN_CONDITION.mark, text),
            params=(*self.params[:place], *params, *self.params[place + 1 :]),
        )

    @property
    def literal(self) -> str:
        """The text with its parameters in it, as a view wants it."""
        quote: Any = connection.schema_editor().quote_value
        quoted = map(quote, self.params)
        # What MySQL's driver gives for a number are bytes.
        texts = (one.decode() if isinstance(one, bytes) else one for one in quoted)
        return self.text % tuple(texts)

    def rows(self) -> Rows:
        """Run the statement; returns its rows."""
        with connection.cursor() as cursor:
            cursor.execute(self.text, self.params)
            return self.converted(cursor.fetchall())

    def converted(self, rows: Sequence[tuple[Any, ...]]) -> Rows:
        """Rows as the driver gives them, as Django would."""
        if not self.converters:
            return list(rows)
        compiler = Query(None).get_compiler(connection=connection)
        return [tuple(row) for row in compiler.apply_converters(rows, self.converters)]


def compiled(query: QuerySet[Any, Any]) -> Statement:
    """The statement of a query of `values_list`."""
    compiler = query.query.get_compiler(connection=connection, elide_empty=False)
    text, params = compiler.as_sql()
    converters = compiler.get_converters([column for column, *_ in compiler.select])
    return Statement(text, tuple(params), converters)


def union(statements: Sequence[Statement]) -> Statement:
    """All rows of statements whose columns are alike."""
    part = "({})" if connection.features.supports_parentheses_in_compound else "{}"
    return Statement(
        " UNION ALL ".join(part.format(statement.text) for statement in statements),
        tuple(chain.from_iterable(statement.params for statement in statements)),
        statements[0].converters,
    )


def first_values(*queries: QuerySet[Any, Any]) -> tuple[Any, ...]:
    """The one value of the first row of each query of `values_list`, None where it has no row; all
    in one statement."""
    statements = [compiled(query[:1]) for query in queries]
    selects = ", ".join(f"({statement.text})" for statement in statements)
    params = chain.from_iterable(statement.params for statement in statements)
    converters = {
        place: statement.converters[0]
        for place, statement in enumerate(statements)
        if 0 in statement.converters
    }
    (values,) = Statement(f"SELECT {selects}", tuple(params), converters).rows()
    return values


def condition(model: type[Model], which: Q) -> Fragment:
    """A condition on a table that a statement reads."""
    if not which:
        return EVERYTHING
    query = Query(model)
    text, params = query.get_compiler(connection=connection).compile(query.build_where(which))
    return text, params
