"""Posts that were refused, written past our code, and what the page about them should say."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from tests.reading.calls import NOW, ZONE
from tests.reading.expected import TABLES, Case, Expected, Row


@dataclass(frozen=True)
class Why:
    """A reason: `{}` is a number that posts differ in."""

    status: int
    errors: tuple[tuple[str, str], ...]


UNKNOWN = Why(400, (("user_id", "There is no user {}."),))
WRONG = Why(
    400, (("cost", "A decimal <number> is needed."), ("success", "true or false is needed."))
)
HUGE = Why(413, (("", "The body is too large."),))
BODY = '{"user_id": 99, "api_endpoint": "/<b>&chat-messages", "error_message": "陳美玲"}'
# How long ago, whose, and why; the newest first.
POSTS = (
    (timedelta(minutes=7), "translator", "aaaaaaaa", WRONG, BODY),
    (timedelta(minutes=19), "<i>glossary</i>", "bbbbbbbb", UNKNOWN, "{}"),
    (timedelta(hours=3), "translator", "aaaaaaaa", UNKNOWN, BODY),
    (timedelta(hours=9), "translator", "cccccccc", UNKNOWN, "[1, 2]"),
    (timedelta(days=2), "<i>glossary</i>", "bbbbbbbb", HUGE, ""),
    (timedelta(days=3), "translator", "cccccccc", WRONG, "[]"),
    (timedelta(days=4), "translator", "aaaaaaaa", UNKNOWN, "[3]"),
    (timedelta(days=22, hours=5), "third", "dddddddd", UNKNOWN, "[4]"),
    # Before the period; not kept any more.
    (timedelta(days=26), "translator", "aaaaaaaa", UNKNOWN, "[5]"),
    (timedelta(days=80), "translator", "aaaaaaaa", HUGE, ""),
)


def write() -> None:
    rows = [
        (
            len(POSTS) - place,
            (NOW - age).replace(tzinfo=None),
            service,
            key,
            why.status,
            json.dumps([[field, sentence.format(place + 40)] for field, sentence in why.errors]),
            json.dumps(body),
        )
        for place, (age, service, key, why, body) in enumerate(POSTS)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO stats_refusedpost"
            " (number, created_at, service, key_prefix, status, errors, body)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            rows,
        )


def posts(case: Case) -> Expected:
    return Expected("reason", [_post(place) for place in _places(case)], headings=OF_POSTS)


def reasons(case: Case) -> Expected:
    found: dict[Why, list[int]] = {}
    for place in _places(case):
        found.setdefault(POSTS[place][3], []).append(place)
    rows = [_reason(places) for places in found.values()]
    rows.sort(key=lambda row: -row.columns["posts"])
    return Expected("reason", rows, headings=OF_REASONS)


def _places(case: Case) -> list[int]:
    first, last = case.variant.now
    first = max(first, NOW - timedelta(days=30))
    return [place for place, (age, *_rest) in enumerate(POSTS) if first <= NOW - age <= last]


def _at(place: int) -> datetime:
    return (NOW - POSTS[place][0]).astimezone(ZONE)


def _reason(places: list[int]) -> Row:
    newest = _post(places[0])
    services = Counter(POSTS[place][1] for place in places)
    columns = {
        **{name: newest.columns[name] for name in ("reason", "fields", "status")},
        "services": ", ".join(f"{name} ({count})" for name, count in services.most_common()),
        "first_at": _at(places[-1]),
        "last_at": _at(places[0]),
        "posts": len(places),
    }
    return Row(newest.labels, columns)


def _post(place: int) -> Row:
    _age, service, key, why, body = POSTS[place]
    reason = " ".join(sentence.format(place + 40) for _field, sentence in why.errors)
    columns: dict[str, Any] = {
        "created_at": _at(place),
        "service": service,
        "key": key,
        "status": why.status,
        "fields": ", ".join(field for field, _sentence in why.errors if field),
        "reason": reason,
        "body": body,
    }
    return Row((reason, reason), columns)


OF_BOTH = {
    "reason": ("Reason", "原因"),
    "fields": ("Fields", "欄位"),
    "status": ("Status", "狀態碼"),
}
OF_REASONS = {**OF_BOTH, "services": ("Services", "服務"), "posts": ("Posts", "請求")}
OF_POSTS = {
    **OF_BOTH,
    "service": ("Service", "服務"),
    "key": ("Key", "金鑰"),
    "body": ("Body", "內容"),
}
TABLES["reports_refused", "reasons"] = reasons
TABLES["reports_refused", "posts"] = posts
