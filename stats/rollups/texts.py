"""Endpoints and currencies as the sums tell them apart: so many, by numbers; the rest are others.

A poster may invent a new one with each call (an id in the path), and each would have rows of its
own in every sum. A text that has no number when all are given away counts as one of the others, for
good: then the table of numbers never changes again, so that sums and calls agree on it.
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
    """A kind of texts: `names` has their numbers, `exact` is one as it counts, mostly what
    `column` holds; `others` stands for those without a number."""

    names: type[Model]
    exact: Combinable
    column: str
    most: int
    others: str

    @property
    def last(self) -> Subquery:
        """The number that is the last to be given, NULL as long as there are numbers left."""
        numbers = self.names._default_manager.order_by("pk").values("pk")
        return Subquery(numbers[self.most - 1 : self.most])

    def or_others(self, text: str) -> str:
        """SQL for what the sums tell a text as."""
        table = self.names._meta.db_table
        last = f"(SELECT id FROM {table} ORDER BY id LIMIT 1 OFFSET {self.most - 1})"  # noqa: S608
        named = f"(SELECT text FROM {table} WHERE text = {text})"  # noqa: S608 (our own names)
        others = f"CASE WHEN {last} IS NULL THEN {text} ELSE '{self.others}' END"
        return f"COALESCE({named}, {others})"

    def narrow(self, calls: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Only calls of this text; of `others`, those that the sums do not tell apart."""
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
