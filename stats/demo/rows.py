"""Writes demo data into a ledger, and removes it.

Only standalone, and only into a ledger without real calls. `DemoRows` holds the ids of demo rows.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, tzinfo
from functools import partial
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Max, Sum

from stats.core.periods import DAY, local_day
from stats.demo import traces
from stats.demo.calls import (
    MOVED_DAYS_AGO,
    MOVED_TO,
    MOVED_USER,
    USER_GROUPS,
    USER_NAMES,
    job_names,
    plausible_calls,
)
from stats.ingest.groups import set_group
from stats.ingest.recording import delete_calls, insert_calls
from stats.models import APIUsageStats, DemoRows, EndUser, TranslationJob
from stats.rollups.chunk import days_of
from stats.rollups.rebuilding import rebuild

CHUNK = 10_000


class DemoRefusedError(Exception):
    """This ledger may not get demo data. The message is the reason."""


def fill(
    calls: int, days: int, seed: int, now: datetime, zone: tzinfo, progress: Callable[[int], object]
) -> None:
    """Write `calls` demo calls over the last `days` local days.

    `progress` gets the size of each chunk. Raises `DemoRefusedError` in adopted mode and if the
    ledger holds real calls.
    """
    _refuse_a_real_ledger()
    with transaction.atomic():
        users, jobs = _users_and_jobs(seed)
        _in_groups(users, days, local_day(now, zone))
    source = plausible_calls(users, jobs, calls, days, seed, now, zone)
    while chunk := list(islice(source, CHUNK)):
        with transaction.atomic():
            _remember(APIUsageStats, partial(insert_calls, chunk), len(chunk))
        progress(len(chunk))


def clear(progress: Callable[[int], object]) -> None:
    """Remove the rows of `fill`, except users and jobs that have real calls, and what was written
    of its calls since."""
    days: set[date] = set()
    for rows in _remembered(APIUsageStats):
        calls = APIUsageStats.objects.filter(pk__range=(rows.first_id, rows.last_id))
        days |= days_of(calls)
        with transaction.atomic():
            progress(delete_calls(list(calls.values_list("pk", flat=True))))
            rows.delete()
    for day in sorted(days):
        rebuild(day, day)
    traces.remove(days)
    with transaction.atomic():
        for model in (TranslationJob, EndUser):
            for rows in _remembered(model):
                _unused(model, rows).delete()
                rows.delete()


def is_present() -> bool:
    """True if the ledger holds demo calls. Pages then show a banner."""
    return _remembered(APIUsageStats).exists()


def _refuse_a_real_ledger() -> None:
    if settings.ADOPTED:
        raise DemoRefusedError("Demo data is not for an adopted database (ADOPTED=1).")
    size = F("last_id") - F("first_id") + 1
    ours = _remembered(APIUsageStats).aggregate(calls=Sum(size))["calls"] or 0
    if APIUsageStats.objects.count() > ours:
        raise DemoRefusedError("This ledger holds real calls; nothing was written.")


def _remembered(model: type[models.Model]) -> models.QuerySet[DemoRows]:
    return DemoRows.objects.filter(table=model._meta.db_table).order_by("-first_id")


def _remember(model: type[models.Model], write: Callable[[], object], count: int) -> list[int]:
    """The ids that `write` adds to a table, noted in `DemoRows`.

    Raises `DemoRefusedError` if another process adds rows meanwhile.
    """
    before = model._default_manager.aggregate(last=Max("pk"))["last"] or 0
    write()
    ids = model._default_manager.filter(pk__gt=before).order_by("pk").values_list("pk", flat=True)
    written = list(ids)
    if len(written) != count:
        raise DemoRefusedError("Others wrote to this ledger at the same moment.")
    DemoRows.objects.create(table=model._meta.db_table, first_id=written[0], last_id=written[-1])
    return written


def _users_and_jobs(seed: int) -> tuple[list[int], dict[int, list[int]]]:
    """The ids of the users, and of the jobs of each user."""
    users = [EndUser(name=name) for name in USER_NAMES]
    user_ids = _remember(EndUser, lambda: EndUser.objects.bulk_create(users), len(users))
    named = list(job_names(len(users), seed))
    jobs = [TranslationJob(name=name, user_id=user_ids[user]) for user, name in named]
    job_ids = _remember(TranslationJob, lambda: TranslationJob.objects.bulk_create(jobs), len(jobs))
    jobs_of: dict[int, list[int]] = {user_id: [] for user_id in user_ids}
    for job_id, (user, _name) in zip(job_ids, named, strict=True):
        jobs_of[user_ids[user]].append(job_id)
    return user_ids, jobs_of


def _in_groups(users: Sequence[int], days: int, today: date) -> None:
    """Each in their group since the first of the days; one moves, if there are so many."""
    for user_id, group in zip(users, USER_GROUPS, strict=True):
        set_group(user_id, group, today - (days - 1) * DAY, today)
    if days > MOVED_DAYS_AGO:
        set_group(users[MOVED_USER], MOVED_TO, today - MOVED_DAYS_AGO * DAY, today)


def _unused(model: type[models.Model], rows: DemoRows) -> models.QuerySet[Any]:
    ours = model._default_manager.filter(pk__range=(rows.first_id, rows.last_id), calls=None)
    return ours.filter(jobs=None) if model is EndUser else ours
