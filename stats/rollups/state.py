"""The state row: how far the rollups have come, and who may write them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Case, F, Max, Subquery, When
from django.db.models.expressions import Combinable
from django.db.models.lookups import IsNull

from stats.models import UNDATED, APIUsageStats, DayEndpoint, FoldState
from stats.statements import Statement, compiled
from stats.texts import CURRENCIES, ENDPOINTS

STATE_ID = 1
# The columns of the state row that make up the books.
OF_STATE = (
    "folded_to",
    "folded_at",
    "purged_to",
    "purged_before",
    "purges",
    "zones",
    "verified_at",
    "differing_days",
)


class BooksUnusableError(Exception):
    """The sums are of other time zones, or of a table that was restored; says what to do."""


@dataclass(frozen=True, slots=True)
class Books:
    """How far the rollups have come, and whether they stand for the table."""

    folded_to: int
    newest_id: int
    folded_at: datetime | None
    purged_before: date | None
    purges: int
    # The first and the last day that has sums, calls without a time apart.
    first_day: date | None
    last_day: date | None
    # The zones that the sums are of, if they are not those of today's settings.
    other_zones: str
    # Of a table that was restored or emptied since.
    is_rewound: bool
    # No number is left for a new one (`stats.texts`): the sums tell others apart no more.
    has_other_endpoints: bool
    has_other_currencies: bool
    verified_at: datetime | None
    # Where the last verification found a difference; `UNDATED` for calls without a time.
    differing_days: tuple[date, ...]

    @property
    def edition(self) -> int:
        """What a statement has in mind that was put together by these books, see `edition`."""
        return self.purges * 4 + self.has_other_endpoints * 2 + self.has_other_currencies

    @property
    def are_usable(self) -> bool:
        return not (self.other_zones or self.is_rewound)

    @property
    def trouble(self) -> str:
        """Why the sums are not usable and what mends that; empty where they are."""
        if self.other_zones:
            reading, writing = self.other_zones.split()
            wrong = "The sums are of other time zones than TIME_ZONE and DATABASE_TIME_ZONE say"
            way_back = f"set TIME_ZONE={reading} and DATABASE_TIME_ZONE={writing} again"
        elif self.is_rewound:
            wrong = "The table of calls ends before its sums do"
            way_back = "restore calls and sums together from one backup (docs/backup.md)"
        else:
            return ""
        if self.purged_before is None:
            return f"{wrong}: run manage.py rebuild_usage, then manage.py fold_usage."
        purged = f"Calls before {self.purged_before} are gone, their sums cannot be made anew"
        return f"{wrong}. {purged}: {way_back}."

    @property
    def tail(self) -> int:
        """How many ids lie behind the sums, at most that many calls."""
        return max(0, self.newest_id - self.folded_to)


def zones() -> str:
    """What `FoldState.zones` says if the sums are of today's settings."""
    return f"{settings.TIME_ZONE} {settings.DATABASE_TIME_ZONE}"


def read_books() -> Books:
    """The books as they are."""
    found = _books().rows()
    state = FoldState(**dict(zip(OF_STATE, found[0], strict=False))) if found else FoldState()
    rest: Sequence[Any] = found[0][len(OF_STATE) :] if found else (newest_id(), *[None] * 4)
    newest, first_day, last_day, endpoint, currency = rest
    return Books(
        folded_to=state.folded_to,
        newest_id=newest or 0,
        folded_at=state.folded_at,
        purged_before=state.purged_before,
        purges=state.purges,
        first_day=first_day,
        last_day=last_day,
        other_zones=state.zones if state.folded_to and state.zones != zones() else "",
        # The table ends before the sums do, and not because calls were purged.
        is_rewound=max(newest or 0, state.purged_to) < state.folded_to,
        has_other_endpoints=endpoint is not None,
        has_other_currencies=currency is not None,
        verified_at=state.verified_at,
        differing_days=tuple(date.fromisoformat(day) for day in state.differing_days),
    )


@cache
def _books() -> Statement:
    newest_call = APIUsageStats.objects.order_by("-pk").values("pk")[:1]
    days = DayEndpoint.objects.filter(day__gt=UNDATED).values("day")
    return compiled(
        FoldState.objects.filter(pk=STATE_ID)
        .annotate(
            newest_id=Subquery(newest_call),
            first_day=Subquery(days.order_by("day")[:1]),
            last_day=Subquery(days.order_by("-day")[:1]),
            last_endpoint=ENDPOINTS.last,
            last_currency=CURRENCIES.last,
        )
        .values_list(
            *OF_STATE, "newest_id", "first_day", "last_day", "last_endpoint", "last_currency"
        )
    )


def edition() -> Combinable:
    """What `Books.edition` is of the state row, as a statement sees it."""
    are_endpoints_others = Case(When(IsNull(ENDPOINTS.last, False), then=2), default=0)
    are_currencies_others = Case(When(IsNull(CURRENCIES.last, False), then=1), default=0)
    return F("purges") * 4 + are_endpoints_others + are_currencies_others


def newest_id() -> int:
    return APIUsageStats.objects.aggregate(newest=Max("pk"))["newest"] or 0


def lock_state() -> FoldState | None:
    """The state row, locked for the transaction of the caller; None where another holds it."""
    FoldState.objects.get_or_create(pk=STATE_ID)
    return FoldState.objects.select_for_update(skip_locked=True).filter(pk=STATE_ID).first()


def margin() -> timedelta:
    """How long an id must have been there before it is folded, so that earlier ones have shown.

    SQLite has one writer at a time: ids show in their order.
    """
    is_needed = connection.vendor == "mysql"
    return timedelta(seconds=settings.FOLD_MARGIN_SECONDS if is_needed else 0)


def see(state: FoldState, now: datetime) -> None:
    """Move `safe_id` up to what was there a margin ago, and look again."""
    newest = newest_id()
    if not margin():
        state.safe_id = newest
    elif state.seen_at is None or now - state.seen_at >= margin():
        state.safe_id = state.seen_id
        state.seen_id, state.seen_at = newest, now
    state.save(update_fields=["safe_id", "seen_id", "seen_at"])
