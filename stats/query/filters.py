"""The filters of calls, each declared once, for pages, forms, chips, SQL and the API's document.

django-filter carries the declarations: see docs/decisions/0019-one-request-one-filter.md.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Model, Q
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django_filters import Filter

from stats.core import periods
from stats.core.money import COST_MAX, COST_STEP, UNKNOWN_COST
from stats.core.periods import ALL
from stats.ingest import columns
from stats.models import (
    GROUPS_ARE_DATED,
    HAS_GROUPS,
    APIUsageStats,
    CurrencyName,
    EndpointName,
    FailureKind,
    TranslationJob,
)
from stats.query import conditions
from stats.query.conditions import NO_GROUP, Calls
from stats.query.group_names import group_names
from stats.query.parameters import (
    Parameter,
    ParameterSet,
    Schema,
    as_stored,
    boolean,
    currency,
    identifier,
    one_of,
)
from stats.rollups.counters import FAILED
from stats.rollups.failures import fingerprint
from stats.rollups.texts import CURRENCIES, ENDPOINTS

Text = str | Promise
Choices = Collection[tuple[str, Text]]

PERIOD_PARAMETERS = ("period", "created_at_after", "created_at_before")
# The value for users without a group. A group whose name begins with this sign is written with one
# more, so that no name is taken for it.
NO_GROUP_VALUE = "-"
MESSAGE_SHOWN = 80
# A kind that is not folded yet is looked for among so many of the newest failures.
NEWEST_FAILURES = 1_000
# What jobs can be is read off so many of the newest.
NEWEST_JOBS = 1_000


class ShownFilter(Parameter):
    """A filter in the bar of a page, of calls or of what else a page lists.

    `foreign_key` is found by name, `choices` are chosen, a `step` makes a number, else the field is
    text, perhaps with `suggestions`; a filter that `is_kept` can only be removed. The chip has
    `chip` (or the label) and the value in `words`.
    """

    def __init__(
        self,
        parse: Callable[[str], Any],
        schema: Schema,
        description: str,
        *,
        label: Text,
        chip: Text = "",
        words: Callable[[str], Text] | Mapping[str, Text] | None = None,
        choices: Choices | Callable[[], Choices] = (),
        suggestions: Callable[[], Collection[str]] | None = None,
        foreign_key: str = "",
        step: str = "",
        is_kept: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(parse, schema, description, label=label, **options)
        self.chip = chip or label
        self.words = words or (dict(choices) if not callable(choices) else {})
        self.choices = choices
        self.suggestions = suggestions
        self.foreign_key = foreign_key
        self.step = step
        self.is_kept = is_kept

    def text(self, value: str) -> str:
        """A value of an address in words."""
        words = self.words
        return str(words(value) if callable(words) else words.get(value, value))


class CallFilter(ShownFilter):
    """A filter of calls.

    django-filter's `field_name` and `lookup_expr` say which calls it lets through, or `narrow`
    does, for which an empty text is a value too. `of_sums` is the condition on rows of a rollup
    that has this `key`; without it, only the calls can be asked. `attribute` is the field of
    `Selection` with the value, if other code reads it.
    """

    def __init__(
        self,
        *args: Any,
        attribute: str = "",
        narrow: Callable[[Calls, Any], Calls] | None = None,
        key: str = "",
        of_sums: Callable[..., Q] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.attribute = attribute
        self.narrow = narrow
        self.key = key
        self.of_sums = of_sums

    def filter(self, calls: Calls, value: Any) -> Calls:
        """The calls that a value lets through."""
        return self.narrow(calls, value) if self.narrow else Filter.filter(self, calls, value)


# ── how values are read and told ────────────────────────────────────────────────────────────────


def _amount(rounding: str, text: str) -> Decimal:
    """Rounded to the column's four decimals, so that the same amounts pass."""
    value = columns.decimal(text)
    if value > COST_MAX:
        raise ValueError(f"At most {COST_MAX} fits.")
    return value.quantize(COST_STEP, rounding)


def _period_name(text: str) -> str:
    """The name alone: its days depend on the time."""
    if text != ALL:
        periods.check_period_name(text)
    return text


def group_value(group: str) -> str:
    """The value of a group, `NO_GROUP` included."""
    return NO_GROUP_VALUE + group if group[:1] in ("", NO_GROUP_VALUE) else group


def group_of_value(text: str) -> str:
    """The group of a value, `NO_GROUP` included. Raises `ValueError`."""
    if not text.startswith(NO_GROUP_VALUE):
        return text
    group = text.removeprefix(NO_GROUP_VALUE)
    if group_value(group) != text:
        raise ValueError(f"A group whose name begins with - is written as -{text}.")
    return group


