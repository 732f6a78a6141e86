"""Days named one by one, where a rollup is to be read for a few users only."""

from django.db.models import Q

from stats.core.periods import DAY
from stats.models import UNDATED
from stats.query.coverage import Days

# So many places of an index are looked up rather than everything between them read.
MOST = 2_000


def looked_up(days: Days, column: str, users: int, known: Days) -> Q:
    """The condition of `days` for a rollup whose key begins with day (or month) and user: each is
    looked up in it, instead of one user being sought among all.

    `known` are the days that have sums; what lies beyond them is asked for as a stretch, since
    others may have sums when it is asked.
    """
    first, last = days.first or known.first, days.last or known.last
    if first is None or last is None or (last - first).days * users >= MOST:
        return days.condition(column)
    named = [first + n * DAY for n in range((last - first).days + 1)]
    if column == "month":
        named = sorted({day.replace(day=1) for day in named})
    if not named:
        return days.condition(column)
    condition = Q((f"{column}__in", named))
    if days.last is None:
        condition |= Q((f"{column}__gt", named[-1]))
    if days.first is None:
        is_dated = Q((f"{column}__gt", UNDATED)) if days.last else Q()
        condition |= Q((f"{column}__lt", named[0])) & is_dated
    return condition
