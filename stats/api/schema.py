"""The components of the OpenAPI document: bodies, errors, security.

The schema of a posted call is derived from the table that validates it,
`stats.ingest.validation.COLUMNS`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from stats.ingest import columns
from stats.ingest.posting import MOST_CALLS
from stats.ingest.shapes import RESPONSE_COST, SHAPES
from stats.ingest.validation import COLUMNS, COST_SCHEMA, EXAMPLE_CALL, ID_SCHEMA
from stats.models.budgets import Per
from stats.models.users_and_jobs import GROUP_LENGTH, NAME_LENGTH

Schema = dict[str, Any]

NULL: Schema = {"type": "null"}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
TEXT: Schema = {"type": "string"}
DAY: Schema = {"type": "string", "format": "date"}
LOCAL_MOMENT: Schema = {"type": "string", "format": "date-time"}


def ref(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Mapping[str, Any], optional: Iterable[str] = (), **more: Any) -> Schema:
    """An object with these keys alone; all but `optional` are required."""
    required = [name for name in properties if name not in optional]
    return {
        "type": "object",
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
        **more,
    }


def _nullable(schema: Mapping[str, Any]) -> Schema:
    return {"anyOf": [dict(schema), NULL]}


def _list_of(schema: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": schema, **more}


# ── calls ───────────────────────────────────────────────────────────────────────────────────────

CREATED_AT: Schema = {
    "type": ["string", "null"],
    "format": "date-time",
    "examples": ["2026-01-31T08:30:00+08:00"],
    "description": "When the call was made, for backfill: ISO 8601 with an offset (without one, in "
    "DATABASE_TIME_ZONE), at most 5 minutes in the future.",
}
# Both allow any key, so that clients can pass on what they have.
USAGE: Schema = {
    "type": "object",
    "additionalProperties": True,
    "description": "The usage object, with other keys ignored and a null as missing, in any of "
    f"these shapes: {', '.join(shape.name for shape in SHAPES)}.",
}
METADATA: Schema = {
    "type": "object",
    "additionalProperties": True,
    "description": "The metadata of the answer, unchanged, with the usage object under `usage`, or "
    "the usage object itself. Other keys are ignored; a null counts as missing.",
    # As a condition, which generators ignore: of a property they would make a type.
    "if": {"required": ["usage"], "additionalProperties": True},
    "then": {"properties": {"usage": {"type": ["object", "null"]}}, "additionalProperties": True},
}


def _new_call() -> Schema:
    """One object for all forms: of a union, generated clients silently take the wrong one."""
    fields: dict[str, Any] = {column.name: dict(column.schema) for column in COLUMNS} | {
        "metadata": ref("Metadata"),
        "usage": ref("Usage"),
        RESPONSE_COST: {**COST_SCHEMA, "description": "LiteLLM's, only beside `usage`."},
    }
    optional = fields.keys() - {column.name for column in COLUMNS if column.required}
    fields |= {name: _nullable(fields[name]) for name in optional}
    return _object(
        {**fields, "created_at": CREATED_AT},
        optional | {"created_at"},
        description="With `metadata` or `usage`, which decide on tokens and cost, or with the "
        "columns themselves. A null counts as missing.",
        examples=[EXAMPLE_CALL],
        **_one_form(),
    )


def _one_form() -> Schema:
    """Conditions that exclude mixed forms, which generators ignore."""
    decided = [column.name for column in COLUMNS if not column.is_argument]
    with_usage = _if_given("usage", decided, _nulls([RESPONSE_COST]))
    return _if_given("metadata", [*decided, "usage", RESPONSE_COST], with_usage)


def _if_given(name: str, excluded: Iterable[str], otherwise: Schema) -> Schema:
    given = {"properties": {name: {"type": "object"}}, "required": [name]}
    return {
        "if": {**given, "additionalProperties": True},
        "then": _nulls(excluded),
        "else": otherwise,
    }


def _nulls(names: Iterable[str]) -> Schema:
    return {"properties": dict.fromkeys(names, NULL), "additionalProperties": True}


def _dictionary_form() -> Schema:
    """A call as `APIUsageStats.to_dict` returns it, with the offset of TIME_ZONE."""
    counts = ("prompt_tokens", "completion_tokens", "total_tokens")
    return _object(
        {
            "id": INTEGER,
            "user_id": INTEGER,
            "job_id": _nullable(INTEGER),
            "api_endpoint": TEXT,
            **{name: _nullable(INTEGER) for name in counts},
            "prompt_unit_price": NUMBER,
            "prompt_price_unit": _nullable(TEXT),
            "cost": NUMBER,
            "response_time_ms": _nullable(INTEGER),
            "success": {"type": ["boolean", "null"]},
            "error_message": _nullable(TEXT),
            "created_at": _nullable(LOCAL_MOMENT),
        }
    )


CALLS: dict[str, Schema] = {
    "Metadata": METADATA,
    "Usage": USAGE,
    "NewCall": _new_call(),
    "NewCalls": _list_of(ref("NewCall"), maxItems=MOST_CALLS),
    "Call": _dictionary_form(),
    "Created": _object({"created": {**INTEGER, "description": "The number of calls written."}}),
    "Page": _object(
        {
            "next": _nullable(
                {
                    **TEXT,
                    "format": "uri",
                    "description": "The next page; null at the end. With some filters a page may "
                    "have fewer calls than `page_size`, or none, and still have a next page.",
                }
            ),
            "previous": _nullable({**TEXT, "format": "uri"}),
            "results": _list_of(ref("Call")),
        }
    ),
}

# ── users and jobs ──────────────────────────────────────────────────────────────────────────────

NAME: Schema = {"type": "string", "minLength": 1, "maxLength": NAME_LENGTH, "pattern": r"\S"}
GROUP: Schema = {"type": "string", "maxLength": GROUP_LENGTH}
OWN_ID: Schema = {**ID_SCHEMA, "maximum": columns.INT_MAX}

USERS_AND_JOBS: dict[str, Schema] = {
    "NamedUser": _object(
        {
            "name": NAME,
            "group": {
                **GROUP,
                "description": "Without it the group stays; empty: in none.",
            },
            "group_since": {
                **DAY,
                "description": "The local day from which the group holds, not after today: what "
                "was said of later days is replaced. Without it a new group holds from today on.",
            },
        },
        ["group", "group_since"],
    ),
    "User": _object({"id": INTEGER, "name": NAME, "group": GROUP}),
    "NamedJob": _object({"name": NAME, "user_id": _nullable(OWN_ID)}, ["user_id"]),
    "Job": _object({"id": INTEGER, "name": NAME, "user_id": _nullable(INTEGER)}),
}

# ── the statistics ──────────────────────────────────────────────────────────────────────────────

COSTS: Schema = {
    "type": "object",
    "additionalProperties": NUMBER,
    "description": "The cost per currency, if there are several.",
}
MILLISECONDS: Schema = {**NUMBER, "description": "Milliseconds."}
COUNTS: dict[str, Schema] = {
    "total_calls": INTEGER,
    "successful_calls": INTEGER,
    "failed_calls": INTEGER,
}


def _statistic(**properties: Schema) -> Schema:
    return _object({**properties, "costs": COSTS}, ["costs"])


STATISTICS: dict[str, Schema] = {
    "UserStatistics": _statistic(
        **COUNTS,
        success_rate={**NUMBER, "description": "Percent."},
        total_tokens=INTEGER,
        total_cost=NUMBER,
        avg_response_time=MILLISECONDS,
    ),
    "DayStatistics": _statistic(date=DAY, **COUNTS, total_tokens=INTEGER, total_cost=NUMBER),
    "DailyStatistics": _list_of(ref("DayStatistics")),
    "DayCost": _statistic(date=DAY, cost=NUMBER),
    "CostTrend": _list_of(ref("DayCost")),
    "TopUser": _statistic(
        user_id=INTEGER, total_calls=INTEGER, total_tokens=INTEGER, total_cost=NUMBER
    ),
    "TopUsers": _list_of(ref("TopUser")),
    "OneEndpoint": _statistic(
        endpoint=TEXT, total_calls=INTEGER, total_cost=NUMBER, avg_response_time=MILLISECONDS
    ),
    "EndpointStatistics": _list_of(ref("OneEndpoint")),
}

AMOUNT: Schema = {"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{4}$", "examples": ["12.5000"]}
BUDGETS: dict[str, Schema] = {
    "Budget": _object(
        {
            "name": TEXT,
            "user_id": _nullable(INTEGER),
            "group": _nullable(TEXT),
            "api_endpoint": _nullable(TEXT),
            "currency": TEXT,
            "per": {"enum": Per.values},
            "first_day": DAY,
            "last_day": DAY,
            "is_billed": {"type": "boolean", "description": "Whether its days are days of UTC."},
            "amount": AMOUNT,
            "spent": AMOUNT,
            "left": {**AMOUNT, "description": "Below zero once more was spent."},
            "left_per_day": {
                **_nullable(AMOUNT),
                "description": "For each day that is left, today included.",
            },
        },
        description="The running period of a budget. It is of everybody where `user_id`, `group` "
        "and `api_endpoint` are null.",
    ),
    "Budgets": _list_of(ref("Budget")),
}

# ── errors ──────────────────────────────────────────────────────────────────────────────────────

ERRORS: dict[str, Schema] = {
    "Problem": _object({"detail": TEXT}),
    "FieldErrors": {
        "type": "object",
        "additionalProperties": _list_of(TEXT),
        "description": "The errors by field or parameter; `non_field_errors` concern the whole.",
    },
    "BatchErrors": _object(
        {"errors": {"type": "object", "additionalProperties": ref("FieldErrors")}},
        description="The errors by index (from 0) of each bad item; nothing was written.",
    ),
    # Last, since it matches anything and some clients take the first match.
    "BadRequest": {"anyOf": [ref("Problem"), ref("BatchErrors"), ref("FieldErrors")]},
}
COMPONENTS = CALLS | USERS_AND_JOBS | STATISTICS | BUDGETS | ERRORS

# The answers of every operation.
COMMON_ANSWERS = {
    "400": "A bad field or parameter, with its name, or an unreadable request.",
    "401": "No key or session, or a key that is unknown, revoked or expired.",
    "403": "The key lacks the scope, or the session lacks the role.",
    "406": "Answers are JSON only.",
    "429": "Too many requests: this key has used up its rate for this minute.",
    "503": "The database does not answer, or not in time.",
}
RETRY_AFTER: Schema = {"schema": INTEGER, "description": "Seconds."}
REQUEST_ID: Schema = {"schema": TEXT, "description": "The id of this request, also in the log."}
RATE: dict[str, Schema] = {
    "RateLimit-Limit": {"schema": INTEGER, "description": "Requests a minute of this key."},
    "RateLimit-Remaining": {"schema": INTEGER, "description": "Requests left in this minute."},
    "RateLimit-Reset": {"schema": INTEGER, "description": "Seconds until the next minute."},
}
HEADERS: dict[str, dict[str, Schema]] = {
    "401": {"WWW-Authenticate": {"schema": TEXT}},
    "409": {"Retry-After": RETRY_AFTER},
    "429": {"Retry-After": RETRY_AFTER},
    "503": {"Retry-After": RETRY_AFTER},
}


def answer(description: str, schema: Schema) -> Schema:
    """A response of the OpenAPI document."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def complete(
    result: dict[str, Any], generator: object, request: object, public: bool
) -> dict[str, Any]:
    """drf-spectacular's hook: adds our components and the errors of every operation."""
    result["components"].setdefault("schemas", {}).update(COMPONENTS)
    # Redocly refuses a slash at the end, and the server does not need it.
    result["paths"] = {address.rstrip("/"): path for address, path in result["paths"].items()}
    for path in result["paths"].values():
        for operation in path.values():
            _complete_answers(operation["responses"])
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
    return result


def _complete_answers(responses: dict[str, Schema]) -> None:
    for status, description in COMMON_ANSWERS.items():
        schema = ref("BadRequest" if status == "400" else "Problem")
        responses.setdefault(status, answer(description, schema))
    for status, response in responses.items():
        headers = {"X-Request-ID": REQUEST_ID} | RATE | HEADERS.get(status, {})
        response["headers"] = headers | response.get("headers", {})


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the document names `ApiKeyAuthentication`."""

    target_class = "stats.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> Schema:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key`, a blank, and the key.",
        }