def _groups() -> Iterator[tuple[str, Text]]:
    """None where nobody is in a group."""
    if names := group_names():
        yield group_value(NO_GROUP), _("no group")
        yield from ((group_value(name), name) for name in names)


def _names(model: type[Model]) -> Callable[[], Collection[str]]:
    """The texts that rollups have ids for, of which there is a bounded number."""
    return lambda: list(model._default_manager.order_by("text").values_list("text", flat=True))


def _job_statuses() -> Iterator[tuple[str, Text]]:
    """Those of the newest jobs. An address may name any other."""
    newest = TranslationJob.objects.order_by("-pk").values_list("status", flat=True)  # type: ignore[misc]
    found = {(status or "").rstrip(" ") for status in newest[:NEWEST_JOBS]}
    yield from ((status, status) for status in sorted(found) if status)


def _failure_kind(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{40}", text):
        raise ValueError("40 hex digits are needed, as the page of errors has them.")
    return text


def _failure_message(kind: str) -> str:
    """A message of a kind of failure."""
    known = FailureKind.objects.filter(fingerprint=kind).values_list("message", flat=True).first()
    message = _newest_message(kind) if known is None else known
    if message is None:
        return gettext("never seen")
    return Truncator(message).chars(MESSAGE_SHOWN) if message.strip() else gettext("no message")


def _newest_message(kind: str) -> str | None:
    failed = APIUsageStats.objects.filter(FAILED).order_by("-pk")
    newest = failed.values_list("error_message", flat=True)[:NEWEST_FAILURES]
    return next((text or "" for text in newest if fingerprint(text or "") == kind), None)


# ── the declarations ────────────────────────────────────────────────────────────────────────────

YES_OR_NO = (("true", _("yes")), ("false", _("no")))
_ID = {"type": "integer", "minimum": 1, "maximum": columns.BIGINT_MAX}
_BOOLEAN = {"type": "boolean"}
_cost_bound = partial(
    CallFilter,
    schema={"type": "number", "minimum": 0, "maximum": float(COST_MAX)},
    step="0.0001",
    field_name="cost",
)
_time_bound = partial(
    CallFilter,
    columns.count,
    schema={"type": "integer", "minimum": 0, "maximum": columns.INT_MAX},
    step="1",
    field_name="response_time_ms",
)
_PERIODS = [*periods.PRESETS, *periods.BILLED_PRESETS, ALL]
_BILLED_MONTH = r"2\d{3}-(0[1-9]|1[0-2])_utc"


def text_schema(most: int) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": most}


CURRENCY_TEXT = "Only calls in this currency, compared with case; `none` for calls that name none."
CURRENCY_SCHEMA = text_schema(columns.CURRENCY_LENGTH)
MOMENT_SCHEMA = {
    "type": "string",
    "minLength": 1,
    "examples": ["2026-11-24", "2026-11-24T08:30:00+08:00"],
}
FROM = Parameter(
    periods.parse_moment,
    MOMENT_SCHEMA,
    "From here, included: a local day of TIME_ZONE, or a moment in ISO 8601 "
    "(without an offset in DATABASE_TIME_ZONE).",
)
THROUGH = Parameter(
    periods.parse_moment,
    MOMENT_SCHEMA,
    "Up to here, included; a bare date means through the end of that local day. From start to end "
    f"at most {periods.MAX_DAYS:,} days, none before {periods.EARLIEST}, none more than "
    f"{periods.MOST_AHEAD.days} days after today.",
)
GROUP = CallFilter(
    group_of_value,
    {"type": "string", "minLength": 1},
    "Calls of users of this group, standalone as of the day of the call, adopted as of today; "
    "repeat it for several. `-` is the users without a group: a group whose own name begins with - "
    "is written with one more - before it.",
    many=True,
    label=_("Group") if GROUPS_ARE_DATED else _("Group today"),
    words=lambda text: group_of_value(text) or _("no group"),
    choices=lambda: list(_groups()),
    attribute="groups",
    key="user_id",
)


JOB_STATUS = CallFilter(
    lambda text: text.rstrip(" "),
    {"type": "string", "minLength": 1},
    "Calls whose job has this status today, with case. 400 where too many calls would have to be "
    "looked through.",
    label=_("Job status"),
    choices=lambda: list(_job_statuses()),
    narrow=conditions.of_job_status,
)


class CallFilterSet(ParameterSet):
    """The filters of pages, files and the API, in the order of the form."""

    user_id = CallFilter(
        identifier,
        _ID,
        "Calls of this user; repeat it for several.",
        many=True,
        label=_("User"),
        foreign_key="user",
        attribute="user_ids",
        narrow=conditions.of_users,
        key="user_id",
        of_sums=lambda users: Q(user_id__in=users),
    )
    job_id = CallFilter(
        identifier,
        _ID,
        "Calls of this job.",
        label=_("Job"),
        foreign_key="job",
        attribute="job_id",
        key="job_id",
        of_sums=lambda job: Q(job_id=job),
    )
    if settings.JOB_STATUS_COLUMN:
        job_status = JOB_STATUS
    if HAS_GROUPS:
        group = GROUP
    api_endpoint = CallFilter(
        partial(as_stored, columns.endpoint),
        text_schema(columns.ENDPOINT_LENGTH),
        "Exactly this endpoint, with case.",
        label=_("Endpoint"),
        suggestions=_names(EndpointName),
        attribute="endpoint",
        narrow=ENDPOINTS.narrow,
        key="endpoint_id",
        of_sums=lambda endpoint: Q(endpoint_id=conditions.number(EndpointName, endpoint)),
    )
    success = CallFilter(
        boolean,
        _BOOLEAN,
        "false selects everything that is not true, null included.",
        label=_("Succeeded"),
        chip=_("Result"),
        words={
            "true": pgettext_lazy("result", "succeeded"),
            "false": pgettext_lazy("result", "failed"),
        },
        choices=YES_OR_NO,
        attribute="success",
        narrow=conditions.of_result,
        key="success",
        of_sums=lambda success: Q(success=success),
    )
    currency = CallFilter(
        currency,
        CURRENCY_SCHEMA,
        CURRENCY_TEXT,
        label=_("Currency"),
        suggestions=_names(CurrencyName),
        attribute="currency",
        narrow=CURRENCIES.narrow,
        of_sums=lambda currency: Q(currency_id=conditions.number(CurrencyName, currency)),
    )
    cost_min = _cost_bound(
        parse=partial(_amount, ROUND_CEILING),
        description="Calls that cost at least this.",
        label=_("Cost from, in its currency"),
        chip=_("Cost from"),
        lookup_expr="gte",
    )
    cost_max = _cost_bound(
        parse=partial(_amount, ROUND_FLOOR),
        description="Calls that cost at most this.",
        label=_("Cost up to, in its currency"),
        chip=_("Cost up to"),
        lookup_expr="lte",
    )
    response_time_ms_min = _time_bound(
        description="Calls that took at least this long.",
        label=_("Response time from, ms"),
        chip=_("Response time from"),
        lookup_expr="gte",
    )
    response_time_ms_max = _time_bound(
        description="Calls that took at most this long.",
        label=_("Response time up to, ms"),
        chip=_("Response time up to"),
        lookup_expr="lte",
    )
    has_error = CallFilter(
        boolean,
        _BOOLEAN,
        "Whether there is an error message.",
        label=_("With a message"),
        chip=_("Message"),
        words={"true": pgettext_lazy("message", "yes"), "false": pgettext_lazy("message", "none")},
        choices=YES_OR_NO,
        narrow=conditions.of_message,
    )
    unknown_cost = CallFilter(
        one_of(tuple(UNKNOWN_COST)),
        {"type": "string", "enum": list(UNKNOWN_COST)},
        "Calls whose cost is not known, by kind.",
        label=_("Cost not known"),
        chip=_("Cost"),
        choices=(
            ("unpriced", _("unpriced")),
            ("rounded_away", _("rounded away")),
            ("no_usage", _("no usage")),
        ),
        attribute="unknown_cost",
        narrow=conditions.of_cost_kind,
        key="cost_kind",
        of_sums=lambda kind: Q(cost_kind=UNKNOWN_COST[kind]),
    )
    # Its messages are looked up by `Request.of_kind`.
    failure = CallFilter(
        _failure_kind,
        {"type": "string", "pattern": "^[0-9a-f]{40}$"},
        "Failures whose messages are alike but for numbers, as the admin's page of errors links "
        "to them. 400 where too many calls would have to be looked through.",
        label=_("Kind of error"),
        words=_failure_message,
        is_kept=True,
    )
    period = Parameter(
        _period_name,
        {
            "type": "string",
            "pattern": f"^({'|'.join(_PERIODS)}|{_BILLED_MONTH})$",
            "examples": ["this_month", "2026-09_utc"],
        },
        f"One of {', '.join(_PERIODS)}: whole local days of TIME_ZONE up to today; with _utc a "
        "month as billed, in days of UTC, of any year like 2026-09_utc. Not together with dates.",
    )
    created_at_after = FROM
    created_at_before = THROUGH


def call_filters() -> dict[str, CallFilter]:
    """The filters by their parameters, without those of the period."""
    declared = CallFilterSet.base_filters.items()
    return {name: found for name, found in declared if isinstance(found, CallFilter)}
