"""The writer of users and jobs besides the admin: created or renamed, standalone only (spec §5)."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings

from stats.db.dialects import dialect
from stats.db.transactions import LONGEST_WAIT, repeated
from stats.ingest import columns
from stats.models import EndUser, TranslationJob
from stats.models.users_and_jobs import NAME_LENGTH


class NotOursError(Exception):
    """Adopted, users and jobs belong to the other application."""


class InvalidNameError(ValueError):
    """What is wrong with a user or a job: `errors` maps each bad field to a sentence."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in errors.items()))
        self.errors = errors


def refuse_if_adopted() -> None:
    """Raises `NotOursError` where the tables belong to another application."""
    if settings.ADOPTED:
        raise NotOursError(
            "Users and jobs belong to the application whose database this is (ADOPTED=1): "
            "create and rename them there."
        )


def save_user(user_id: int, given: object) -> tuple[EndUser, bool]:
    """Create or rename a user with `{"name": …}`; also whether it is new.

    Raises `InvalidNameError`, naming every bad field, and `NotOursError`.
    """
    refuse_if_adopted()
    dialect().wait_at_most(LONGEST_WAIT)
    _check_id(user_id)
    values = _read(given, {"name": _name})
    return repeated(lambda: EndUser.objects.update_or_create(pk=user_id, defaults=values))


def save_job(job_id: int, given: object) -> tuple[TranslationJob, bool]:
    """Create or rename a job with `{"name": …, "user_id": …}`; also whether it is new.

    A missing `user_id` leaves the job's user as it is, null removes it. Raises as `save_user`.
    """
    refuse_if_adopted()
    dialect().wait_at_most(LONGEST_WAIT)
    _check_id(job_id)
    values = _read(given, {"name": _name, "user_id": _known_user})
    return repeated(lambda: TranslationJob.objects.update_or_create(pk=job_id, defaults=values))


def _check_id(value: int) -> None:
    try:
        _id(value)
    except ValueError as error:
        raise InvalidNameError({"id": str(error)}) from None


def _read(given: object, fields: Mapping[str, Callable[[object], Any]]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise InvalidNameError({"non_field_errors": "An object is needed."})
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
        raise InvalidNameError(errors)
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
    """The id of a row of ours, where ids are INT."""
    identifier = columns.identifier(value)
    if identifier > columns.INT_MAX:
        raise ValueError(f"The number does not fit the column: the largest is {columns.INT_MAX}.")
    return identifier
