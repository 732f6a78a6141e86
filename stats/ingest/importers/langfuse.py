"""`langfuse`: observations that Langfuse exports to blob storage (observations_v2/ names users, the
older observations/ does not), or by its API in camelCase; costs are in USD."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from stats.core.money import DEFAULT_CURRENCY
from stats.ingest import columns
from stats.ingest.columns import EXACT, InvalidFieldsError
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

MODEL_CALLS = {"GENERATION", "EMBEDDING"}
ERROR = "ERROR"
BEGUN, ENDED = ("start_time", "startTime"), ("end_time", "endTime")
USAGE, COSTS = ("usage_details", "usageDetails"), ("cost_details", "costDetails")
TOTAL = "total"


def read(row: Row) -> SourceCall | None:
    """A call; None for a span or an event, which have no usage."""
    usage, costs = _details(row, USAGE), _details(row, COSTS)
    kind = str(row.get("type")).upper()
    if kind not in MODEL_CALLS and not usage and not costs:
        return None
    has_failed = row.get("level") == ERROR
    what = first(row, "provided_model_name", "providedModelName", "model", "name") or "unknown"
    posted: dict[str, Any] = {
        "api_endpoint": f"{kind.lower()}/{what}",
        **_tokens(usage),
        "prompt_price_unit": DEFAULT_CURRENCY,
        "cost": _cost(row, costs),
        "response_time_ms": _response_time_ms(row),
        "success": not has_failed,
        "error_message": first(row, "status_message", "statusMessage") if has_failed else None,
        "created_at": _moment(row, BEGUN),
    }
    return SourceCall(row["id"], first(row, "user_id", "userId"), posted)


def _name(row: Row, names: tuple[str, ...]) -> str:
    """The name that a field has in this row."""
    return next((name for name in names if name in row), names[0])


def _details(row: Row, names: tuple[str, ...]) -> Mapping[str, Any]:
    return parsed(row, _name(row, names), mapping) or {}


def _tokens(usage: Mapping[str, Any]) -> dict[str, int]:
    """Adds up as Langfuse does: all keys that begin with "input", and with "output"."""
    counts = _read(USAGE[0], usage, columns.count)
    total = counts.pop(TOTAL, None)
    return {
        "prompt_tokens": sum(count for key, count in counts.items() if key.startswith("input")),
        "completion_tokens": sum(
            count for key, count in counts.items() if key.startswith("output")
        ),
        "total_tokens": sum(counts.values()) if total is None else total,
    }


def _cost(row: Row, details: Mapping[str, Any]) -> Any:
    """The given total, else the sum of the details."""
    given = first(row, "total_cost", "totalCost", "calculatedTotalCost")
    if given is not None:
        return given
    costs = _read(COSTS[0], details, columns.decimal)
    if TOTAL in costs:
        return costs[TOTAL]
    total = Decimal(0)
    for cost in costs.values():
        total = EXACT.add(total, cost)
    return total


def _read(name: str, details: Mapping[str, Any], parse: Any) -> dict[str, Any]:
    """The parsed details. Raises `InvalidFieldsError` with the path of the key."""
    found = {}
    for key, value in details.items():
        try:
            found[key] = parse(value)
        except ValueError as error:
            raise InvalidFieldsError({f"{name}.{key}": str(error)}) from None
    return found


def _response_time_ms(row: Row) -> Any:
    between = milliseconds_between(_moment(row, BEGUN), _moment(row, ENDED))
    return parsed(row, "latency", columns.milliseconds) if between is None else between


def _moment(row: Row, names: tuple[str, ...]) -> Any:
    return parsed(row, _name(row, names), utc)


FORMAT = Format(
    name="langfuse",
    source=Source.LANGFUSE,
    columns=("id", "type", *map(" or ".join, (BEGUN, USAGE, COSTS))),
    read=read,
    names={
        "api_endpoint": "provided_model_name",
        "cost": "total_cost",
        "created_at": "start_time",
        "response_time_ms": "end_time",
        "success": "level",
        "error_message": "status_message",
        "prompt_tokens": "usage_details",
        "completion_tokens": "usage_details",
        "total_tokens": "usage_details",
    },
)
