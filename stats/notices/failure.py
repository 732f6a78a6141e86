"""Why a notice could not be sent."""

from django.utils.translation import gettext_noop

from stats.core.sentences import Sentence, SentenceError


class NotSentError(SentenceError):
    """Its sentence is for administrators.

    After one that `is_final` no attempt would help. After one that `is_silent` nobody answered:
    others need not be tried at once.
    """

    def __init__(
        self, sentence: Sentence, *, is_final: bool = False, is_silent: bool = False
    ) -> None:
        super().__init__(sentence)
        self.is_final = is_final
        self.is_silent = is_silent


def no_answer(error: Exception) -> NotSentError:
    """Of an error of the network, in the words of its library."""
    words = {"error": f"{type(error).__name__}: {error}"}
    return NotSentError(Sentence(gettext_noop("No answer: %(error)s"), words), is_silent=True)
