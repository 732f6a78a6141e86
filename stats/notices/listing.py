"""The notices of a period, for whoever runs the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from stats.models import Notice
from stats.models.notices import NoticeState
from stats.query.request import ReportRequest


@dataclass(frozen=True, slots=True)
class Notices:
    """What was to be told in a period, the newest first, as of `now`."""

    now: datetime
    rows: Sequence[Notice]

    def count(self, state: NoticeState) -> int:
        return sum(notice.state == state for notice in self.rows)


def notices_of(request: ReportRequest) -> Notices:
    kept = Notice.objects.filter(created_at__range=request.range.bounds)
    return Notices(request.now, tuple(kept.order_by("-created_at", "-pk")))
