"""Conditions of filters on calls and on rows of rollups."""

from django.db.models import Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Length
from django.db.models.lookups import Exact, GreaterThan

from stats.core.money import UNKNOWN_COST
from stats.db.expressions import ExactText
from stats.models import (
    APIUsageStats,
    Membership,
    TranslationJob,
)
from stats.rollups.counters import COST_KIND, FAILED

Calls = QuerySet[APIUsageStats]
# The group in `Selection.groups` of users who are in none.
NO_GROUP = ""
# By length: for a collation that pads with blanks, a line break is less than an empty text.
HAS_MESSAGE = Q(GreaterThan(Length("error_message"), 0))
HAS_NO_MESSAGE = Q(Exact(Length("error_message"), 0)) | Q(error_message__isnull=True)


def of_users(calls: Calls, users: tuple[int, ...]) -> Calls:
    # The index has the calls of one user in the order of time.
    return calls.filter(user_id=users[0]) if len(users) == 1 else calls.filter(user_id__in=users)


def memberships_on(day: Combinable) -> QuerySet[Membership]:
    """The membership of the outer row's user on a day; none without a group, or without a day."""
    return Membership.objects.filter(user_id=OuterRef("user_id"), since__lte=day, until__gt=day)


def of_job_status(calls: Calls, status: str) -> Calls:
    """Calls whose job has this status today.

    The job of each call is looked up by its id. As a join or an `IN`, a server might begin with all
    jobs of the status, and these may be most of them.
    """
    job = TranslationJob._default_manager.filter(pk=OuterRef("job_id"))
    status_of_job = Subquery(job.values("status")[:1])  # type: ignore[misc]
    return calls.filter(Exact(ExactText(status_of_job), Value(status)))


def of_result(calls: Calls, success: bool) -> Calls:
    return calls.filter(Q(success=True) if success else FAILED)


def of_message(calls: Calls, has_error: bool) -> Calls:
    return calls.filter(HAS_MESSAGE if has_error else HAS_NO_MESSAGE)


def of_cost_kind(calls: Calls, kind: str) -> Calls:
    return calls.alias(cost_kind=COST_KIND).filter(cost_kind=UNKNOWN_COST[kind])


def text_of(names: type[Model], number: str, column: str = "text") -> Subquery:
    """The text of an id, looked up once per group."""
    return Subquery(names._default_manager.filter(pk=OuterRef(number)).values(column))


def number(names: type[Model], text: str) -> Subquery:
    return Subquery(names._default_manager.filter(text=text.rstrip(" ")).values("pk"))
