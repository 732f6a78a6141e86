"""Mails what is due, one mail after the other."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import attrgetter

from stats.core.periods import DAY, Clock
from stats.models import Notice
from stats.notices import mail, outbox
from stats.notices.attempts import Tally, error_of

# In one run; the next one goes on.
MOST = 500
# Mails to one address in 24 hours; where more would come, they share one.
MOST_MAILS = 5


def send_due(clock: Clock, go_on: Callable[[], object]) -> Tally:
    """`go_on` is called before each attempt.

    After one that the mail server did not answer, the others wait.
    """
    tally, now = Tally(), clock()
    due = outbox.due_mails(now, MOST)
    for batch in _batches(due, now):
        go_on()
        to, claimed = tally.claim(batch, clock())
        if not claimed:
            continue
        error = error_of(partial(mail.send, claimed, to))
        tally.note(claimed, error, clock())
        if error is not None and error.is_silent:
            outbox.let_wait(due, clock())
            break
    return tally


def _batches(due: Sequence[Notice], now: datetime) -> Iterator[Sequence[Notice]]:
    """What shares a mail: nothing, but where a recipient would have too many."""
    yield from ([notice] for notice in due if notice.is_asked_for)
    by_recipient = attrgetter("recipient", "pk")
    others = sorted((one for one in due if not one.is_asked_for), key=by_recipient)
    for address, found in groupby(others, attrgetter("recipient")):
        yield from _mails(address, list(found), now)


def _mails(address: str, notices: Sequence[Notice], now: datetime) -> Iterator[Sequence[Notice]]:
    before = outbox.mails_since(address, now - DAY)
    room = MOST_MAILS - len(before)
    if room <= 0:
        outbox.hold(notices, now, before[0] + DAY)
    elif len(notices) > room:
        yield notices
    else:
        yield from ([notice] for notice in notices)
