"""The writer of users and jobs besides the admin: created or renamed, standalone only (spec §5)."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.conf import settings

from stats import columns
from stats.models import EndUser, TranslationJob
from stats.models.people import NAME_LENGTH


class NotOursError(Exception):
    """Adopted, users and jobs belong to the other application."""


class InvalidPersonError(ValueError):
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

    Raises `InvalidPersonError`, naming every bad field, and `NotOursError`.
    """
    refuse_if_adopted()
    values = _read({"id": user_id}, given, required={"name": _name}, optional={})
    return EndUser.objects.update_or_create(pk=user_id, defaults=values)


def save_job(job_id: int, given: object) -> tuple[TranslationJob, bool]:
    """Create or rename a job with `{"name": …, "user_id": …}`; also whether it is new.

    A missing `user_id` leaves the job's user as it is, null removes it. Raises as `save_user`.
    """
    refuse_if_adopted()
    values = _read(
        {"id": job_id}, given, required={"name": _name}, optional={"user_id": _known_user}
    )
    return TranslationJob.objects.update_or_create(pk=job_id, defaults=values)


Parse = Callable[[Any], Any]


def _read(
    path: Mapping[str, int],
    given: object,
    *,
    required: Mapping[str, Parse],
    optional: Mapping[str, Parse],
) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise InvalidPersonError({"non_field_errors": "An object is needed."})
