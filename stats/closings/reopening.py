"""Reopens a month: one account asks, another one agrees."""

from datetime import date, datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from stats.closings import chain
from stats.closings.chain import ClosingError, Signer
from stats.core.periods import SECOND
from stats.models import ClosingEntry
from stats.models.closings import EntryKind
from stats.rollups import rebuilding

LONGEST_REASON = 500


def request(month: date, signer: Signer, reason: str, now: datetime) -> ClosingEntry:
    """Ask to reopen a closed month. Raises `ClosingError` and `RollupsBusyError`."""
    reason = reason.strip()
    if not 0 < len(reason) <= LONGEST_REASON or not reason.isprintable():
        sentence = _("A reason of 1 to %(most)s characters in one line is needed.")
        raise ClosingError(sentence % {"most": LONGEST_REASON})
    with transaction.atomic():
        rebuilding.lock_or_refuse()
        place = chain.closing_of(month)
        if (asked := open_request(place)) is not None:
            raise ClosingError(
                _("%(name)s has asked already: another account may agree.")
                % {"name": asked.made_by}
            )
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
    """The request to reopen the month that was closed at this place; None if nobody asked."""
    return ClosingEntry.objects.filter(kind=EntryKind.REQUEST, refers_to=place).first()
