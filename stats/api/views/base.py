"""What all endpoints share."""

from django.http import QueryDict
from rest_framework.parsers import BaseParser
from rest_framework.views import APIView


class UnreadParser(BaseParser):
    """Leaves the body to `stats.api.parsing`.

    Only REST framework's search for a session's CSRF token in a form ever asks a parser.
    """

    media_type = "*/*"

    def parse(self, *_args: object, **_kwargs: object) -> QueryDict:
        """No form is read here."""
        return QueryDict()


class Endpoint(APIView):
    """An address that knows the methods it has, and no OPTIONS: the schema tells more."""

    http_method_names = ["get", "head", "post", "put"]
    parser_classes = [UnreadParser]
