"""`litellm`: rows of LiteLLM's table LiteLLM_SpendLogs (its schema.prisma); costs are in USD."""

from typing import Any

from stats.core.money import DEFAULT_CURRENCY
from stats.ingest.importers.formats import (
    Format,
    Row,
    Source,
    SourceCall,
    first,
    mapping,
    milliseconds_between,
    parsed,
    utc,
)

FAILURE = "failure"


def read(row: Row) -> SourceCall:
    """A call at the row's `startTime`, as in LiteLLM's own statistics."""
    begun, ended = parsed(row, "startTime", utc), parsed(row, "endTime", utc)
    took = row.get("request_duration_ms")
    has_failed = row.get("status") == FAILURE
    posted: dict[str, Any] = {
        "api_endpoint": f"{row.get('call_type') or 'call'}/{row.get('model') or 'unknown'}",
        "prompt_tokens": row["prompt_tokens"],
        "completion_tokens": row["completion_tokens"],
        "total_tokens": row["total_tokens"],
        "prompt_price_unit": DEFAULT_CURRENCY,
        "cost": row["spend"],
        "response_time_ms": milliseconds_between(begun, ended) if took is None else took,
        "success": not has_failed,
        "error_message": _message(row) if has_failed else None,
        "created_at": begun,
    }
    # The customer named in the request, else the owner of the key.
    return SourceCall(row["request_id"], first(row, "end_user", "user"), posted)


def _message(row: Row) -> Any:
    """The message of a failed call; None if LiteLLM wrote none."""
    metadata = parsed(row, "metadata", mapping) or {}
    information = parsed(metadata, "error_information", mapping) or {}
    return first(information, "error_message", "error_class")


FORMAT = Format(
    name="litellm",
    source=Source.LITELLM,
    columns=(
        "request_id",
        "call_type",
        "model",
        "spend",
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "startTime",
        "endTime",
        "user or end_user",
    ),
    read=read,
    names={
        "id": "request_id",
        "user_id": "user",
        "api_endpoint": "model",
        "cost": "spend",
        "created_at": "startTime",
        "response_time_ms": "request_duration_ms",
        "error_message": "metadata",
    },
)
