"""Closes a month: what stands in the way, and the entry."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.closings import chain, zone
from stats.closings.chain import ClosingError, Signer
from stats.closings.lines import Line, known_beyond, of_unfolded_calls
from stats.core import formatting
from stats.core.periods import EARLIEST, end_of_day, last_of_month, local_day
from stats.core.zones import reading_zone
from stats.models import ClosingEntry
from stats.models.closings import FIGURES, EntryKind
from stats.rollups import rebuilding
from stats.rollups.state import RollupState, read_rollup_state

UNKNOWN_COST = ("unpriced_calls", "rounded_away_calls", "no_usage_calls")


@dataclass(frozen=True, slots=True)
class UnknownCost:
    """Calls of unknown cost by kind."""

    unpriced_calls: int = 0
    rounded_away_calls: int = 0
    no_usage_calls: int = 0

    @property
    def calls(self) -> int:
        return self.unpriced_calls + self.rounded_away_calls + self.no_usage_calls


class UnknownCostError(ClosingError):
    """The calls of unknown cost are not those that were accepted."""

    def __init__(self, unknown: UnknownCost) -> None:
        super().__init__(unknown_cost_sentence(unknown))
        self.unknown = unknown


def unknown_cost_sentence(unknown: UnknownCost) -> str:
    """How many calls have an unknown cost, by kind."""
    text = ngettext(
        "The cost of %(count)s call is not known: %(unpriced)s unpriced, %(rounded)s rounded to "
        "zero, %(without)s without usage.",
        "The cost of %(count)s calls is not known: %(unpriced)s unpriced, %(rounded)s rounded to "
        "zero, %(without)s without usage.",
        unknown.calls,
    )
    return text % {
        "count": formatting.number(unknown.calls),
        "unpriced": formatting.number(unknown.unpriced_calls),
        "rounded": formatting.number(unknown.rounded_away_calls),
        "without": formatting.number(unknown.no_usage_calls),
    }


def month_of(text: str) -> date:
    """The first day of a month such as 2026-10, since 2000. Raises `ClosingError`."""
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise ClosingError(_("A month is needed, like 2026-10.")) from None
    if len(text) != len("2026-10") or month < EARLIEST or month.year == date.max.year:
        raise ClosingError(_("A month is needed, like 2026-10."))
    return month


def obstacles(month: date, now: datetime) -> Iterator[str]:
    """Why the month cannot be closed yet, each with what to do; unknown costs aside."""
    if month in ClosingEntry.objects.closed_months():
        yield _("%(month)s is closed already.") % {"month": f"{month:%Y-%m}"}
    if local_day(now, reading_zone()) <= last_of_month(month):
        yield _("%(month)s is not over.") % {"month": f"{month:%Y-%m}"}
        return
    rollups = read_rollup_state()
    if sentence := zone.change() or rollups.problem:
        yield str(sentence)
    elif rollups.behind or of_unfolded_calls(month, rollups.folded_to).rows():
        yield _("Not all its calls are in the sums: run manage.py fold_usage.")
    yield from _unverified(month, rollups)


def _unverified(month: date, rollups: RollupState) -> Iterator[str]:
    verified_at = rollups.verified_at
    if verified_at is None or verified_at <= end_of_day(last_of_month(month), reading_zone()):
        yield _("It was not verified since it ended: run manage.py verify_usage.")
    elif any(day.replace(day=1) == month for day in rollups.differing_days):
        yield _("Sums and calls differ on some of its days: run manage.py verify_usage --repair.")


def close(month: date, signer: Signer, accepted: int, now: datetime) -> ClosingEntry:
    """Write the closing. `accepted` is the number of calls of unknown cost that whoever closes has
    seen. Raises `ClosingError` and `RollupsBusyError`."""
    with transaction.atomic():
        held = rebuilding.lock_or_refuse()
        for sentence in obstacles(month, now):
            raise ClosingError(sentence)
        known = known_beyond(month, (), held.folded_to)
        _refuse_unseen(_unknown_of(known), accepted)
        return chain.append(EntryKind.CLOSING, month, now, signer=signer, lines=known)


def _unknown_of(known: list[Line]) -> UnknownCost:
    if not known:
        return UnknownCost()
    total = dict(zip(FIGURES, chain.added_up([line.figures for line in known]), strict=True))
    return UnknownCost(**{name: total[name] for name in UNKNOWN_COST})


def _refuse_unseen(unknown: UnknownCost, accepted: int) -> None:
    if unknown.calls != accepted:
        raise UnknownCostError(unknown)
