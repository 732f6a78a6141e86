"""Fields that are easily confused, and what each is swapped for."""

import re
from collections.abc import Iterator

SIBLINGS = {
    "calls": "failures",
    "failures": "calls",
    "successes": "failures",
    "success_rate": "average_response_ms",
    "prompt_tokens": "completion_tokens",
    "completion_tokens": "prompt_tokens",
    "total_tokens": "prompt_tokens",
    "average_response_ms": "response_ms",
    "p50": "p95",
    "p95": "p99",
    "p99": "p50",
    "now": "before",
    "before": "now",
    "value": "value_before",
    "value_before": "value",
    "rank": "rank_before",
    "rank_before": "rank",
    "share": "change",
    "costs": "failed_costs",
    "failed_costs": "costs",
    "unpriced_calls": "no_usage_calls",
    "unpriced_tokens": "rounded_away_tokens",
    "rounded_away_calls": "unpriced_calls",
    "first_at": "last_at",
    "last_at": "first_at",
    "tokens_per_call": "cost_per_token",
    "first": "last",
    "last": "first",
    "new": "gone",
    "gone": "new",
    "low": "high",
    "high": "low",
    "endpoint": "user",
    "user": "endpoint",
    "job": "user",
    "total": "others",
    "figure": "label",
    "texts": "peak",
}
_FIELD = re.compile(r"(?<=\.)(?P<name>[a-z_0-9]+)\b(?!\()")


def swapped(text: str) -> Iterator[tuple[int, str, str]]:
    """Each field of a text with a sibling: its position, its name and the sibling's."""
    for found in _FIELD.finditer(text):
        if found["name"] in SIBLINGS:
            yield found.start(), found["name"], SIBLINGS[found["name"]]
