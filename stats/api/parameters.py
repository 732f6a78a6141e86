"""Query parameters, declared once: read strictly here, listed from here in the schema."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from stats.core import periods
from stats.core.money import COST_MAX
from stats.ingest import columns
from stats.query.filters import MOST_VALUES
from stats.reports import statistics

_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter; `parse` raises `ValueError` with a sentence."""

    name: str
    parse: Callable[[str], Any]
    schema: Mapping[str, Any]
    description: str


def read(
    query: QueryDict, parameters: Sequence[Parameter] = (), also_allowed: Collection[str] = ()
) -> dict[str, Any]:
    """The values of those that are given.

    Raises `ValidationError`, naming each that is unknown, empty, given twice or not readable;
    those of `also_allowed`, which somebody else reads, only for being empty.
    """
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, texts in query.lists():
        try:
            if name in known:
                values[name] = known[name].parse(_single(texts))
            else:
                _check_other(name, texts, also_allowed)
        except ValueError as error:
            errors[name] = [str(error)]
    if errors:
        raise ValidationError(errors)
    return values


def refuse_any(request: Request) -> None:
    """For an address without parameters. Raises `ValidationError`, naming each that is given."""
    # To read an empty query took a hundredth of the time of a post.
    if request.META.get("QUERY_STRING"):
        read(request.query_params)


def _single(texts: Sequence[object]) -> str:
    if len(texts) > 1:
        raise ValueError(_("This parameter may be given once only."))
    return _not_empty(texts[0])


def _check_other(name: str, texts: Sequence[object], also_allowed: Collection[str]) -> None:
    if name not in also_allowed:
        raise ValueError(_("There is no such parameter."))
    for text in texts:
        _not_empty(text)


def _not_empty(text: object) -> str:
    """An empty value is more likely a variable that was not set than a wish for everything."""
    if not text:
        raise ValueError(_("This may not be empty."))
    return str(text)


def _whole_number(text: str, least: int, most: int) -> int:
    if _DIGITS.fullmatch(text) and least <= int(text) <= most:
        return int(text)
    raise ValueError(
        _("A whole number from %(least)s to %(most)s is needed.") % {"least": least, "most": most}
    )


def _currency(text: str) -> str:
    return _not_empty(columns.currency(text))


def _choice(text: str, choices: Collection[str]) -> str:
    if text not in choices:
        raise ValueError(_("One of %(choices)s is needed.") % {"choices": ", ".join(choices)})
    return text


def _number(name: str, least: int, most: int, default: int, description: str) -> Parameter:
    schema = {"type": "integer", "minimum": least, "maximum": most, "default": default}
    return Parameter(name, partial(_whole_number, least=least, most=most), schema, description)


# ── the statistics ──────────────────────────────────────────────────────────────────────────────

DEFAULT_DAYS = 30
MOMENT_SCHEMA = {
    "type": "string",
    "minLength": 1,
    "examples": ["2026-11-24", "2026-11-24T08:30:00+08:00"],
}

DAYS = _number(
    "days",
    1,
    periods.MAX_DAYS,
    DEFAULT_DAYS,
    "From exactly this many days before now to now. Not together with dates.",
)
LIMIT = _number("limit", 1, statistics.MAX_LIMIT, 10, "How many users at most.")
START_DATE = Parameter(
    "start_date",
    periods.parse_moment,
    MOMENT_SCHEMA,
    "From here, included: a local day of TIME_ZONE, or a moment in ISO 8601 "
    "(without an offset in DATABASE_TIME_ZONE).",
)
END_DATE = Parameter(
    "end_date",
    periods.parse_moment,
    MOMENT_SCHEMA,
    "Up to here, included; a bare date means through the end of that local day. From start to end "
    f"at most {periods.MAX_DAYS:,} days, none before {periods.EARLIEST}, none more than "
    f"{periods.MOST_AHEAD.days} days after today.",
)
CURRENCY = Parameter(
    "currency",
    _currency,
    {"type": "string", "minLength": 1, "maxLength": columns.CURRENCY_LENGTH},
    "Only calls in this currency, compared with case; `none` for calls that name none.",
)

# ── the list of calls ───────────────────────────────────────────────────────────────────────────

DEFAULT_PAGE_SIZE = 100
NEWEST, OLDEST = "newest", "oldest"

CURSOR = Parameter(
    "cursor", str, {"type": "string", "minLength": 1}, "Where `next` or `previous` leads."
)
PAGE_SIZE = _number("page_size", 1, 1000, DEFAULT_PAGE_SIZE, "How many calls at most.")
ORDERING = Parameter(
    "ordering",
    partial(_choice, choices=(NEWEST, OLDEST)),
    {"type": "string", "enum": [NEWEST, OLDEST], "default": NEWEST},
    "By time and id where a range of time is given, else by id.",
)
PAGING = (CURSOR, PAGE_SIZE, ORDERING)

_ID = {"type": "integer", "minimum": 1, "maximum": columns.BIGINT_MAX}
_BOOLEAN = {"type": "boolean"}
_COST = {"type": "number", "minimum": 0, "maximum": float(COST_MAX)}
_MILLISECONDS = {"type": "integer", "minimum": 0, "maximum": columns.INT_MAX}

_PERIODS = [*periods.PRESETS, *periods.BILLED_PRESETS, "all"]
_BILLED_MONTH = r"2\d{3}-(0[1-9]|1[0-2])_utc"

# What `stats.query.filters.CallFilterSet` reads, for the schema.
FILTERS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "user_id": (
        {"type": "array", "items": _ID, "maxItems": MOST_VALUES},
        "Calls of this user; repeat it for several.",
    ),
    "job_id": (_ID, "Calls of this job."),
    "api_endpoint": (
        {"type": "string", "minLength": 1, "maxLength": columns.ENDPOINT_LENGTH},
        "Exactly this endpoint, with case.",
    ),
    "success": (_BOOLEAN, "false selects everything that is not true, null included."),
    "currency": (CURRENCY.schema, CURRENCY.description),
    "period": (
        {
            "type": "string",
            "pattern": f"^({'|'.join(_PERIODS)}|{_BILLED_MONTH})$",
            "examples": ["this_month", "2026-09_utc"],
        },
        f"One of {', '.join(_PERIODS)}: whole local days of TIME_ZONE up to today; with _utc a "
        "month as billed, in days of UTC, of any year like 2026-09_utc. Not together with dates.",
    ),
    "created_at_after": (MOMENT_SCHEMA, START_DATE.description),
    "created_at_before": (MOMENT_SCHEMA, END_DATE.description),
    "cost_min": (_COST, "Calls that cost at least this."),
    "cost_max": (_COST, "Calls that cost at most this."),
    "response_time_ms_min": (_MILLISECONDS, "Calls that took at least this long."),
    "response_time_ms_max": (_MILLISECONDS, "Calls that took at most this long."),
    "has_error": (_BOOLEAN, "Whether there is an error message."),
    "unknown_cost": (
        {"type": "string", "enum": ["unpriced", "rounded_away", "no_usage"]},
        "Calls whose cost is not known, by kind.",
    ),
    "failure": (
        {"type": "string", "pattern": "^[0-9a-f]{40}$"},
        "Failures whose messages are alike but for numbers, as the admin's page of errors links "
        "to them. 400 where too many calls would have to be looked through.",
    ),
    "group": (
        {"type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": MOST_VALUES},
        "Calls of users of this group; repeat it for several. `-` is the users without a group: a "
        "group whose own name begins with - is written with one more - before it.",
    ),
}
