"""A POST of calls: read it, check it, write it once, answer it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from stats.core import exact_json
from stats.db.dialects import dialect
from stats.db.transactions import LONGEST_WAIT, repeated
from stats.ingest import idempotency, recording
from stats.ingest.columns import InvalidFieldsError
from stats.ingest.idempotency import Answer
from stats.ingest.usage import MOST_KEYS
from stats.ingest.validation import USAGE_NOT_UNDERSTOOD, NewCall
from stats.models.calls import call_form

MOST_CALLS = 10_000


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
) -> Answer:
    """Record the call or the calls of a JSON body; with an Idempotency-Key `key`, once.

    `address` is the URL path of calls. Raises `NotJSONError`, `TooManyPostedError`,
    `InvalidFieldsError` or `InvalidBatchError`, naming each bad field, `OtherBodyError` and
    `StillWritingError`; then nothing is written.
    """
    dialect().wait_at_most(LONGEST_WAIT)
    claim = idempotency.claim(service, key, body) if key else None
    if claim and (answer := idempotency.first_answer(claim)):
        return answer
    given = exact_json.decode(body)
    if isinstance(given, list):
        write = _writer_of_many(given, now)
    elif array_only:
        raise InvalidFieldsError({"non_field_errors": "An array is needed."})
    else:
        write = partial(_write_one, recording.check_call(given, now), address)
    return idempotency.write_once(claim, write, now) if claim else repeated(write)


def _writer_of_many(given: list[object], now: datetime) -> Callable[[], Answer]:
    if len(given) > MOST_CALLS:
        raise TooManyPostedError(f"At most {MOST_CALLS} calls are accepted at once.")
    return partial(_write_many, recording.check_calls(given, now))


def _write_one(new: NewCall, address: str) -> Answer:
    call_id, new = recording.write_call(new)
    location = {"Location": f"{address.rstrip('/')}/{call_id}/"}
    warnings = {code: code for code in new.warnings}
    return Answer(call_form(call_id, new), location | _warning_header(warnings, new.unknown_keys))


def _write_many(new_calls: list[NewCall]) -> Answer:
    recording.write_calls(new_calls)
    counts = Counter(code for call in new_calls for code in call.warnings)
    warnings = {code: f"{code};calls={count}" for code, count in counts.items()}
    # Without duplicates, in order.
    keys = dict.fromkeys(key for call in new_calls for key in call.unknown_keys)
    return Answer({"created": len(new_calls)}, _warning_header(warnings, [*keys][:MOST_KEYS]))


def _warning_header(warnings: Mapping[str, str], unknown_keys: Sequence[str]) -> dict[str, str]:
    """`Usage-Warnings`, if there are any: `no-usage`; of an array `no-usage;calls=3`; with keys
    `usage-not-understood;keys="tokens price"`."""
    if not warnings:
        return {}
    texts = dict(warnings)
    if unknown_keys:
        texts[USAGE_NOT_UNDERSTOOD] += f';keys="{" ".join(unknown_keys)}"'
    return {"Usage-Warnings": ", ".join(texts[code] for code in sorted(texts))}
