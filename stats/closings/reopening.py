"""Reopens a month: one account asks, another one agrees."""

from datetime import date, datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from stats.closings import chain
from stats.closings.chain import ClosingError, Signer
from stats.core.periods import DAY, SECOND
from stats.models import ClosingEntry
from stats.models.closings import EntryKind
from stats.rollups import rebuilding

LONGEST_REASON = 500
# Days after which anybody may ask again: perhaps there is nobody left who may agree.
REQUEST_STANDS = 7


def request(month: date, signer: Signer, reason: str, now: datetime) -> ClosingEntry:
    """Ask to reopen a closed month. Raises `ClosingError` and `RollupsBusyError`."""
    reason = reason.strip()
    if len(reason) > LONGEST_REASON or not any(map(str.isprintable, reason)):
        raise ClosingError(
            _("A reason of 1 to %(most)s characters is needed.") % {"most": LONGEST_REASON}
        )
    with transaction.atomic():
        rebuilding.lock_or_refuse()
        place = chain.closing_of(month)
        asked = open_request(place)
        if asked is not None and not may_ask(asked, now):
            sentence = _(
                "%(name)s has asked already: another account may agree. After %(days)s days "
                "anybody may ask again."
            )
            raise ClosingError(sentence % {"name": asked.made_by, "days": REQUEST_STANDS})
        return chain.append(
            EntryKind.REQUEST,
            month,
            now,
            signer=signer,
            refers_to=place,
            reason=reason,
        )


def agree(month: date, signer: Signer, now: datetime) -> ClosingEntry:
    """Reopen a month for which another account asked. Raises `ClosingError` and
    `RollupsBusyError`."""
    with transaction.atomic():
        rebuilding.lock_or_refuse()
        asked = open_request(chain.closing_of(month))
        if asked is None:
            raise ClosingError(
                _("Nobody has asked to reopen %(month)s.") % {"month": f"{month:%Y-%m}"}
            )
        if signer.account_id == asked.account_id or signer.name == asked.made_by:
            raise ClosingError(
                _("%(name)s has asked: another account has to agree.") % {"name": signer.name}
            )
        # Else whoever asks could make the account that agrees. Requests have whole seconds.
        newer = User.objects.filter(pk=signer.account_id or 0, date_joined__gte=asked.at + SECOND)
        if newer.exists():
            raise ClosingError(
                _(
                    "The account %(name)s was made after the request: one that was there before "
                    "has to agree."
                )
                % {"name": signer.name}
            )
        return chain.append(
            EntryKind.REOPENING,
            month,
            now,
            signer=signer,
            refers_to=asked.place,
        )


def open_request(place: int) -> ClosingEntry | None:
    """The last request to reopen the month that was closed at this place; None if nobody asked."""
    requests = ClosingEntry.objects.filter(kind=EntryKind.REQUEST, refers_to=place)
    return requests.order_by("place").last()


def may_ask(asked: ClosingEntry | None, now: datetime) -> bool:
    """Whether somebody may ask, given the last request."""
    return asked is None or now >= asked.at + REQUEST_STANDS * DAY
