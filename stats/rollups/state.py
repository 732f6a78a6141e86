"""The state row: how far the rollups have come, and who may write them."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Case, F, Max, Subquery, When
from django.db.models.expressions import Combinable
from django.db.models.lookups import IsNull

from stats.db.dialects import dialect
from stats.db.statements import Statement, compiled
from stats.models import UNDATED, APIUsageStats, DayEndpoint, FoldState
from stats.rollups import fills, grains, id_steps
from stats.rollups.fills import Fill, Fills
from stats.rollups.grains import Grain
from stats.rollups.texts import CURRENCIES, ENDPOINTS

logger = logging.getLogger(__name__)
STATE_ID = 1
# Up to here the sums are before the first fold: below every id, those under 1 too.
NOTHING_FOLDED = -(2**63)
# Clocks of several machines do: a time that is further ahead was written under a wrong one.
CLOCKS_DIFFER = timedelta(minutes=1)
# The columns of the state row that make up the rollups.
OF_STATE = (
    "folded_to",
    "folded_at",
    "seen_at",
    "purged_to",
    "purged_before",
    "purges",
    "zones",
    "verified_at",
    "differing_days",
    "fills",
)


class RollupsUnusableError(Exception):
    """The sums are of other time zones, or of a table that was restored; says what to do."""


@dataclass(frozen=True, slots=True)
class RollupState:
    """How far the rollups have come, and whether they stand for the table."""

    folded_to: int
    newest_id: int
    folded_at: datetime | None
    # When a fold last looked which calls are there.
    seen_at: datetime | None
    purged_before: date | None
    purges: int
    # The first and the last day that has sums, calls without a time apart.
    first_day: date | None
    last_day: date | None
    # The zones that the sums are of, if they are not those of today's settings.
    other_zones: str
    # Of a table that was restored or emptied since.
    is_rewound: bool
    # No number is left for a new one (`stats.rollups.texts`): the sums tell others apart no more.
    has_other_endpoints: bool
    has_other_currencies: bool
    verified_at: datetime | None
    # Where the last verification found a difference; `UNDATED` for calls without a time.
    differing_days: tuple[date, ...]
    # Of rollups that were added to the ledger in use.
    fills: Fills

    @property
    def tail(self) -> int:
        """How many calls are not in the sums yet, never fewer than there are; may ask the table."""
        return id_steps.count(self.folded_to, self.newest_id)

    @property
    def version(self) -> int:
        """What a statement has in mind that was put together by these rollups, see `version`."""
        return self.purges * 4 + self.has_other_endpoints * 2 + self.has_other_currencies

    @property
    def are_usable(self) -> bool:
        return not (self.other_zones or self.is_rewound)

    @property
    def problem(self) -> str:
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
    def have_begun(self) -> bool:
        """Whether anything has been folded."""
        return self.folded_to > NOTHING_FOLDED

    def fill_of(self, grain: Grain) -> Fill:
        """How far a rollup is."""
        return fills.fill_of(grain, self.fills, self.folded_to)

    def cover(self, grain: Grain, since: date | None) -> bool:
        """Whether a rollup has all folded calls from a local day on; None is from the first on."""
        fill = self.fill_of(grain)
        is_early = fill.known_from and (since is None or since < fill.known_from)
        return fill.is_complete and not is_early

    @property
    def behind(self) -> tuple[Grain, ...]:
        """The rollups that no question reads before `fold_usage` has filled them."""
        if not self.have_begun:
            return ()
        return tuple(grain for grain in grains.later() if not self.fill_of(grain).is_complete)

    def clock_ahead(self, now: datetime) -> timedelta | None:
        """By how much a time noted here lies ahead of `now`; None where none does.

        The clock was wrong then, or is now. The next fold mends it (`correct_clock`).
        """
        noted = [at for at in (self.folded_at, self.seen_at, self.verified_at) if at]
        ahead = max(noted, default=now) - now
        return ahead if ahead > CLOCKS_DIFFER else None


def zones() -> str:
    """What `FoldState.zones` says if the sums are of today's settings."""
    return f"{settings.TIME_ZONE} {settings.DATABASE_TIME_ZONE}"


