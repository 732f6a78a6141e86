"""What the API says about itself, to anybody: there are no secrets in it."""

from typing import NoReturn

from django.http import Http404
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

# No OPTIONS: REST framework would describe what describes the others, and cannot as a page.
METHODS = ["get", "head"]


class SchemaView(SpectacularAPIView):
    """OpenAPI 3, as JSON unless YAML is asked for."""

    http_method_names = METHODS
    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = [OpenApiJsonRenderer, OpenApiYamlRenderer]


class DocumentationView(SpectacularSwaggerSplitView):
    """The schema to read and to try, from our own files, under the strict CSP of every page."""

    http_method_names = METHODS
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
        raise Http404("There is nothing at this address; each ends in a slash.")
