"""Which calls a question is about: the filters of the admin's bar and of the API, read once."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce, Left, Length
from django.db.models.lookups import Exact, GreaterThan

from stats.core.money import UNKNOWN_COST
from stats.core.periods import ALL_TIME, Range
from stats.db.expressions import ExactText
from stats.models import APIUsageStats, EndUser
from stats.rollups.counters import COST_KIND, FAILED
from stats.rollups.failures import MESSAGE_LENGTH
from stats.rollups.local_days import is_within
from stats.rollups.texts import CURRENCIES, ENDPOINTS

# Measured, since to a collation that pads with blanks a line break is less than nothing.
HAS_MESSAGE = Q(GreaterThan(Length("error_message"), 0))
HAS_NO_MESSAGE = Q(Exact(Length("error_message"), 0)) | Q(error_message__isnull=True)
# What of a message counts, as failures are told apart by it.
MESSAGE = Left(ExactText(Coalesce("error_message", Value(""))), MESSAGE_LENGTH)


# How `Selection.groups` calls the users whose group is NULL or empty.
NO_GROUP = ""


def in_groups(groups: Collection[str]) -> Q:
    """Which rows belong to users of these groups of today, or to users without one."""
    users, these = EndUser._default_manager.order_by(), Q(("group__in", groups))
    if NO_GROUP in groups:
        # All but those of another group; NULL is in none, and so is who has no row any more.
        return ~Q(user_id__in=users.exclude(these).values("pk"))
    return Q(user_id__in=users.filter(these).values("pk"))


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
    cost_min: Decimal | None = None
    cost_max: Decimal | None = None
    response_time_ms_min: int | None = None
    response_time_ms_max: int | None = None
    has_error: bool | None = None
    # A key of `UNKNOWN_COST`.
    unknown_cost: str | None = None
    # Only failures with one of these, each a `MESSAGE`.
    messages: tuple[str, ...] | None = None

    def during(self, range: Range) -> "Selection":
        """The same calls in another stretch of time."""
        return replace(self, range=range)

    @property
    def is_about_sums(self) -> bool:
        """Whether the rollups know every column that this selection asks about."""
        return self == replace(
            self,
            job_id=None,
            cost_min=None,
            cost_max=None,
            response_time_ms_min=None,
            response_time_ms_max=None,
            has_error=None,
            messages=None,
        )

    @property
    def read_by_index(self) -> "Selection":
        """The calls that an index leads to, all of which must be read to answer."""
        return Selection(self.range, user_ids=self.user_ids, groups=self.groups, job_id=self.job_id)

    @property
    def is_of_everybody(self) -> bool:
        """Whether no index leads to fewer calls than that by time."""
        return self.read_by_index == Selection(self.range)

    def narrow(self, calls: QuerySet[APIUsageStats]) -> QuerySet[APIUsageStats]:
        """Only the calls of this selection."""
        for condition in self._conditions():
            calls = calls.filter(condition)
        if self.unknown_cost is not None:
            calls = calls.alias(cost_kind=COST_KIND).filter(
                cost_kind=UNKNOWN_COST[self.unknown_cost]
            )
        if self.endpoint is not None:
            calls = ENDPOINTS.narrow(calls, self.endpoint)
        if self.currency is not None:
            calls = CURRENCIES.narrow(calls, self.currency)
        if self.messages is not None:
            calls = calls.filter(FAILED).alias(message=MESSAGE).filter(message__in=self.messages)
        return calls

    def _conditions(self) -> list[Q]:
        given = {
            # Of one user the index has the calls in the order of their time.
            "user_id": self.user_ids[0] if len(self.user_ids) == 1 else None,
            "user_id__in": self.user_ids if len(self.user_ids) > 1 else None,
            "job_id": self.job_id,
            "cost__gte": self.cost_min,
            "cost__lte": self.cost_max,
            "response_time_ms__gte": self.response_time_ms_min,
            "response_time_ms__lte": self.response_time_ms_max,
        }
        conditions = [is_within(self.range)]
        conditions += [Q((lookup, value)) for lookup, value in given.items() if value is not None]
        if self.groups:
            conditions.append(in_groups(self.groups))
        if self.success is not None:
            conditions.append(Q(success=True) if self.success else FAILED)
        if self.has_error is not None:
            conditions.append(HAS_MESSAGE if self.has_error else HAS_NO_MESSAGE)
        return conditions
