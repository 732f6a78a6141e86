"""The groups that a page offers: those of today, or of any day where the days are known.

Kept by each process for a minute: a page would ask for them each time, and they hardly change. An
address may name any other.
"""

from time import monotonic
from typing import Any

from django.db.models import Model, QuerySet

from stats.models import GROUPS_ARE_DATED, EndUser, Membership

SECONDS_KEPT = 60
# Until when, and the names.
_kept: list[tuple[float, list[str]]] = []


def group_names() -> list[str]:
    """Their names, in order."""
    if not _kept or _kept[0][0] < monotonic():
        names = [name for name in _groups().order_by("group").distinct() if name]
        _kept[:] = [(monotonic() + SECONDS_KEPT, names)]
    return _kept[0][1]


def forget_group_names() -> None:
    """Ask for them anew, since some were given."""
    _kept.clear()


def names_taken_for(group: str) -> set[str]:
    """Those that the database takes for this one, as `law` for `Law`; empty if there is none."""
    # DISTINCT would give one of those that the database takes for each other.
    return set(_groups().filter(group=group)) if group else set()


def _groups() -> QuerySet[Any, Any]:
    """A row for each user, or for each membership."""
    model: type[Model] = Membership if GROUPS_ARE_DATED else EndUser
    return model._default_manager.values_list("group", flat=True)
