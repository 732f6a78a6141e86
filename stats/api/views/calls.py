"""POST calls/, GET calls/, GET calls/<id>/."""

from typing import Any

from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from stats import recording
from stats.api import documentation, parameters, parsing
from stats.api.errors import TooLargeError
from stats.api.representation import call_form, warnings_header
from stats.api.views.base import Endpoint
from stats.filters import CallFilterSet
from stats.models import APIUsageStats
from stats.paging import Page, page_of


class CallsView(Endpoint):
    """The calls: record one or many, list them."""

    @documentation.RECORD_CALLS
    def post(self, request: Request) -> Response:
        """One call or an array of them, all written or none."""
        parameters.read(request.query_params)
        given = parsing.decode(parsing.body_of(request))
        return _record_many(given) if isinstance(given, list) else _record_one(given)

    @documentation.LIST_CALLS
    def get(self, request: Request) -> Response:
        """One page of the calls that the filters select."""
        page = _page_of(request.query_params)
        return Response(
            {
                "next": _url(request, page.next_cursor),
                "previous": _url(request, page.previous_cursor),
                "results": [call_form(call) for call in page.calls],
            }
        )


class CallView(Endpoint):
    """One call."""

    @documentation.READ_CALL
    def get(self, request: Request, call_id: int) -> Response:
        """The call, or 404."""
        parameters.read(request.query_params)
        call = APIUsageStats.objects.filter(pk=call_id).first()
        if call is None:
            raise Http404
        return Response(call_form(call))


def _record_one(given: object) -> Response:
    recorded = recording.record_call(given, timezone.now())
    location = {"Location": reverse("api:call", args=[recorded.call.pk])}
    headers = location | warnings_header(recorded.warnings)
    return Response(call_form(recorded.call), 201, headers=headers)


def _record_many(given: list[Any]) -> Response:
    if len(given) > parsing.MAX_RECORDS:
        raise TooLargeError(f"At most {parsing.MAX_RECORDS} calls are accepted at once.")
    recorded = recording.record_calls(given, timezone.now())
    headers = warnings_header(recorded.warnings)
    return Response({"created": recorded.created}, 201, headers=headers)


def _page_of(query: QueryDict) -> Page:
    page = parameters.read(query, parameters.PAGING, also_allowed=CallFilterSet.base_filters)
    filters = CallFilterSet(
        query, now=timezone.now(), also_allowed=[paging.name for paging in parameters.PAGING]
    )
    if not filters.is_valid():
        raise ValidationError(filters.errors)
    try:
        return page_of(
            filters.qs,
            by_time=not filters.selection.range.is_all_time,
            newest_first=page.get("ordering", parameters.NEWEST) == parameters.NEWEST,
            cursor=page.get("cursor", ""),
            size=page.get("page_size", parameters.DEFAULT_PAGE_SIZE),
        )
    except ValueError as error:
        raise ValidationError({"cursor": [str(error)]}) from None


def _url(request: Request, cursor: str) -> str | None:
    if not cursor:
        return None
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"?{query.urlencode()}")
