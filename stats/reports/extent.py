"""From when to when a selection has calls: two index lookups where nothing narrows it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Min

from stats.models import APIUsageStats
from stats.reports.selection import Selection


@dataclass(frozen=True, slots=True)
class Extent:
    """The first and the newest time of any call; None where no call has one."""

    first: datetime | None
    newest: datetime | None


def extent(selection: Selection) -> Extent:
    """The times of the first and the newest call of the selection."""
    calls = selection.narrow(APIUsageStats.objects.all()).order_by()
    found = calls.aggregate(first=Min("created_at"), newest=Max("created_at"))
    return Extent(found["first"], found["newest"])
