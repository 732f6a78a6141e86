"""Users and jobs by id. For one that is not stored, an object with its id only."""

from collections.abc import Iterable
from typing import TypeVar, cast

from django.db.models import Model

from stats.models import APIUsageStats, EndUser, TranslationJob

Named = TypeVar("Named", bound=Model)


def users(ids: Iterable[int]) -> dict[int, EndUser]:
    """A user for each id."""
    return _named(EndUser, ids)


def jobs(ids: Iterable[int | None]) -> dict[int, TranslationJob]:
    """A job for each id that is not None."""
    return _named(TranslationJob, (id for id in ids if id is not None))


def named(foreign_key: str, ids: Iterable[int]) -> dict[int, Model]:
    """A record for each id of a foreign key of calls."""
    return _named(model_of(foreign_key), ids)


def model_of(foreign_key: str) -> type[Model]:
    """The model of a foreign key of calls."""
    return cast(type[Model], APIUsageStats._meta.get_field(foreign_key).related_model)


def _named(model: type[Named], ids: Iterable[int]) -> dict[int, Named]:
    wanted = set(ids)
    found = model._default_manager.in_bulk(wanted) if wanted else {}
    return {id: found.get(id) or model(pk=id) for id in wanted}
