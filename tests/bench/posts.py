"""Calls to post, as a service makes them, and the same as rows for the bare driver."""

import random
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

USERS = 9
NOW = datetime(2026, 11, 23, 12)
INSERT = """
INSERT INTO dt_api_usage_stats (
  user_id, job_id, api_endpoint, prompt_tokens, completion_tokens, total_tokens,
  prompt_unit_price, prompt_price_unit, cost, response_time_ms, success, error_message, created_at
) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def in_columns(number: int) -> list[dict[str, Any]]:
    """This many calls in the form of the columns, the same in each run."""
    draw = random.Random(number)
    return [_call(draw) for _call_number in range(number)]


def _call(draw: random.Random) -> dict[str, Any]:
    prompt, completion = draw.randrange(10_000), draw.randrange(2_000)
    return {
        "user_id": draw.randint(1, USERS),
        "api_endpoint": draw.choice(["/chat-messages", "/workflows/run", "/completion-messages"]),
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_unit_price": "0.00150000",
        "prompt_price_unit": "USD",
        "cost": f"{draw.randrange(100_000) / 10_000:.4f}",
        "response_time_ms": draw.randrange(20_000),
        "success": True,
        "error_message": None,
        "created_at": NOW.isoformat(),
    }


def with_metadata(call: dict[str, Any]) -> dict[str, Any]:
    """The same call with the metadata of Dify's answer."""
    usage = {
        "prompt_tokens": call["prompt_tokens"],
        "prompt_unit_price": call["prompt_unit_price"],
        "prompt_price_unit": "0.001",
        "prompt_price": "0.0010330",
        "completion_tokens": call["completion_tokens"],
        "completion_unit_price": "0.002",
        "completion_price_unit": "0.001",
        "completion_price": "0.0002560",
        "total_tokens": call["total_tokens"],
        "total_price": call["cost"],
        "currency": call["prompt_price_unit"],
        "latency": 0.768,
    }
    arguments = ("user_id", "api_endpoint", "response_time_ms", "success", "created_at")
    return {name: call[name] for name in arguments} | {"metadata": {"usage": usage}}


def as_row(call: dict[str, Any]) -> tuple[Any, ...]:
    """The row of a call, in the order of the table's columns."""
    return (
        call["user_id"],
        None,
        call["api_endpoint"],
        call["prompt_tokens"],
        call["completion_tokens"],
        call["total_tokens"],
        Decimal(call["prompt_unit_price"]),
        call["prompt_price_unit"],
        Decimal(call["cost"]),
        call["response_time_ms"],
        call["success"],
        call["error_message"],
        datetime.fromisoformat(call["created_at"]),
    )


def padded(body_bytes: int, number: int) -> bytes:
    """An array of this many calls and bytes, filled up with long error messages."""
    calls = in_columns(number)
    room = (body_bytes - len(msgspec.json.encode(calls))) // number
    return msgspec.json.encode([call | {"error_message": "x" * room} for call in calls])
