"""What users and jobs are called on pages; deleted ones keep their number."""

from collections.abc import Iterable
from typing import TypeVar, cast

from django.db.models import Model

from stats.models import APIUsageStats, EndUser, TranslationJob

Named = TypeVar("Named", bound=Model)


def users(ids: Iterable[int]) -> dict[int, EndUser]:
    """The users of these ids, each of them there."""
    return _named(EndUser, ids)


def jobs(ids: Iterable[int | None]) -> dict[int, TranslationJob]:
    """The jobs of these ids, each of them there but None."""
    return _named(TranslationJob, (id for id in ids if id is not None))


def named(foreign_key: str, ids: Iterable[int]) -> dict[int, Model]:
    """The records that a foreign key of the calls leads to, each of them there."""
    return _named(model_of(foreign_key), ids)


def model_of(foreign_key: str) -> type[Model]:
    """What a foreign key of the calls leads to."""
    return cast(type[Model], APIUsageStats._meta.get_field(foreign_key).related_model)


def _named(model: type[Named], ids: Iterable[int]) -> dict[int, Named]:
    wanted = set(ids)
    found = model._default_manager.in_bulk(wanted) if wanted else {}
    return {id: found.get(id) or model(pk=id) for id in wanted}
