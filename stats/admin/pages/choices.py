"""What the text fields of the filter suggest; fetched when somebody opens the form."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from stats.admin.pages.base import SitePage
from stats.query.filters import call_filters


class FilterChoices(SitePage):
    """JSON: by filter, the texts that there are."""

    path = "reports/choices/"
    name = "reports_choices"

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        filters = call_filters().items()
        return JsonResponse(
            {name: [*one.suggestions()] for name, one in filters if one.suggestions}
        )
