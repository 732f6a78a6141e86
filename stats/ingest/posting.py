"""What becomes of a POST of calls: read, checked, written once, answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from stats.core import exact_json
from stats.db.dialects import dialect
from stats.db.transactions import LONGEST_WAIT, repeated
from stats.ingest import idempotency, recording
from stats.ingest.idempotency import Answer
from stats.ingest.validation import USAGE_NOT_UNDERSTOOD, InvalidCallError, NewCall
from stats.models.calls import call_form

MOST_CALLS = 10_000


@dataclass(frozen=True, slots=True)
class Posted:
    """How a POST is answered, and whether an earlier one under its key was answered so before."""

    answer: Answer
    is_repeat: bool = False


class TooManyPostedError(Exception):
    """More calls than one POST may carry."""


def post(
    body: bytes,
    key: str | None,
    now: datetime,
    *,
    service: str,
    address: str,
    array_only: bool = False,
) -> Posted:
    """Record the call or the calls of a JSON body; under a key of the service, once.

    `address` is where calls are found. Raises `NotJSONError`, `TooManyPostedError`,
    `InvalidCallError` or `InvalidBatchError`, naming each bad field, `OtherBodyError` and
    `StillWritingError`; then nothing is written.
    """
    dialect().wait_at_most(LONGEST_WAIT)
    claim = idempotency.claim(service, key, body) if key else None
    if claim and (answer := idempotency.first_answer(claim)):
        return Posted(answer, is_repeat=True)
    given = exact_json.decode(body)
    if isinstance(given, list):
        write = _writer_of_many(given, now)
    elif array_only:
        raise InvalidCallError({"non_field_errors": "An array is needed."})
    else:
        write = partial(_write_one, recording.check_call(given, now), address)
    if claim is None:
        return Posted(repeated(write))
    answer, is_new = idempotency.write_once(claim, write)
    return Posted(answer, is_repeat=not is_new)


def _writer_of_many(given: list[object], now: datetime) -> Callable[[], Answer]:
    if len(given) > MOST_CALLS:
        raise TooManyPostedError(f"At most {MOST_CALLS} calls are accepted at once.")
    return partial(_write_many, recording.check_calls(given, now))


def _write_one(new: NewCall, address: str) -> Answer:
    call_id = recording.write_call(new)
    told = _told({warning: warning for warning in new.warnings}, new.unknown_keys)
    return Answer(call_form(call_id, new), {"Location": f"{address.rstrip('/')}/{call_id}/"} | told)


def _write_many(new_calls: list[NewCall]) -> Answer:
    recorded = recording.write_calls(new_calls)
    told = {code: f"{code};calls={count}" for code, count in recorded.warnings.items()}
    return Answer({"created": recorded.created}, _told(told, recorded.unknown_keys))


def _told(warnings: Mapping[str, str], unknown_keys: tuple[str, ...]) -> dict[str, str]:
    """`Usage-Warnings` where there are any: `no-usage`, for an array with counts
    (`message-cut;calls=1, no-usage;calls=3`), with the keys that were not understood
    (`usage-not-understood;keys="tokens price"`)."""
    if not warnings:
        return {}
    told = dict(warnings)
    if unknown_keys:
        told[USAGE_NOT_UNDERSTOOD] += f';keys="{" ".join(unknown_keys)}"'
    return {"Usage-Warnings": ", ".join(told[code] for code in sorted(told))}
