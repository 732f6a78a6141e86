"""A whole letter: its subject, text, HTML and statement, in a language."""

from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_noop

from stats.core.sentences import Sentence
from stats.letters import statement
from stats.letters.contents import contents
from stats.letters.scope import Scope
from stats.letters.text import plain_text
from stats.letters.writing import written
from stats.models import Notice
from stats.notices import mail
from stats.notices.failure import NotSentError
from stats.query.engine import TooManyCallsError

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Composed:
    """Ready to be sent: the same for the same data, scope and language."""

    subject: str
    text: str
    html: str
    file_name: str
    file: bytes

    def mail_of(self, notice: Notice) -> EmailMultiAlternatives:
        """To its recipient."""
        made = mail.made(self.subject, self.text, self.html, notice.recipient, [notice])
        made.attach(self.file_name, self.file, XLSX)
        return made


def composed(scope: Scope, language: str) -> Composed:
    """Raises `NotSentError`."""
    try:
        return _composed(scope, language)
    except TooManyCallsError as error:
        text = gettext_noop("There are no sums, and too many calls to read one by one.")
        raise NotSentError(Sentence(text)) from error


def _composed(scope: Scope, language: str) -> Composed:
    with translation.override(language):
        found = contents(scope)
        letter = written(found)
        context = {
            "subject": letter.subject,
            "letter": letter,
            "body": plain_text(letter, settings.SITE_URL),
            "site": settings.SITE_URL,
            "language": language,
        }
        return Composed(
            letter.subject,
            render_to_string("letters/letter.txt", context),
            render_to_string("letters/letter.html", context),
            statement.file_name(scope),
            statement.file(statement.statement_of(scope), scope),
        )
