"""The OpenAPI document beyond the operations: what travels, every error, who may ask.

What may be posted is derived from the same table that checks it, `stats.ingest.validation.COLUMNS`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from stats.ingest import columns
from stats.ingest.posting import MOST_CALLS
from stats.ingest.shapes import RESPONSE_COST, SHAPES
from stats.ingest.validation import COLUMNS, COST_SCHEMA, ID_SCHEMA
from stats.models.budgets import Per
from stats.models.users_and_jobs import NAME_LENGTH

Schema = dict[str, Any]

NULL: Schema = {"type": "null"}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
TEXT: Schema = {"type": "string"}
DAY: Schema = {"type": "string", "format": "date"}
LOCAL_MOMENT: Schema = {"type": "string", "format": "date-time"}


def ref(name: str) -> Schema:
    """A reference to one of `COMPONENTS`."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Mapping[str, Any], optional: Iterable[str] = (), **more: Any) -> Schema:
    """An object with these keys and no other, all there but for the optional ones."""
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


# ── what is posted ──────────────────────────────────────────────────────────────────────────────

EXAMPLE: dict[str, Any] = {
    "user_id": 1,
    "job_id": None,
    "api_endpoint": "/chat-messages",
    "metadata": {
        "usage": {
            "prompt_tokens": 1033,
            "prompt_unit_price": "0.001",
            "completion_tokens": 128,
            "total_tokens": 1161,
            "total_price": "0.0012890",
            "currency": "USD",
        }
    },
    "response_time_ms": 768,
}
CREATED_AT: Schema = {
    "type": ["string", "null"],
    "format": "date-time",
    "examples": ["2026-01-31T08:30:00+08:00"],
    "description": "When the call was made, for backfill: ISO 8601 with an offset (without one in "
    "DATABASE_TIME_ZONE), at most 5 minutes ahead.",
}
# Both are open, so that clients pass on whatever they hold.
USAGE: Schema = {
    "type": "object",
    "additionalProperties": True,
    "description": "What the call used, in any of these shapes, with other keys ignored and null "
    f"as missing: {', '.join(shape.name for shape in SHAPES)}.",
}
METADATA: Schema = {
    "type": "object",
    "additionalProperties": True,
    "description": "What came with the answer as it came, with the usage object under `usage`, or "
    "that object itself; other keys are ignored, null is as missing.",
    # In words that generators pass over: of a key that is told, they make a type.
    "if": {"required": ["usage"], "additionalProperties": True},
    "then": {"properties": {"usage": {"type": ["object", "null"]}}, "additionalProperties": True},
}


def _new_call() -> Schema:
    """One object for all forms: of a union, generators take the wrong one in silence."""
    fields: dict[str, Any] = {column.name: dict(column.schema) for column in COLUMNS} | {
        "metadata": ref("Metadata"),
        "usage": ref("Usage"),
        RESPONSE_COST: {**COST_SCHEMA, "description": "LiteLLM's, beside `usage` alone."},
    }
    optional = fields.keys() - {column.name for column in COLUMNS if column.required}
    fields |= {name: _nullable(fields[name]) for name in optional}
    return _object(
        {**fields, "created_at": CREATED_AT},
        optional | {"created_at"},
        description="With `metadata`, or with `usage` instead, which decide about tokens and cost; "
        "or with the columns themselves. A null is as missing.",
        examples=[EXAMPLE],
        **_one_form(),
    )


def _one_form() -> Schema:
    """That the forms exclude each other, in words that generators pass over."""
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
    """What `APIUsageStats.to_dict` gives, `created_at` with the offset of TIME_ZONE."""
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
    "Created": _object({"created": {**INTEGER, "description": "How many were written."}}),
    "Page": _object(
        {
            "next": _nullable(
                {
                    **TEXT,
                    "format": "uri",
                    "description": "Where the list goes on; null at its end. Under filters that "
                    "want every call looked at, a page may have fewer calls than it could, or "
                    "none, and still lead on.",
                }
            ),
            "previous": _nullable({**TEXT, "format": "uri"}),
            "results": _list_of(ref("Call")),
        }
    ),
}

# ── people ──────────────────────────────────────────────────────────────────────────────────────

NAME: Schema = {"type": "string", "minLength": 1, "maxLength": NAME_LENGTH, "pattern": r"\S"}
OWN_ID: Schema = {**ID_SCHEMA, "maximum": columns.INT_MAX}

PEOPLE: dict[str, Schema] = {
    "NamedUser": _object({"name": NAME}),
    "User": _object({"id": INTEGER, "name": NAME}),
    "NamedJob": _object({"name": NAME, "user_id": _nullable(OWN_ID)}, ["user_id"]),
    "Job": _object({"id": INTEGER, "name": NAME, "user_id": _nullable(INTEGER)}),
}

# ── the statistics ──────────────────────────────────────────────────────────────────────────────

COSTS: Schema = {
    "type": "object",
    "additionalProperties": NUMBER,
    "description": "The cost per currency, there where several are in range.",
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
        "description": "Per field or parameter what is wrong with it; `non_field_errors` for all.",
    },
    "BatchErrors": _object(
        {"errors": {"type": "object", "additionalProperties": ref("FieldErrors")}},
        description="Per index (from 0) of a bad item its field errors; nothing was written.",
    ),
    # The one that takes anything stands last: some clients take the first that fits.
    "BadRequest": {"anyOf": [ref("Problem"), ref("BatchErrors"), ref("FieldErrors")]},
}
COMPONENTS = CALLS | PEOPLE | STATISTICS | BUDGETS | ERRORS

# What any operation may answer; the rest stands with the operation.
COMMON_ANSWERS = {
    "400": "A field or parameter that cannot be used, named; or a request that cannot be read.",
    "401": "No key or session, or a key that is unknown, revoked or expired.",
    "403": "The key lacks the scope, or the session the role.",
    "406": "Only JSON is spoken here.",
    "429": "Too many requests: this key has used up its rate for this minute.",
    "503": "The database does not answer, or not in time.",
}
RETRY_AFTER: Schema = {"schema": INTEGER, "description": "Seconds."}
REQUEST_ID: Schema = {"schema": TEXT, "description": "Names this request, for questions about it."}
RATE: dict[str, Schema] = {
    "RateLimit-Limit": {"schema": INTEGER, "description": "Requests a minute of this key."},
    "RateLimit-Remaining": {"schema": INTEGER, "description": "How many are left."},
    "RateLimit-Reset": {"schema": INTEGER, "description": "Seconds until all are there again."},
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
    """drf-spectacular's hook: our components, and the errors that any operation may answer."""
    result["components"].setdefault("schemas", {}).update(COMPONENTS)
    # Redocly refuses a slash at the end, and the server does without.
    result["paths"] = {address.rstrip("/"): path for address, path in result["paths"].items()}
    for path in result["paths"].values():
        for operation in path.values():
            _complete_answers(operation["responses"])
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
    return result


def _complete_answers(responses: dict[str, Schema]) -> None:
    for status, description in COMMON_ANSWERS.items():
        schema = ref("Problem")
        if status == "400":
            schema = ref("BadRequest")
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
            "description": "`Api-Key` and the key, with a blank between them.",
        }
