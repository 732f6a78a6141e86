"""The API's documentation, open to anybody: it holds no secret."""

from typing import NoReturn

from django.http import Http404
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from stats.api.views.base import AnswersOptions


class SchemaView(AnswersOptions, SpectacularAPIView):
    """The OpenAPI document, as JSON or, on request, YAML."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    # Each format with its vendor media type and the usual one.
    renderer_classes = [
        *(OpenApiJsonRenderer, OpenApiJsonRenderer2),
        *(OpenApiYamlRenderer, OpenApiYamlRenderer2),
    ]


class DocumentationView(AnswersOptions, SpectacularSwaggerSplitView):
    """Swagger UI from our own static files, with the CSP of every page."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    url_name = "api:schema"
    template_name = "stats/api_documentation.html"


class NothingHereView(APIView):
    """Any other address: 404 as JSON, whoever asks."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> NoReturn:
        raise Http404("There is nothing at this address.")
