"""POST calls/, POST calls/batch/, GET calls/, GET calls/<id>/."""

import msgspec
from django.http import Http404, HttpResponse, QueryDict
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from stats.api import documentation, parameters, parsing
from stats.api.authentication import service_of
from stats.api.views.base import Endpoint
from stats.ingest.posting import post
from stats.models import APIUsageStats
from stats.models.calls import call_form
from stats.ops import metrics
from stats.query.engine import TooManyCallsError
from stats.query.listing import listed
from stats.query.paging import Page
from stats.query.parameters import ParametersError
from stats.query.request import request_of
from stats.rollups.folding import reading_at


class CallsView(Endpoint):
    """Record one or many calls, or list them."""

    schema = documentation.FilteredSchema()

    @documentation.RECORD_CALL
    def post(self, request: Request) -> HttpResponse:
        """Records a call; with an Idempotency-Key, once. Accepts an array, as `calls/batch/`."""
        return _posted(request)

    @documentation.LIST_CALLS
    def get(self, request: Request) -> Response:
        """One page of the calls that match the filters."""
        page = _page_of(request.query_params)
        return Response(
            {
                "next": _url(request, page.next_cursor),
                "previous": _url(request, page.previous_cursor),
                "results": [call_form(call.pk, call) for call in page.calls],
            }
        )


class BatchView(Endpoint):
    @documentation.RECORD_CALLS
    def post(self, request: Request) -> HttpResponse:
        """Records an array of calls, all or none; with an Idempotency-Key, once."""
        return _posted(request, array_only=True)


class CallView(Endpoint):
    @documentation.READ_CALL
    def get(self, request: Request, call_id: int) -> Response:
        """The call, or 404."""
        parameters.refuse_any(request)
        call = APIUsageStats.objects.filter(pk=call_id).first()
        if call is None:
            raise Http404
        return Response(call_form(call.pk, call))


def _posted(request: Request, *, array_only: bool = False) -> HttpResponse:
    parameters.refuse_any(request)
    key, body = parsing.idempotency_key_of(request), parsing.body_of(request)
    # The request's own path, since `reverse` took 3 % of the time of a POST.
    answer = post(
        body,
        key,
        timezone.now(),
        service=service_of(request),
        address=request.path,
        array_only=array_only,
    )
    headers = answer.headers
    if answer.is_repeat:
        metrics.REPEATED_POSTS.inc()
        headers = headers | {"Idempotency-Replayed": "true"}
    else:
        metrics.count_recorded(rows=answer.content.get("created", 1))
    # REST framework's renderer takes ten times as long.
    content = msgspec.json.encode(answer.content)
    return HttpResponse(content, parsing.JSON, 201, headers=headers)


def _page_of(query: QueryDict) -> Page:
    now = timezone.now()
    try:
        request = request_of(query, now, parameters.PAGING, refuses_empty=True)
    except ParametersError as error:
        raise ValidationError(error.errors) from None
    try:
        with reading_at(now):
            return listed(
                request.of_kind,
                newest_first=request.own.get("ordering", parameters.NEWEST) == parameters.NEWEST,
                cursor=request.own.get("cursor", ""),
                size=request.own.get("page_size", parameters.DEFAULT_PAGE_SIZE),
            )
    except TooManyCallsError:
        message = "Too many calls to look through: ask for a shorter time, a user or a job."
        raise ValidationError({"failure": [message]}) from None
    except ValueError as error:
        raise ValidationError({"cursor": [str(error)]}) from None


def _url(request: Request, cursor: str) -> str | None:
    if not cursor:
        return None
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"?{query.urlencode()}")
