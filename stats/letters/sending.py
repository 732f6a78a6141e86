"""Writes the letters that are due into the outbox, and sends them: claimed, mailed, noted."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

from stats.core.periods import Clock
from stats.letters.composing import composed
from stats.letters.scope import Scope, last_finished, scope_of
from stats.models import HAS_GROUPS, Notice, Recipient
from stats.notices import mail, outbox, recipients
from stats.notices.attempts import Tally, error_of, not_for
from stats.notices.failure import NotSentError
from stats.query.group_names import names_taken_for

# In one run; the next one goes on.
MOST = 50


def write_due(now: datetime) -> int:
    """Have the letters of the last week and month sent to those who chose them and have not got
    them yet; how many."""
    return sum(
        _write(replace(last_finished(occasion, now), group=one.group), one.address, now)
        for occasion in outbox.LETTERS
        for one in _who_chose(occasion)
    )


def ask_for(scope: Scope, address: str, now: datetime) -> Notice:
    """Have a letter sent now, once more if it was sent before. Raises `NotSentError` if the
    recipient may not have it."""
    check_hears_of(recipients.recipient(address), scope)
    is_new = _write(scope, address, now)
    notice = Notice.objects.get(occasion=scope.occasion, key=scope.key, recipient=address)
    if not is_new:
        outbox.send_again(notice.pk, now)
        notice.refresh_from_db()
    return notice


def check_hears_of(to: Recipient, scope: Scope) -> None:
    """Raises `NotSentError` if a letter is not for a recipient."""
    if not recipients.hears_of(to, scope.group):
        raise not_for(to)


def send_due(clock: Clock, go_on: Callable[[], object]) -> Tally:
    """`go_on` is called before each letter. After one that the mail server did not answer, the
    others wait."""
    tally = Tally()
    due = outbox.due_letters(clock(), MOST)
    for notice in due:
        go_on()
        error = send(notice, tally, clock)
        if error is not None and error.is_silent:
            outbox.let_wait(due, clock())
            break
    return tally


def send(notice: Notice, tally: Tally, clock: Clock) -> NotSentError | None:
    """Send one, if it is nobody else's to send; why it was not sent."""
    to, claimed = tally.claim([notice], clock())
    if not claimed:
        return None
    error = error_of(partial(_mail, notice, to))
    tally.note(claimed, error, clock())
    return error


def _mail(notice: Notice, to: Recipient) -> None:
    letter = composed(scope_of(notice.occasion, notice.facts), to.language)
    mail.deliver(letter.mail_of(notice))


def _write(scope: Scope, address: str, now: datetime) -> int:
    # Asked for: it shares no mail with others, and counts not among them.
    return outbox.write(scope.occasion, scope.fact, [address], now, is_asked_for=True)


def _who_chose(occasion: str) -> Iterator[Recipient]:
    """By mail. Where a group is not there any more, nobody is told everything in place of it."""
    for one in Recipient.objects.order_by("address"):
        if occasion in one.occasions and recipients.is_mail(one.address) and _is_there(one.group):
            yield one


def _is_there(group: str | None) -> bool:
    return group is None or (HAS_GROUPS and group in names_taken_for(group))
