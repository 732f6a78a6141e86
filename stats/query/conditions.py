"""What filters ask of calls, and of rows of rollups."""

from collections.abc import Collection

from django.db.models import Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Length
from django.db.models.lookups import Exact, GreaterThan

from stats.core.money import UNKNOWN_COST
from stats.db.expressions import ExactText
from stats.models import APIUsageStats, EndUser, TranslationJob
from stats.rollups.counters import COST_KIND, FAILED

Calls = QuerySet[APIUsageStats]
# How `Selection.groups` calls the users whose group is NULL or empty.
NO_GROUP = ""
# Measured, since to a collation that pads with blanks a line break is less than nothing.
HAS_MESSAGE = Q(GreaterThan(Length("error_message"), 0))
HAS_NO_MESSAGE = Q(Exact(Length("error_message"), 0)) | Q(error_message__isnull=True)


def of_users(calls: Calls, users: tuple[int, ...]) -> Calls:
    # Of one user the index has the calls in the order of their time.
    return calls.filter(user_id=users[0]) if len(users) == 1 else calls.filter(user_id__in=users)


def in_groups(groups: Collection[str]) -> Q:
    """Which rows belong to users of these groups of today, or to users without one."""
    users, these = EndUser._default_manager.order_by(), Q(("group__in", groups))
    if NO_GROUP in groups:
        # All but those of another group; NULL is in none, and so is who has no row any more.
        return ~Q(user_id__in=users.exclude(these).values("pk"))
    return Q(user_id__in=users.filter(these).values("pk"))


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
    """The text of a number, looked up once per group."""
    return Subquery(names._default_manager.filter(pk=OuterRef(number)).values(column))


def number(names: type[Model], text: str) -> Subquery:
    return Subquery(names._default_manager.filter(text=text.rstrip(" ")).values("pk"))
