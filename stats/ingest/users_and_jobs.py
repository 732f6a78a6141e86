"""Creates and renames users and jobs for the API, standalone only (spec §5)."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction

from stats.db.dialects import dialect
from stats.db.transactions import LONGEST_WAIT, repeated
from stats.ingest import columns, groups
from stats.ingest.columns import InvalidFieldsError
from stats.models import EndUser, TranslationJob
from stats.models.users_and_jobs import NAME_LENGTH

Parse = Callable[[object], Any]


class NotOursError(Exception):
    """In adopted mode users and jobs belong to the other application."""


def refuse_if_adopted() -> None:
    """Raises `NotOursError` in adopted mode."""
    if settings.ADOPTED:
        raise NotOursError(
            "Users and jobs belong to the application whose database this is (ADOPTED=1): "
            "create and rename them there."
        )


def save_user(user_id: int, given: object, today: date) -> tuple[EndUser, bool, list[date]]:
    """Create or rename a user with `{"name": …, "group": …, "group_since": …}`; the user, whether
    they are new, and the closed months of which this changes the lines.

    Without `group` it stays, without `group_since` a new one holds from the local day `today` on.
    Raises `InvalidFieldsError`, naming every bad field, and `NotOursError`.
    """
    since = partial(groups.since, today=today)
    fields: dict[str, Parse] = {"name": _name, "group": groups.group, "group_since": since}
    values = _read(user_id, given, fields)
    if "group_since" in values and "group" not in values:
        raise InvalidFieldsError({"group_since": "This needs a group."})

    @transaction.atomic
    def write() -> tuple[EndUser, bool, list[date]]:
        named = {"name": values["name"]}
        user, is_new = EndUser.objects.update_or_create(pk=user_id, defaults=named)
        if "group" not in values:
            return user, is_new, []
        user.group = values["group"]
        closed = groups.set_group(user_id, user.group, values.get("group_since"), today)
        return user, is_new, closed

    return repeated(write)


def save_job(job_id: int, given: object) -> tuple[TranslationJob, bool]:
    """Create or rename a job with `{"name": …, "user_id": …}`; the job, and whether it is new.

    Without `user_id` the job's user stays; null removes it. Raises as `save_user`.
    """
    values = _read(job_id, given, {"name": _name, "user_id": _known_user})
    return repeated(lambda: TranslationJob.objects.update_or_create(pk=job_id, defaults=values))


def _read(row_id: int, given: object, fields: Mapping[str, Parse]) -> dict[str, Any]:
    """The values of the given fields, each parsed."""
    refuse_if_adopted()
    dialect().wait_at_most(LONGEST_WAIT)
    try:
        _id(row_id)
    except ValueError as error:
        raise InvalidFieldsError({"id": str(error)}) from None
    if not isinstance(given, Mapping):
        raise InvalidFieldsError({"non_field_errors": "An object is needed."})
    errors = {str(key): "There is no such field." for key in given.keys() - fields.keys()}
    values = {}
    for name in given.keys() & fields.keys():
        try:
            values[name] = fields[name](given[name])
        except ValueError as error:
            errors[name] = str(error)
    if "name" not in given:
        errors["name"] = "This field is required: a PUT creates what does not exist yet."
    if errors:
        raise InvalidFieldsError(errors)
    return values


def _name(value: object) -> str:
    name = columns.line(value, NAME_LENGTH)
    if not name:
        raise ValueError("This may not be empty.")
    return name


def _known_user(value: object) -> int | None:
    if value is None:
        return None
    user_id = _id(value)
    if not EndUser.objects.filter(pk=user_id).exists():
        raise ValueError(f"There is no user {user_id}.")
    return user_id


def _id(value: object) -> int:
    """An id of our own tables, where ids are INT."""
    identifier = columns.identifier(value)
    if identifier > columns.INT_MAX:
        raise ValueError(f"The number does not fit the column: the largest is {columns.INT_MAX}.")
    return identifier
