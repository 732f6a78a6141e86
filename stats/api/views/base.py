"""What all endpoints share."""

from typing import Any

from django.http import QueryDict
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from stats.api.throttling import KeyThrottle


class UnreadParser(BaseParser):
    """Leaves the body to `stats.api.parsing`.

    Only REST framework's search for a session's CSRF token in a form ever asks a parser.
    """

    media_type = "*/*"

    def parse(self, *_args: object, **_kwargs: object) -> QueryDict:
        """No form is read here."""
        return QueryDict()


class Endpoint(APIView):
    """An address that knows the methods it has, and no OPTIONS: the schema tells more.

    Each answer to a key tells its rate, and none is kept by a cache on the way.
    """

    http_method_names = ["get", "head", "post", "put"]
    parser_classes = [UnreadParser]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.throttle = KeyThrottle()

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
