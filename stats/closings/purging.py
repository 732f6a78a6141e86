"""What a purge would take away before it is closed."""

from datetime import date

from stats.closings.chain import ClosingError
from stats.models import UNDATED, ClosingEntry, MonthUser
from stats.models.closings import EntryKind
from stats.rollups.state import read_rollup_state


def refuse_open_months(before: date) -> None:
    """Raises `ClosingError` if calls of a month that is not closed would be purged."""
    since = (read_rollup_state().purged_before or UNDATED).replace(day=1)
    months = MonthUser.objects.filter(month__gt=UNDATED, month__gte=since, month__lt=before)
    closed = ClosingEntry.objects.closed_months()
    with_calls = set(months.values_list("month", flat=True).distinct())
    # A month that was reopened may have calls again, also before what was purged.
    once_closed = ClosingEntry.objects.filter(kind=EntryKind.CLOSING, month__lt=before)
    once = set(once_closed.values_list("month", flat=True))
    open_months = sorted((with_calls | once) - closed.keys())
    if open_months:
        names = ", ".join(f"{month:%Y-%m}" for month in open_months[:5])
        raise ClosingError(
            f"Not closed: {names}. Close them first (manage.py close_month), since nothing can "
            "verify a purged month; or purge with --open-months-too."
        )
