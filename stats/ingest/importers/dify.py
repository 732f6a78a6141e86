"""`dify`: rows of Dify's table messages (its api/models/model.py), read as its `metadata` is."""

from typing import Any

from stats.ingest import columns
from stats.ingest.importers.formats import Format, Row, Source, SourceCall, first, parsed, utc

ERROR = "error"


def read(row: Row) -> SourceCall:
    """A call at the row's `created_at`, which Dify writes in UTC."""
    model = row.get("model_id")
    posted: dict[str, Any] = {
        "api_endpoint": f"messages/{model}" if model else "messages",
        "metadata": {
            "usage": {
                "prompt_tokens": row["message_tokens"],
                "completion_tokens": row["answer_tokens"],
                "prompt_unit_price": row.get("message_unit_price"),
                "total_price": row["total_price"],
                "currency": row["currency"],
            }
        },
        "response_time_ms": parsed(row, "provider_response_latency", columns.milliseconds),
        "success": row.get("status") != ERROR,
        "error_message": row.get("error") or None,
        "created_at": parsed(row, "created_at", utc),
    }
    return SourceCall(row["id"], first(row, "from_end_user_id", "from_account_id"), posted)


FORMAT = Format(
    name="dify",
    source=Source.DIFY,
    columns=(
        "id",
        "message_tokens",
        "answer_tokens",
        "total_price",
        "currency",
        "provider_response_latency",
        "created_at",
        "from_end_user_id or from_account_id",
    ),
    read=read,
    names={
        "user_id": "from_end_user_id",
        "api_endpoint": "model_id",
        "response_time_ms": "provider_response_latency",
        "success": "status",
        "error_message": "error",
        "metadata.usage.prompt_tokens": "message_tokens",
        "metadata.usage.completion_tokens": "answer_tokens",
        "metadata.usage.prompt_unit_price": "message_unit_price",
        "metadata.usage.total_price": "total_price",
        "metadata.usage.currency": "currency",
    },
)
