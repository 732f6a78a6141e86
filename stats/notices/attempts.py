"""One attempt to send notices: claimed before, noted after."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_noop

from stats.core.sentences import Sentence, of_unexpected
from stats.models import Notice, Recipient
from stats.notices import outbox, recipients
from stats.notices.failure import NotSentError

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """How many notices were sent, and how many were not."""

    sent: int = 0
    failed: int = 0

    @property
    def sentence(self) -> Sentence:
        """For whoever looks at the jobs."""
        words = {"sent": self.sent, "failed": self.failed}
        return Sentence(gettext_noop("Sent: %(sent)s; failed: %(failed)s."), words)

    def note(self, notices: Sequence[Notice], error: NotSentError | None, now: datetime) -> None:
        """What became of an attempt."""
        if error is None:
            self.sent += len(notices)
        else:
            self.failed += len(notices)
        for notice in notices:
            if error is None:
                outbox.note_sent(notice, now)
            else:
                logger.warning("Notice %s was not sent: %s", notice.public_id, error)
                outbox.note_failure(notice, error.sentence, now, is_final=error.is_final)

    def claim(self, notices: Sequence[Notice], now: datetime) -> tuple[Recipient, list[Notice]]:
        """The recipient that they have in common, and those of them that are the caller's to send.

        What the recipient may not hear of is given up.
        """
        to = recipients.recipient(notices[0].recipient)
        claimed = [notice for notice in notices if outbox.claim(notice, now)]
        deaf = [one for one in claimed if not recipients.hears_of(to, one.group)]
        self.note(deaf, not_for(to), now)
        return to, [one for one in claimed if one not in deaf]


def not_for(to: Recipient) -> NotSentError:
    """Of something that a recipient who is limited to a group may not hear of."""
    words = {"group": to.group or ""}
    text = gettext_noop("The recipient hears of group %(group)s alone.")
    return NotSentError(Sentence(text, words), is_final=True)


def error_of(send: Callable[[], None]) -> NotSentError | None:
    """Why an attempt failed; None if it did not. An error of ours holds up no other notice."""
    try:
        send()
    except NotSentError as error:
        return error
    except Exception as error:
        logger.exception("A notice could not be made")
        return NotSentError(of_unexpected(error))
    return None
