"""What users and jobs are called on pages; one who is gone keeps his number."""

from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Model

from stats.models import EndUser, TranslationJob

Named = TypeVar("Named", bound=Model)


def users(ids: Iterable[int]) -> dict[int, EndUser]:
    """The users of these ids, each of them there."""
    return _named(EndUser, ids)


def jobs(ids: Iterable[int | None]) -> dict[int, TranslationJob]:
    """The jobs of these ids, each of them there but None."""
    return _named(TranslationJob, (id for id in ids if id is not None))


def _named(model: type[Named], ids: Iterable[int]) -> dict[int, Named]:
    wanted = set(ids)
    found = model._default_manager.in_bulk(wanted) if wanted else {}
    return {id: found.get(id) or model(pk=id) for id in wanted}