def read_rollup_state() -> RollupState:
    """The rollups as they are."""
    found = _rollup_state().rows()
    state = FoldState(**dict(zip(OF_STATE, found[0], strict=False))) if found else FoldState()
    rest: Sequence[Any] = found[0][len(OF_STATE) :] if found else (newest_id(), *[None] * 4)
    newest, first_day, last_day, endpoint, currency = rest
    folded_to = _folded_to(state)
    return RollupState(
        folded_to=folded_to,
        newest_id=newest or 0,
        folded_at=state.folded_at,
        seen_at=state.seen_at,
        purged_before=state.purged_before,
        purges=state.purges,
        first_day=first_day,
        last_day=last_day,
        other_zones=state.zones if state.folded_at and state.zones != zones() else "",
        is_rewound=_is_rewound(state, newest),
        has_other_endpoints=endpoint is not None,
        has_other_currencies=currency is not None,
        verified_at=state.verified_at,
        differing_days=tuple(date.fromisoformat(day) for day in state.differing_days),
        fills=fills.read(state.fills),
    )


def _folded_to(state: FoldState) -> int:
    return state.folded_to if state.folded_at else NOTHING_FOLDED


def _is_rewound(state: FoldState, newest: int | None) -> bool:
    """Whether the table ends before the sums do, and not because calls were purged."""
    ends = [newest, state.purged_to if state.purged_before else None]
    return bool(state.folded_at) and all(end is None or end < state.folded_to for end in ends)


@cache
def _rollup_state() -> Statement:
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


def version() -> Combinable:
    """What `RollupState.version` is of the state row, as a statement sees it."""
    are_endpoints_others = Case(When(IsNull(ENDPOINTS.last, False), then=2), default=0)
    are_currencies_others = Case(When(IsNull(CURRENCIES.last, False), then=1), default=0)
    return F("purges") * 4 + are_endpoints_others + are_currencies_others


def newest_id() -> int | None:
    """The highest id of a call; None where there is no call."""
    newest: int | None = APIUsageStats.objects.aggregate(newest=Max("pk"))["newest"]
    return newest


def lock_state() -> FoldState | None:
    """The state row, locked for the transaction of the caller; None where another holds it."""
    FoldState.objects.get_or_create(pk=STATE_ID)
    held = FoldState.objects.select_for_update(skip_locked=True).filter(pk=STATE_ID).first()
    if held is not None:
        held.folded_to = _folded_to(held)
    return held


def margin() -> timedelta:
    """How long an id must have been there before it is folded, so that earlier ones have shown."""
    return timedelta(seconds=settings.FOLD_MARGIN_SECONDS if dialect().ids_show_late else 0)


def correct_clock(state: FoldState, now: datetime) -> None:
    """Put an end to times in the future: until then no call would count as there for the margin.

    A verification at such a time is forgotten, since nobody knows when it was.
    """
    limit = now + CLOCKS_DIFFER
    ahead = {
        name: getattr(state, name)
        for name in ("folded_at", "seen_at", "verified_at")
        if (getattr(state, name) or now) > limit
    }
    if not ahead:
        return
    logger.warning(
        "The state of the sums has times in the future (%s): a clock was wrong. They are set to "
        "%s; if it is this machine's clock that is wrong, set it right.",
        ", ".join(f"{name} {moment.isoformat()}" for name, moment in ahead.items()),
        now.isoformat(),
    )
    for name in ahead:
        setattr(state, name, None if name == "verified_at" else now)
    if "seen_at" in ahead:
        state.seen_id = _newest_or_nothing()
    state.save(update_fields=[*ahead, "seen_id"])


def _newest_or_nothing() -> int:
    newest = newest_id()
    return NOTHING_FOLDED if newest is None else newest


def advance_safe_id(state: FoldState, now: datetime) -> None:
    """Move `safe_id` up to what was there a margin ago, and look again."""
    newest = _newest_or_nothing()
    if not margin():
        state.safe_id = newest
    elif state.seen_at is None:
        state.safe_id, state.seen_id, state.seen_at = NOTHING_FOLDED, newest, now
    elif now - state.seen_at >= margin():
        state.safe_id = state.seen_id
        state.seen_id, state.seen_at = newest, now
    state.save(update_fields=["safe_id", "seen_id", "seen_at"])
