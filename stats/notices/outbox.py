"""The only writer of notices: written once, claimed before they are sent, noted after."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import uuid4

from django.db.models import F, QuerySet

from stats.core.sentences import Sentence, stored
from stats.models import Notice, Recipient
from stats.models.notices import NoticeState
from stats.notices.fact import Fact
from stats.notices.recipients import WEBHOOK, deaf_to, normalized

# So long a process that sends has a notice for itself. It is longer than any attempt takes.
CLAIM = timedelta(minutes=5)
# From one failed attempt to the next, as the Standard Webhooks specification has them: three days.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# So long others wait for a receiver that did not answer one.
PATIENCE = timedelta(minutes=1)
# Characters of a word in a failure: a server may have answered with a page.
WORD_LENGTH = 300
TEST = "test"
# Letters are sent by `stats.letters`, which asks more than a notice holds.
LETTERS = LETTER_MONTH, LETTER_WEEK = "letter.month", "letter.week"


def write(
    occasion: str,
    fact: Fact,
    recipients: Iterable[str],
    now: datetime,
    *,
    is_asked_for: bool = False,
) -> int:
    """Have a fact told to each recipient who may hear of it and was not told before; how many.

    Called in the transaction that notes the fact.
    """
    addresses = set(map(normalized, recipients))
    made = [
        Notice.objects.get_or_create(
            occasion=occasion,
            key=fact.key,
            recipient=address,
            defaults={
                "public_id": f"msg_{uuid4().hex}",
                "group": fact.group,
                "facts": dict(fact.facts),
                "created_at": now,
                "next_attempt_at": now,
                "is_asked_for": is_asked_for,
            },
        )[1]
        for address in sorted(addresses - deaf_to(addresses, fact.group))
    ]
    return sum(made)


def write_test(to: Recipient, asked_by: str, now: datetime) -> None:
    """Have a test sent now."""
    fact = Fact(uuid4().hex, {"asked_by": asked_by}, to.group)
    write(TEST, fact, [to.address], now, is_asked_for=True)


def due_mails(now: datetime, most: int) -> list[Notice]:
    """Those to be sent by mail, the most overdue first."""
    mails = _due(now).exclude(recipient__startswith=WEBHOOK)
    return list(mails.exclude(occasion__in=LETTERS)[:most])


def due_letters(now: datetime, most: int) -> list[Notice]:
    """Those letters to be sent, the most overdue first."""
    return list(_due(now).filter(occasion__in=LETTERS)[:most])


def due_webhooks(now: datetime, most: int) -> list[Notice]:
    """Those to be posted, the most overdue first."""
    return list(_due(now).filter(recipient__startswith=WEBHOOK)[:most])


def _due(now: datetime) -> QuerySet[Notice]:
    waiting = Notice.objects.filter(state=NoticeState.WAITING, next_attempt_at__lte=now)
    return waiting.order_by("next_attempt_at", "pk")


def claim(notice: Notice, now: datetime) -> bool:
    """Whether nobody else sends it: then it is the caller's for the time of `CLAIM`.

    If the caller dies, it is due again after that.
    """
    claimed = Notice.objects.filter(
        pk=notice.pk,
        state=NoticeState.WAITING,
        attempts=notice.attempts,
        next_attempt_at=notice.next_attempt_at,
    ).update(attempts=F("attempts") + 1, next_attempt_at=now + CLAIM)
    notice.attempts += claimed
    return bool(claimed)


def mails_since(address: str, since: datetime) -> list[datetime]:
    """When mails went to an address, in order, without those that somebody asked for. Notices may
    share one."""
    sent = Notice.objects.filter(recipient=address, sent_at__gt=since, is_asked_for=False)
    moments = sent.values_list("sent_at", flat=True).distinct().order_by("sent_at")
    return [moment for moment in moments if moment is not None]


def hold(notices: Iterable[Notice], now: datetime, until: datetime) -> None:
    """Those that nobody has claimed: not before then."""
    numbers = [notice.pk for notice in notices]
    due = Notice.objects.filter(pk__in=numbers, state=NoticeState.WAITING, next_attempt_at__lte=now)
    due.update(next_attempt_at=until)


def let_wait(notices: Iterable[Notice], now: datetime) -> None:
    """Those of them that are still due: their receiver does not answer."""
    hold(notices, now, now + PATIENCE)


def note_sent(notice: Notice, now: datetime) -> None:
    """After it was delivered, whoever may have claimed it since."""
    Notice.objects.filter(pk=notice.pk).exclude(state=NoticeState.SENT).update(
        state=NoticeState.SENT, sent_at=now, next_attempt_at=None, last_failure=""
    )


def note_failure(
    notice: Notice, failure: Sentence, now: datetime, *, is_final: bool = False
) -> None:
    """After an attempt failed. After the last one, or a final failure, it is given up."""
    is_over = is_final or notice.attempts > len(WAITS)
    Notice.objects.filter(pk=notice.pk, state=NoticeState.WAITING, attempts=notice.attempts).update(
        state=NoticeState.FAILED if is_over else NoticeState.WAITING,
        next_attempt_at=None if is_over else now + WAITS[notice.attempts - 1],
        last_failure=stored([_bounded(failure)]),
    )


def _bounded(failure: Sentence) -> Sentence:
    words = {
        name: word[:WORD_LENGTH] if isinstance(word, str) else word
        for name, word in failure.words.items()
    }
    return Sentence(failure.msgid, words)


def forget(notices: Iterable[Notice]) -> None:
    """Remove those whose facts are gone, so that they may be told when they are so again."""
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).delete()


def send_again(number: int, now: datetime) -> bool:
    """Have one sent now that was given up, waits or was sent, under its id, however many mails
    went that day. False if it is not there."""
    return bool(
        Notice.objects.filter(pk=number).update(
            state=NoticeState.WAITING,
            attempts=0,
            next_attempt_at=now,
            sent_at=None,
            is_asked_for=True,
        )
    )
