"""Notices as a mail, in text and HTML, in their recipient's language."""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from urllib.parse import urlsplit

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from stats.core.sentences import Sentence
from stats.models import Notice, Recipient
from stats.notices.failure import NotSentError, no_answer
from stats.notices.registry import OCCASIONS


def send(notices: Sequence[Notice], recipient: Recipient) -> None:
    """All in one mail. Raises `NotSentError`."""
    deliver(mail_of(notices, recipient))


def deliver(mail: EmailMultiAlternatives) -> None:
    """Raises `NotSentError`."""
    if not settings.MAIL_IS_SET_UP:
        raise NotSentError(Sentence(gettext_noop("EMAIL_URL is not set.")))
    try:
        mail.send()
    except SMTPResponseException as error:
        raise _answered(error.smtp_code, error.smtp_error) from error
    except SMTPRecipientsRefused as error:
        # A mail has one recipient.
        ((code, text),) = error.recipients.values()
        raise _answered(code, text) from error
    # The network's, and smtplib's others.
    except OSError as error:
        raise no_answer(error) from error


def _answered(code: int, text: bytes | str) -> NotSentError:
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    words = {"answer": f"{code} {' '.join(said.split())}"}
    return NotSentError(Sentence(gettext_noop("The mail server answered: %(answer)s"), words))


def mail_of(notices: Sequence[Notice], recipient: Recipient) -> EmailMultiAlternatives:
    """The whole mail. The same notices have always the same Message-ID, and no others have it: a
    mail server may drop what it has seen."""
    with translation.override(recipient.language):
        messages = [OCCASIONS[notice.occasion].tell(notice.facts) for notice in notices]
        subject = messages[0].subject
        if len(messages) > 1:
            subject = _("%(count)s notices of the Usage Ledger") % {"count": len(messages)}
        context = {
            "subject": subject,
            "messages": messages,
            "site": settings.SITE_URL,
            "language": recipient.language,
        }
        text = render_to_string("notices/mail.txt", context)
        html = render_to_string("notices/mail.html", context)
    return made(subject, text, html, recipient.address, notices)


def made(
    subject: str, text: str, html: str, address: str, notices: Sequence[Notice]
) -> EmailMultiAlternatives:
    """A mail that tells these notices; its style may stand in the head of `html`."""
    mail = EmailMultiAlternatives(
        # An endpoint may hold what no header may.
        " ".join(subject.split()),
        text,
        to=[address],
        headers={
            "Message-ID": f"<{_id_of(notices)}@{urlsplit(settings.SITE_URL).hostname}>",
            # Each that it tells, under its own id.
            "Notice-Ids": " ".join(notice.public_id for notice in notices),
            # No answers by absence assistants.
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(_inliner().inline(html), "text/html")
    return mail


def _id_of(notices: Sequence[Notice]) -> str:
    ids = [notice.public_id for notice in notices]
    return ids[0] if len(ids) == 1 else sha256(" ".join(ids).encode()).hexdigest()


@cache
def _inliner() -> css_inline.CSSInliner:
    """It reads nothing from files and networks."""
    return css_inline.CSSInliner(load_remote_stylesheets=False)
