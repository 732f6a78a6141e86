"""The base classes of endpoints."""

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
    """Reads nothing: `stats.api.parsing` reads the body. REST framework calls a parser only to look
    for a CSRF token in a form."""

    media_type = ANYTHING

    def parse(self, *_args: object, **_kwargs: object) -> QueryDict:
        return QueryDict()


class Negotiation(DefaultContentNegotiation):
    """Most clients accept anything and get the first renderer: saves 2 % of the time of a POST."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Raises `NotAcceptable` if no renderer is acceptable."""
        if request.META.get("HTTP_ACCEPT", ANYTHING) == ANYTHING:
            first = next(iter(renderers))
            return first, first.media_type
        selected: tuple[BaseRenderer, str]
        selected = super().select_renderer(request, renderers, format_suffix)
        return selected


class AnswersOptions(APIView):
    """Answers OPTIONS with `Allow` alone: the schema has the rest."""

    def options(  # type: ignore[override]  # the stubs promise REST framework's own answer
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """REST framework adds `Allow`."""
        return HttpResponse()


class Endpoint(AnswersOptions):
    """An address of the API: its answers have the headers of the key's rate, and no cache keeps
    them."""

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
