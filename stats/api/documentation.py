"""Each operation's place in the OpenAPI document, as a decorator for its view."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from stats.api import parameters, parsing, schema
from stats.api.schema import Schema, ref
from stats.ingest.validation import ID_SCHEMA, WARNINGS
from stats.query.filters import CallFilterSet
from stats.query.parameters import Parameter

Decorator = Callable[[Any], Any]


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


USER_ID = OpenApiParameter("user_id", dict(ID_SCHEMA), OpenApiParameter.PATH)
OWN_USER_ID = OpenApiParameter("user_id", schema.OWN_ID, OpenApiParameter.PATH)
OWN_JOB_ID = OpenApiParameter("job_id", schema.OWN_ID, OpenApiParameter.PATH)
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
    description=f"What is noteworthy about what was stored: {_codes(WARNINGS)}; for an array with "
    "the number of calls, `no-usage;calls=3`.",
    response=[201],
)
IDEMPOTENCY_KEY = OpenApiParameter(
    parsing.IDEMPOTENCY_KEY,
    {"type": "string", "pattern": parsing.IDEMPOTENCY_KEY_PATTERN},
    OpenApiParameter.HEADER,
    description="Makes the request safe to repeat: with the same key and body the service gets "
    "the first answer again, and nothing is written. Kept for IDEMPOTENCY_KEEP_HOURS.",
)
IDEMPOTENCY_REPLAYED = OpenApiParameter(
    "Idempotency-Replayed",
    {"const": "true"},
    OpenApiParameter.HEADER,
    description="The answer is that to an earlier request.",
    response=[201],
)
BODY_ERRORS = {
    413: "More than 10 MiB, or more than 10,000 calls.",
    415: "Another type than application/json, or a Content-Encoding.",
}
NOT_FOUND = {404: "There is nothing at this address."}
CONFLICT = {409: "Another request changed the same records at the same moment: repeat this one."}
OTHER_BODY = {422: "The Idempotency-Key was used before, with another body."}


def _operation(
    name: str,
    tag: str,
    summary: str,
    answers: Mapping[int, Schema],
    *,
    parameters: Sequence[OpenApiParameter] = (),
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
    """Of an address whose GET takes the filters of calls."""

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

ADOPTED = {405: "Adopted, users and jobs belong to the other application."}
PUT_USER = _operation(
    "put_user",
    "people",
    "Create or rename a user",
    {200: ref("User"), 201: ref("User")},
    parameters=[OWN_USER_ID],
    body=ref("NamedUser"),
    problems=BODY_ERRORS | CONFLICT | ADOPTED | NOT_FOUND,
)
PUT_JOB = _operation(
    "put_job",
    "people",
    "Create or rename a job",
    {200: ref("Job"), 201: ref("Job")},
    parameters=[OWN_JOB_ID],
    body=ref("NamedJob"),
    problems=BODY_ERRORS | CONFLICT | ADOPTED | NOT_FOUND,
)


def statistic(
    name: str, summary: str, result: str, accepted: Sequence[str], *path: OpenApiParameter
) -> Decorator:
    """One of the statistics, named like the function it asks."""
    return _operation(
        name,
        "statistics",
        summary,
        {200: ref(result)},
        parameters=[*path, *_query({name: parameters.STATISTICS[name] for name in accepted})],
        problems=NOT_FOUND if path else None,
    )
