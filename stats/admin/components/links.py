"""Addresses of pages: every number leads on, under the filters of its page."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from stats.core.periods import Range, common, last_of_month, range_of_days
from stats.core.zones import reading_zone
from stats.query.filters import PERIOD_PARAMETERS, CallFilterSet

# Django's own parameter of a form: the query of the list that led to it.
LIST_PARAMETERS = "_changelist_filters"
Value = str | int | Iterable[str] | None


@dataclass(frozen=True, slots=True)
class Address:
    """A path and its parameters, in order."""

    path: str
    pairs: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        # A slash may stand in a query: endpoints are legible, and shorter.
        return f"{self.path}?{urlencode(self.pairs, safe='/')}" if self.pairs else self.path

    def at(self, view: str, *args: int) -> "Address":
        """The same parameters at another page of the admin."""
        return replace(self, path=reverse(f"admin:{view}", args=args))

    def having(self, **changes: Value) -> "Address":
        """With these parameters instead; None removes one."""
        kept = tuple(pair for pair in self.pairs if pair[0] not in changes)
        return replace(self, pairs=kept + tuple(_pairs(changes)))

    def in_currency(self, currency: str | None) -> "Address":
        """Within one of several currencies; None leaves the address as it is."""
        return self.having(currency=currency) if currency else self

    def without(self, *names: str) -> "Address":
        return replace(self, pairs=tuple(pair for pair in self.pairs if pair[0] not in names))

    def without_pair(self, name: str, value: str) -> "Address":
        return replace(self, pairs=tuple(pair for pair in self.pairs if pair != (name, value)))

    def during(self, first: date, last: date) -> "Address":
        """Whole days, in place of any period."""
        return self.without(*PERIOD_PARAMETERS).having(
            created_at_after=first.isoformat(), created_at_before=last.isoformat()
        )

    def during_part_of(self, range: Range, first: date, last: date) -> "Address":
        """Days of TIME_ZONE within `range`; with times where it cuts a day."""
        zone = reading_zone()
        days = range_of_days(first, last, zone)
        part = common(days, range)
        if part == days:
            return self.during(first, last)
        start, end = (
            bound.astimezone(zone).isoformat() if bound else None
            for bound in (part.start, part.end)
        )
        return self.without(*PERIOD_PARAMETERS).having(
            created_at_after=start, created_at_before=end
        )

    def preset(self, name: str) -> "Address":
        return self.without(*PERIOD_PARAMETERS).having(period=name)

    def of_month(self, day: date | None) -> "Address":
        """In the month of `day`, unless a period is set."""
        if day is None or any(name in PERIOD_PARAMETERS for name, _value in self.pairs):
            return self
        return self.during(day.replace(day=1), last_of_month(day))

    @property
    def calls(self) -> "Address":
        """The list of calls under the same filter."""
        return self.at("stats_apiusagestats_changelist")

    def call(self, pk: int) -> "Address":
        """One call; its "Close" leads to the list of calls under these parameters."""
        path = reverse("admin:stats_apiusagestats_change", args=[pk])
        given = urlencode(self.pairs)
        return Address(path, ((LIST_PARAMETERS, given),) if given else ())

    @property
    def query(self) -> QueryDict:
        """The parameters as a request has them."""
        return QueryDict(urlencode(self.pairs))


def _pairs(changes: dict[str, Value]) -> Iterable[tuple[str, str]]:
    for name, value in changes.items():
        if isinstance(value, str | int):
            yield name, str(value)
        elif value is not None:
            yield from ((name, one) for one in value)


def list_filters(request: HttpRequest) -> Address:
    """The filters of the list that led to a page."""
    return filters_of(request.path, QueryDict(request.GET.get(LIST_PARAMETERS, "")))


def filters_of(path: str, query: QueryDict, own: Collection[str] = ()) -> Address:
    """The filters among the parameters that have a value, also the `own` ones of a page."""
    return Address(
        path,
        tuple(
            (name, value)
            for name, values in query.lists()
            if name in CallFilterSet.base_filters or name in own
            for value in values
            if value
        ),
    )
