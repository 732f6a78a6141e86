"""The state row: how far the rollups are filled. Whoever locks it may write them."""

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
from django.utils.translation import gettext_noop

from stats.core.sentences import Sentence, SentenceError
from stats.db.dialects import dialect
from stats.db.statements import Statement, compiled
from stats.models import UNDATED, APIUsageStats, ChainHead, DayEndpoint, FoldState
from stats.rollups import fills, grains, id_steps
from stats.rollups.fills import Fill, Fills
from stats.rollups.grains import Grain
from stats.rollups.texts import CURRENCIES, ENDPOINTS

logger = logging.getLogger(__name__)
STATE_ID = 1
# `folded_to` before the first fold: below every id, also those under 1.
NOTHING_FOLDED = -(2**63)
# Clocks of machines differ so much: a time further ahead was written by a wrong clock.
CLOCKS_DIFFER = timedelta(minutes=1)
OF_STATE = tuple(field.name for field in FoldState._meta.concrete_fields)


# Whether the sums are of other zones, else the table was restored; and whether calls were purged.
PROBLEMS = {
    (True, False): gettext_noop(
        "The sums are of other time zones than TIME_ZONE and DATABASE_TIME_ZONE say: run manage.py "
        "rebuild_usage, then manage.py fold_usage."
    ),
    (True, True): gettext_noop(
        "The sums are of other time zones than TIME_ZONE and DATABASE_TIME_ZONE say. Calls before "
        "%(before)s are gone, their sums cannot be made anew: set TIME_ZONE=%(reading)s and "
        "DATABASE_TIME_ZONE=%(writing)s again."
    ),
    (False, False): gettext_noop(
        "The table of calls ends before its sums do: run manage.py rebuild_usage, then manage.py "
        "fold_usage."
    ),
    (False, True): gettext_noop(
        "The table of calls ends before its sums do. Calls before %(before)s are gone, their sums "
        "cannot be made anew: restore calls and sums together from one backup (docs/backup.md)."
    ),
}


class RollupsUnusableError(SentenceError):
    """The rollups are of other time zones, or of a restored table. The sentence says what to do."""


@dataclass(frozen=True, slots=True)
class RollupState:
    """How far the rollups are filled, and whether they are of this table."""

    folded_to: int
    newest_id: int
    folded_at: datetime | None
    # When a fold last looked which calls exist.
    seen_at: datetime | None
    purged_before: date | None
    purges: int
    # The first and the last day with sums, `UNDATED` aside.
    first_day: date | None
    last_day: date | None
    # The zones of the sums, if they are not those of the settings.
    other_zones: str
    # The table was restored or emptied since.
    is_rewound: bool
    # No id is left for a new one (`stats.rollups.texts`): it counts among the others.
    has_other_endpoints: bool
    has_other_currencies: bool
    verified_at: datetime | None
    # The days on which the last verification found a difference.
    differing_days: tuple[date, ...]
    # Of rollups that were added to a ledger in use.
    fills: Fills
    # The hash of the last entry of closed months; empty without any.
    chain_head: str

    @property
    def tail(self) -> int:
        """The number of calls in the tail, never underestimated; may read the table."""
        return id_steps.count(self.folded_to, self.newest_id)

    @property
    def version(self) -> int:
        """The `version` that a statement built from this state expects."""
        return self.purges * 4 + self.has_other_endpoints * 2 + self.has_other_currencies

    @property
    def are_usable(self) -> bool:
        return not (self.other_zones or self.is_rewound)

    @property
    def problem(self) -> Sentence | None:
        """Why the rollups are not usable, and what to do; None if they are."""
        if self.are_usable:
            return None
        kind = bool(self.other_zones), self.purged_before is not None
        reading, writing = self.other_zones.split() or ("", "")
        words = {"before": str(self.purged_before), "reading": reading, "writing": writing}
        return Sentence(PROBLEMS[kind], words)

    @property
    def have_begun(self) -> bool:
        """True after the first fold."""
        return self.folded_to > NOTHING_FOLDED

    def fill_of(self, grain: Grain) -> Fill:
        """The fill state of a rollup."""
        return fills.fill_of(grain, self.fills, self.folded_to)

    def cover(self, grain: Grain, since: date | None) -> bool:
        """True if a rollup has all folded calls from a local day on (None: from the first one)."""
        fill = self.fill_of(grain)
        is_early = fill.known_from and (since is None or since < fill.known_from)
        return fill.is_complete and not is_early

    @property
    def behind(self) -> tuple[Grain, ...]:
        """The rollups that `fold_usage` still has to fill; no question reads them yet."""
        if not self.have_begun:
            return ()
        return tuple(grain for grain in grains.later() if not self.fill_of(grain).is_complete)

    def clock_ahead(self, now: datetime) -> timedelta | None:
        """By how much a time of the state lies ahead of `now`; None if none does.

        The clock was wrong then, or is now. The next fold corrects it (`correct_clock`).
        """
        noted = [at for at in (self.folded_at, self.seen_at, self.verified_at) if at]
        ahead = max(noted, default=now) - now
        return ahead if ahead > CLOCKS_DIFFER else None


