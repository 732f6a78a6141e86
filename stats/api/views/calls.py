"""POST calls/, POST calls/batch/, GET calls/, GET calls/<id>/."""

from collections.abc import Callable
from functools import partial

import msgspec
from django.http import Http404, HttpResponse, QueryDict
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from stats.api import documentation, parameters, parsing
from stats.api.authentication import service_of
from stats.api.errors import TooLargeError
from stats.api.representation import call_form, warnings_header
from stats.api.views.base import Endpoint
from stats.db import sql, transactions
from stats.ingest import idempotency, recording
from stats.ingest.idempotency import Answer, Claim
from stats.ingest.validation import NewCall
from stats.models import APIUsageStats
from stats.ops import metrics
from stats.query.engine import TooManyCallsError
from stats.query.listing import listed
from stats.query.paging import Page
from stats.query.parameters import ParametersError
from stats.query.request import request_of
from stats.rollups.folding import reading_at


class CallsView(Endpoint):
    """The calls: record one or many, list them."""

    schema = documentation.FilteredSchema()

    @documentation.RECORD_CALL
    def post(self, request: Request) -> HttpResponse:
        """One call; with an Idempotency-Key, once. An array is taken too, as by `calls/batch/`."""
        return _recorded(request, partial(_writer, path=request.path))

    @documentation.LIST_CALLS
    def get(self, request: Request) -> Response:
        """One page of the calls that the filters select."""
        page = _page_of(request.query_params)
        return Response(
            {
                "next": _url(request, page.next_cursor),
                "previous": _url(request, page.previous_cursor),
                "results": [call_form(call.pk, call) for call in page.calls],
            }
        )


class BatchView(Endpoint):
    """Many calls at once."""

    @documentation.RECORD_CALLS
    def post(self, request: Request) -> HttpResponse:
        """An array of calls, all written or none; with an Idempotency-Key, once."""
        return _recorded(request, _writer_of_many)


class CallView(Endpoint):
    """One call."""

    @documentation.READ_CALL
    def get(self, request: Request, call_id: int) -> Response:
        """The call, or 404."""
        parameters.refuse_any(request)
        call = APIUsageStats.objects.filter(pk=call_id).first()
        if call is None:
            raise Http404
        return Response(call_form(call.pk, call))


# Checks everything that was given, and returns what writes it. Whatever is a 4xx is raised here or,
# where a foreign key tells of it, by the writing.
Writer = Callable[[object], Callable[[], Answer]]


def _recorded(request: Request, writer: Writer) -> HttpResponse:
    parameters.refuse_any(request)
    key = parsing.idempotency_key_of(request)
    body = parsing.body_of(request)
    sql.wait_at_most(transactions.LONGEST_WAIT)
    if key is None:
        return _created(transactions.repeated(writer(parsing.decode(body))))
    return _created_once(idempotency.claim(service_of(request), key, body), body, writer)


def _created_once(wanted: Claim, body: bytes, writer: Writer) -> HttpResponse:
    """What the first request under the key was answered; this one, if it is the first."""
    if answer := idempotency.first_answer(wanted):
        return _created(answer, is_repeated=True)
    answer, is_new = idempotency.write_once(wanted, writer(parsing.decode(body)))
    return _created(answer, is_repeated=not is_new)


def _created(answer: Answer, *, is_repeated: bool = False) -> HttpResponse:
    mark = {}
    if is_repeated:
        metrics.REPEATED_POSTS.inc()
        mark = {"Idempotency-Replayed": "true"}
    else:
        metrics.count_recorded(rows=answer.content.get("created", 1))
    # Not through REST framework's renderer, which takes ten times as long.
    content = msgspec.json.encode(answer.content)
    return HttpResponse(content, parsing.JSON, 201, headers=answer.headers | mark)


def _writer(given: object, path: str) -> Callable[[], Answer]:
    """Of one call or an array; one is found below `path` then."""
    if isinstance(given, list):
        return _writer_of_many(given)
    return partial(_write_one, recording.check_call(given, timezone.now()), path)


def _writer_of_many(given: object) -> Callable[[], Answer]:
    if not isinstance(given, list):
        raise ValidationError({"non_field_errors": ["An array is needed."]})
    if len(given) > parsing.MAX_RECORDS:
        raise TooLargeError(f"At most {parsing.MAX_RECORDS} calls are accepted at once.")
    return partial(_write_many, recording.check_calls(given, timezone.now()))


def _write_one(new: NewCall, path: str) -> Answer:
    call_id = recording.write_call(new)
    # `reverse` looks at each pattern of the site anew: 3 % of the time of a post.
    location = {"Location": f"{path.rstrip('/')}/{call_id}/"}
    return Answer(
        call_form(call_id, new), location | warnings_header(new.warnings, new.unknown_keys)
    )


def _write_many(new_calls: list[NewCall]) -> Answer:
    recorded = recording.write_calls(new_calls)
    warnings = warnings_header(recorded.warnings, recorded.unknown_keys)
    return Answer({"created": recorded.created}, warnings)


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
