"""Creates and renames users and jobs for the API, standalone only (spec §5)."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings

from stats.db.dialects import dialect
from stats.db.transactions import LONGEST_WAIT, repeated
from stats.ingest import columns
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


def save_user(user_id: int, given: object) -> tuple[EndUser, bool]:
    """Create or rename a user with `{"name": …}`; the user, and whether they are new.

    Raises `InvalidFieldsError`, naming every bad field, and `NotOursError`.
    """
    values = _read(user_id, given, {"name": _name})
    return repeated(lambda: EndUser.objects.update_or_create(pk=user_id, defaults=values))


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
        errors["name"] = "This field is required."
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