def zones() -> str:
    """`FoldState.zones` of today's settings."""
    return f"{settings.TIME_ZONE} {settings.DATABASE_TIME_ZONE}"


def read_rollup_state() -> RollupState:
    """The present state."""
    found = _rollup_state().rows()
    state = FoldState(**dict(zip(OF_STATE, found[0], strict=False))) if found else FoldState()
    rest: Sequence[Any] = found[0][len(OF_STATE) :] if found else (newest_id(), *[None] * 5)
    newest, first_day, last_day, endpoint, currency, chain_head = rest
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
        chain_head=chain_head or "",
    )


def _folded_to(state: FoldState) -> int:
    return state.folded_to if state.folded_at else NOTHING_FOLDED


def _is_rewound(state: FoldState, newest: int | None) -> bool:
    """True if the table ends before the sums do, and not because of a purge."""
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
            chain_head=Subquery(ChainHead.objects.values("hash")[:1]),
        )
        .values_list(
            *OF_STATE,
            "newest_id",
            "first_day",
            "last_day",
            "last_endpoint",
            "last_currency",
            "chain_head",
        )
    )


def version() -> Combinable:
    """`RollupState.version`, as a statement reads it from the state row."""
    are_endpoints_others = Case(When(IsNull(ENDPOINTS.last, False), then=2), default=0)
    are_currencies_others = Case(When(IsNull(CURRENCIES.last, False), then=1), default=0)
    return F("purges") * 4 + are_endpoints_others + are_currencies_others


def newest_id() -> int | None:
    """The highest id of a call; None without calls."""
    newest: int | None = APIUsageStats.objects.aggregate(newest=Max("pk"))["newest"]
    return newest


def lock_state() -> FoldState | None:
    """The state row, locked for the caller's transaction; None if another process holds it."""
    FoldState.objects.get_or_create(pk=STATE_ID)
    held = FoldState.objects.select_for_update(skip_locked=True).filter(pk=STATE_ID).first()
    if held is not None:
        held.folded_to = _folded_to(held)
    return held


def margin() -> timedelta:
    """How long an id must exist before a fold takes it, so that lower ones are visible by then."""
    return timedelta(seconds=settings.FOLD_MARGIN_SECONDS if dialect().ids_show_late else 0)


def correct_clock(state: FoldState, now: datetime) -> None:
    """Set times in the future to `now`: no call would be folded until then.

    A verification with such a time is cleared, since nobody knows when it was.
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
    """Move `safe_id` to the newest id of a margin ago, and note the newest one of now."""
    newest = _newest_or_nothing()
    if not margin():
        state.safe_id = newest
    elif state.seen_at is None:
        state.safe_id, state.seen_id, state.seen_at = NOTHING_FOLDED, newest, now
    elif now - state.seen_at >= margin():
        state.safe_id = state.seen_id
        state.seen_id, state.seen_at = newest, now
    state.save(update_fields=["safe_id", "seen_id", "seen_at"])
