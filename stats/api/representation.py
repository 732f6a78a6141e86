"""What goes out: the dictionary forms (spec §3), with offsets where a reader may be anywhere."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stats.core.zones import reading_zone
from stats.ingest.validation import USAGE_NOT_UNDERSTOOD, NewCall
from stats.models import APIUsageStats, EndUser, TranslationJob
from stats.models.calls import as_dictionary


def call_form(call_id: int, call: APIUsageStats | NewCall) -> dict[str, Any]:
    """`to_dict()` with `created_at` carrying the offset of TIME_ZONE."""
    return as_dictionary(call_id, call, _local(call.created_at))


def _local(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(reading_zone()).isoformat(timespec="seconds")


def user_form(user: EndUser) -> dict[str, Any]:
    """A user as named over HTTP."""
    return {"id": user.pk, "name": user.name}


def job_form(job: TranslationJob) -> dict[str, Any]:
    """A job as named over HTTP."""
    return {"id": job.pk, "name": job.name, "user_id": job.user_id}


def warnings_header(
    warnings: Mapping[str, int] | tuple[str, ...], unknown_keys: tuple[str, ...] = ()
) -> dict[str, str]:
    """`Usage-Warnings` where there are any: `no-usage`, for an array with counts
    (`no-usage;calls=3, message-cut;calls=1`), with the keys that were not understood
    (`usage-not-understood;keys="tokens price"`)."""
    if not warnings:
        return {}
    if isinstance(warnings, Mapping):
        told = {code: f"{code};calls={count}" for code, count in warnings.items()}
    else:
        told = {code: code for code in warnings}
    if unknown_keys:
        told[USAGE_NOT_UNDERSTOOD] += f';keys="{" ".join(unknown_keys)}"'
    return {"Usage-Warnings": ", ".join(told[code] for code in sorted(told))}
