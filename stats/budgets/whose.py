"""Of which group a budget is."""

from typing import Protocol

from stats.reports.groups import group_of


class Whose(Protocol):
    """What says of whom a budget is."""

    @property
    def user_id(self) -> int | None: ...
    @property
    def group(self) -> str | None: ...


def told_group(whose: Whose) -> str | None:
    """The group whose recipients may hear of it, a user's that of today; None: it is of others
    too."""
    if whose.user_id is not None:
        return group_of(whose.user_id)
    return whose.group or None
