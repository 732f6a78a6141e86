"""Statements that Django puts together once, and the database answers often.

To compile a query of the reports takes Django longer than the database to answer it (1.5 ms for
each of the up to seven parts of a question). So a part is compiled once for all stretches of time,
with a place where the stretch comes in.
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
    """A condition that is not known yet; in the text a mark, and itself among the parameters."""

    mark = "/* condition */"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return self.mark, [OPEN_CONDITION]


# What `Statement.where` puts a condition in the place of; a query may be filtered by it once.
OPEN_CONDITION = _OpenCondition(Value(True), True)


@dataclass(frozen=True, slots=True)
class Statement:
    """A SELECT, and what makes Django's values of the columns that come back, by their places."""

    text: str
    params: tuple[Any, ...]
    converters: Mapping[int, Any] = field(default_factory=dict)

    def where(self, condition: Fragment) -> "Statement":
        """With a condition in the place of `OPEN_CONDITION`; as it is where no row can match."""
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
        """What the database answers."""
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
