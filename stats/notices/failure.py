"""Why a notice could not be sent."""


class NotSentError(Exception):
    """Its text is a sentence for administrators.

    After one that `is_final` no attempt would help. After one that `is_silent` nobody answered:
    others need not be tried at once.
    """

    def __init__(self, text: str, *, is_final: bool = False, is_silent: bool = False) -> None:
        super().__init__(text)
        self.is_final = is_final
        self.is_silent = is_silent
