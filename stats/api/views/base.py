"""What all endpoints share."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse, QueryDict
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from stats.api import refusals
from stats.api.throttling import KeyThrottle

ANYTHING = "*/*"


class UnreadParser(BaseParser):
    """Leaves the body to `stats.api.parsing`.

    Only REST framework's search for a session's CSRF token in a form ever asks a parser.
    """

    media_type = ANYTHING

    def parse(self, *_args: object, **_kwargs: object) -> QueryDict:
        """No form is read here."""
        return QueryDict()


class Negotiation(DefaultContentNegotiation):
    """Whoever accepts anything, as most do, gets the first: 2 % of a post's time was spent here."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Raises `NotAcceptable` where nothing that is offered is accepted."""
        if request.META.get("HTTP_ACCEPT", ANYTHING) == ANYTHING:
            first = next(iter(renderers))
            return first, first.media_type
        selected: tuple[BaseRenderer, str]
        selected = super().select_renderer(request, renderers, format_suffix)
        return selected


class AnswersOptions(APIView):
    """OPTIONS tells the methods in `Allow`, and nothing else: the schema tells more."""

    def options(  # type: ignore[override]  # the stubs promise REST framework's own answer
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """REST framework adds `Allow`. Its own answer has a body, and a page no template for it."""
        return HttpResponse()


class Endpoint(AnswersOptions):
    """An address that knows the methods it has.

    Each answer to a key tells its rate, and none is kept by a cache on the way.
    """

    http_method_names = ["get", "head", "post", "put", "options"]
    parser_classes = [UnreadParser]
    content_negotiation_class = Negotiation

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.throttle = KeyThrottle()

    def handle_exception(self, exc: Exception) -> Response:
        answer: Response = super().handle_exception(exc)
        refusals.keep(self.request, answer)
        return answer

    def get_throttles(self) -> list[BaseThrottle]:
        return [self.throttle]

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        finalized: Response = super().finalize_response(request, response, *args, **kwargs)
        finalized["Cache-Control"] = "no-store"
        for name, value in self.throttle.headers.items():
            finalized[name] = value
        return finalized
