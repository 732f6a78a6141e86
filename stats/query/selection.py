"""A set of calls: values of filters, and a range of time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q, QuerySet

from stats.core.periods import ALL_TIME, Range
from stats.models import APIUsageStats
from stats.query.filters import GROUP, CallFilter, CallFilterSet, call_filters
from stats.query.members import Members, members
from stats.rollups.counters import FAILED, MESSAGE
from stats.rollups.local_days import is_within


@dataclass(frozen=True, slots=True)
class Selection:
    """A set of calls. Every field narrows it; the default is all of them."""

    range: Range = ALL_TIME
    user_ids: tuple[int, ...] = ()
    groups: tuple[str, ...] = ()
    job_id: int | None = None
    endpoint: str | None = None
    # False selects everything that is not true, NULL included.
    success: bool | None = None
    currency: str | None = None
    # A key of `UNKNOWN_COST`.
    unknown_cost: str | None = None
    # Parameters and values of filters that only their own declaration reads.
    others: tuple[tuple[str, Any], ...] = ()
    # Only failures with one of these `MESSAGE`s.
    messages: tuple[str, ...] | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Selection":
        """The calls of all time that these values, by parameter, let through."""
        given = {
            name: (one, values[name])
            for name, one in call_filters().items()
            if not one.is_kept and values.get(name) not in (None, ())
        }
        return cls(
            **{one.attribute: value for one, value in given.values() if one.attribute},
            others=tuple(
                (name, value) for name, (one, value) in given.items() if not one.attribute
            ),
        )

    @property
    def given(self) -> Iterator[tuple[CallFilter, Any]]:
        """The filters that are set, and their values."""
        others = dict(self.others)
        # Reports may narrow to groups even if pages cannot.
        for name, one in {"group": GROUP, **CallFilterSet.base_filters}.items():
            if isinstance(one, CallFilter):
                value = getattr(self, one.attribute) if one.attribute else others.get(name)
                if value not in (None, ()):
                    yield one, value

    def without(self, parameter: str) -> "Selection":
        """The same calls without one filter."""
        attribute = call_filters()[parameter].attribute
        if attribute:
            unset: dict[str, Any] = {attribute: getattr(Selection(), attribute)}
            return replace(self, **unset)
        return replace(self, others=tuple(pair for pair in self.others if pair[0] != parameter))

    def during(self, range: Range) -> "Selection":
        """The same calls in another range."""
        return replace(self, range=range)

    @property
    def is_known_to_sums(self) -> bool:
        """True if rollups know all of its filters."""
        return self.messages is None and all(
            one is GROUP or one.of_sums for one, _value in self.given
        )

    @property
    def keys_of_sums(self) -> set[str]:
        """The keys that such a rollup must have."""
        return {one.key for one, _value in self.given if one.key}

    @property
    def members(self) -> Members:
        """Who is in its groups, read now."""
        return members(self.groups, self.range)

    @property
    def at_any_time(self) -> "Selection":
        """The same calls without range and groups, whose conditions differ from day to day."""
        return replace(self, range=ALL_TIME, groups=())

    def conditions_of_sums(self) -> list[Q]:
        """The conditions on rows of a rollup, without those of range and groups."""
        return [one.of_sums(value) for one, value in self.given if one.of_sums]

    @property
    def read_by_index(self) -> "Selection":
        """The calls that an index leads to: all of them must be read."""
        return Selection(self.range, user_ids=self.user_ids, groups=self.groups, job_id=self.job_id)

    @property
    def is_of_everybody(self) -> bool:
        """True if no index but that by time leads to fewer calls."""
        return self.read_by_index == Selection(self.range)

    def narrow(self, calls: QuerySet[APIUsageStats]) -> QuerySet[APIUsageStats]:
        """Only the calls of this selection."""
        calls = calls.filter(is_within(self.range), self.members.of_calls())
        for one, value in self.given:
            if one is not GROUP:
                calls = one.filter(calls, value)
        if self.messages is not None:
            calls = calls.filter(FAILED).alias(message=MESSAGE).filter(message__in=self.messages)
        return calls
