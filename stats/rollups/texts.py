"""Endpoints and currencies in the rollups: a bounded number of them have ids, the rest are others.

A service may send a new text with each call (an id in the path), and each would have rows of its
own in every rollup. When all ids are taken, a text without an id counts among the others for good:
the table of ids never changes again, so that sums and calls agree.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.lookups import IsNull

from stats.models import CurrencyName, EndpointName
from stats.rollups.counters import CURRENCY, ENDPOINT


@dataclass(frozen=True, slots=True)
class Texts:
    """A kind of texts: `names` is the table of their ids, `exact` the text of `column` as it
    counts, `most` the number of ids, `others` the text for those without one."""

    names: type[Model]
    exact: Combinable
    column: str
    most: int
    others: str

    @property
    def last(self) -> Subquery:
        """The last id; NULL while there are ids left."""
        numbers = self.names._default_manager.order_by("pk").values("pk")
        return Subquery(numbers[self.most - 1 : self.most])

    @property
    def has_numbers_left(self) -> bool:
        return self.names._default_manager.count() < self.most

    def or_others(self, text: str) -> str:
        """SQL for the text that rollups have for a text."""
        table = self.names._meta.db_table
        last = f"(SELECT id FROM {table} ORDER BY id LIMIT 1 OFFSET {self.most - 1})"  # noqa: S608
        named = f"(SELECT text FROM {table} WHERE text = {text})"  # noqa: S608 (our own names)
        others = f"CASE WHEN {last} IS NULL THEN {text} ELSE '{self.others}' END"
        return f"COALESCE({named}, {others})"

    def narrow(self, calls: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Only calls with this text; for `others`, all that have no id."""
        exact = f"exact_{self.column}"
        condition = Q((exact, text.rstrip(" ")))
        if text == self.others:
            named = self.names._default_manager.filter(text=OuterRef(exact))
            condition |= ~Exists(named) & Q(IsNull(self.last, False))
        narrowed: QuerySet[Any] = calls.alias(**{exact: self.exact}).filter(condition)
        return narrowed

    def has_number(self, text: str) -> bool:
        return self.names._default_manager.filter(text=text.rstrip(" ")).exists()


ENDPOINTS = Texts(EndpointName, ENDPOINT, "api_endpoint", 1_000, "(other endpoints)")
CURRENCIES = Texts(CurrencyName, CURRENCY, "prompt_price_unit", 50, "(other currencies)")
