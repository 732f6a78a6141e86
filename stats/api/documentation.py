"""The operations of the OpenAPI document, as decorators of views."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)

from stats.api import parameters, parsing, schema
from stats.api.schema import Schema, ref
from stats.ingest.validation import ID_SCHEMA, WARNINGS
from stats.query.filters import CallFilterSet
from stats.query.parameters import Parameter

Decorator = Callable[[Any], Any]
WARNING_CODES = ", ".join(f"`{name}`" for name in WARNINGS)
USER_ID = OpenApiParameter("user_id", dict(ID_SCHEMA), OpenApiParameter.PATH)
CALL_ID = OpenApiParameter("call_id", dict(ID_SCHEMA), OpenApiParameter.PATH)
LOCATION = OpenApiParameter(
    "Location",
    schema.TEXT,
    OpenApiParameter.HEADER,
    description="Where the call is.",
    response=[201],
)
USAGE_WARNINGS = OpenApiParameter(
    "Usage-Warnings",
    schema.TEXT,
    OpenApiParameter.HEADER,
    description=f"Warnings about the stored call: {WARNING_CODES}; of an array with the number of "
    "calls, `no-usage;calls=3`.",
    response=[201],
)
CLOSED_MONTHS = OpenApiParameter(
    "Usage-Warnings",
    schema.TEXT,
    OpenApiParameter.HEADER,
    description="Closed months in which the user's calls are of another group now: each gets an "
    'adjustment, `closed-month;months="2026-09 2026-10"`.',
    response=[200, 201],
)
IDEMPOTENCY_KEY = OpenApiParameter(
    parsing.IDEMPOTENCY_KEY,
    {"type": "string", "pattern": parsing.IDEMPOTENCY_KEY_PATTERN},
    OpenApiParameter.HEADER,
    description="Makes the request safe to repeat: a request with the same key and body gets the "
    "first answer again and writes nothing. Kept for IDEMPOTENCY_KEEP_HOURS.",
)
IDEMPOTENCY_REPLAYED = OpenApiParameter(
    "Idempotency-Replayed",
    {"const": "true"},
    OpenApiParameter.HEADER,
    description="The answer is that to an earlier request.",
    response=[201],
)
BODY_ERRORS = {
    413: "The body has more than 10 MiB or more than 10,000 calls.",
    415: "The type is not application/json, or there is a Content-Encoding.",
}
NOT_FOUND = {404: "There is nothing at this address."}
CONFLICT = {409: "Another request changed the same records just now: repeat this one."}
OTHER_BODY = {422: "The Idempotency-Key was used before with another body."}


def _operation(
    name: str,
    tag: str,
    summary: str,
    answers: Mapping[int, Schema],
    *,
    parameters: Sequence[OpenApiParameter],
    body: Schema | None = None,
    problems: Mapping[int, str] | None = None,
) -> Decorator:
    responses = {status: OpenApiResponse(form) for status, form in answers.items()} | {
        status: OpenApiResponse(ref("Problem"), description)
        for status, description in (problems or {}).items()
    }
    return extend_schema(
        operation_id=name,
        summary=summary,
        tags=[tag],
        parameters=list(parameters),
        request={"application/json": body} if body else None,
        responses=responses,
        # A session may read only. The stubs say names; the document wants requirements.
        auth=[{"apiKey": []}] if body else None,  # type: ignore[list-item]
    )


def _query(parameters: Mapping[str, Parameter]) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(name, dict(one.schema), description=one.description)
        for name, one in parameters.items()
    ]


class FilteredSchema(AutoSchema):
    """The schema of a view whose GET takes the filters of calls."""

    def get_override_parameters(self) -> list[Any]:
        return _query(CallFilterSet.declared()) if self.method == "GET" else []


RECORD_CALL = _operation(
    "record_call",
    "calls",
    "Record a call",
    {201: ref("Call")},
    parameters=[IDEMPOTENCY_KEY, LOCATION, USAGE_WARNINGS, IDEMPOTENCY_REPLAYED],
    body=ref("NewCall"),
    problems=BODY_ERRORS | CONFLICT | OTHER_BODY,
)
RECORD_CALLS = _operation(
    "record_calls",
    "calls",
    "Record many calls",
    {201: ref("Created")},
    parameters=[IDEMPOTENCY_KEY, USAGE_WARNINGS, IDEMPOTENCY_REPLAYED],
    body=ref("NewCalls"),
    problems=BODY_ERRORS | CONFLICT | OTHER_BODY,
)
LIST_CALLS = _operation(
    "list_calls",
    "calls",
    "List calls",
    {200: ref("Page")},
    parameters=_query(parameters.PAGING),
)
READ_CALL = _operation(
    "read_call",
    "calls",
    "Read a call",
    {200: ref("Call")},
    parameters=[CALL_ID],
    problems=NOT_FOUND,
)

BUDGETS = _operation(
    "list_budgets",
    "budgets",
    "What is left of budgets",
    {200: ref("Budgets")},
    parameters=_query(parameters.BUDGETS),
)

ADOPTED = {405: "In adopted mode users and jobs belong to the other application."}


def _put(kind: str, *headers: OpenApiParameter) -> Decorator:
    return _operation(
        f"put_{kind}",
        "people",
        f"Create or rename a {kind}",
        {200: ref(kind.title()), 201: ref(kind.title())},
        parameters=[OpenApiParameter(f"{kind}_id", schema.OWN_ID, OpenApiParameter.PATH), *headers],
        body=ref(f"Named{kind.title()}"),
        problems=BODY_ERRORS | CONFLICT | ADOPTED | NOT_FOUND,
    )


PUT_USER = _put("user", CLOSED_MONTHS)
PUT_JOB = _put("job")


def statistic(name: str, summary: str, result: str, *path: OpenApiParameter) -> Decorator:
    """A decorator for the view of a statistic, named like the function that it asks."""

    def documented(view: Any) -> Any:
        accepted = {name: parameters.STATISTICS[name] for name in view.accepted}
        operation = _operation(
            name,
            "statistics",
            summary,
            {200: ref(result)},
            parameters=[*path, *_query(accepted)],
            problems=NOT_FOUND if path else None,
        )
        return extend_schema_view(get=operation)(view)

    return documented
