"""The filters of calls, each declared once.

A declaration says how its parameter is read, which calls and which rows of rollups it lets through,
what it is called, and its place in the OpenAPI document. Pages, chips, forms and the API read it
here. django-filter carries it: see docs/decisions/0019-one-request-one-filter.md.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django_filters import Filter

from stats.core import periods
from stats.core.money import COST_MAX, COST_STEP, UNKNOWN_COST
from stats.ingest import columns
from stats.models import APIUsageStats, CurrencyName, EndpointName, EndUser, FailureKind
from stats.query.conditions import (
    NO_GROUP,
    Calls,
    in_groups,
    number,
    of_cost_kind,
    of_message,
    of_result,
    of_users,
)
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

# The period of all time.
ALL = "all"
PERIOD_PARAMETERS = ("period", "created_at_after", "created_at_before")
# How an address calls the users without a group. A group whose own name begins with this sign is
# written with one more before it, so that no name is ever taken for it.
NO_GROUP_VALUE = "-"
MESSAGE_SHOWN = 80
# A kind without a number yet is looked for among so many of the newest failures.
NEWEST_FAILURES = 1_000


class CallFilter(Parameter):
    """A filter of calls.

    Which calls it lets through is said as django-filter has it, `field_name` and `lookup_expr`, or
    by `narrow`, for which an empty text is a value too. `of_sums` is the condition on rows of a
    rollup, told apart by `key`; without it, only the calls know. `attribute` is the field of
    `Selection` that holds the value, where other code reads it too.

    Its field on pages: `foreign_key` is found by name, `choices` are chosen, a `step` makes a
    number, else it is text; one that `is_kept` can only be let go. The chip says `chip` (or else
    the label) and the value in `words`.
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
        foreign_key: str = "",
        step: str = "",
        is_kept: bool = False,
        attribute: str = "",
        narrow: Callable[[Calls, Any], Calls] | None = None,
        key: str = "",
        of_sums: Callable[[Any], Q] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(parse, schema, description, label=label, **options)
        self.chip = chip or label
        self.words = words or (dict(choices) if not callable(choices) else {})
        self.choices = choices
        self.foreign_key = foreign_key
        self.step = step
        self.is_kept = is_kept
        self.attribute = attribute
        self.narrow = narrow
        self.key = key
        self.of_sums = of_sums

    def filter(self, calls: Calls, value: Any) -> Calls:
        """The calls that a value lets through."""
        return self.narrow(calls, value) if self.narrow else Filter.filter(self, calls, value)

    def text(self, value: str) -> str:
        """A value of an address in words."""
        words = self.words
        return str(words(value) if callable(words) else words.get(value, value))


# ── how values are read and told ────────────────────────────────────────────────────────────────


def _amount(rounding: str, text: str) -> Decimal:
    """To the column's four decimals, towards the amounts that the bound lets through."""
    value = columns.decimal(text)
    if value > COST_MAX:
        raise ValueError(f"At most {COST_MAX} fits.")
    return value.quantize(COST_STEP, rounding)


def _period_name(text: str) -> str:
    """Only its name: which days it means hangs on the time."""
    if text != ALL:
        periods.check_period_name(text)
    return text


def group_value(group: str) -> str:
    """How an address calls a group, `NO_GROUP` included."""
    return NO_GROUP_VALUE + group if group[:1] in ("", NO_GROUP_VALUE) else group


def group_of_value(text: str) -> str:
    """The group that an address calls so, `NO_GROUP` included. Raises `ValueError`."""
    if not text.startswith(NO_GROUP_VALUE):
        return text
    group = text.removeprefix(NO_GROUP_VALUE)
    if group_value(group) != text:
        raise ValueError(f"A group whose name begins with - is written as -{text}.")
    return group


def _groups() -> Iterator[tuple[str, Text]]:
    groups = EndUser.objects.order_by("group").values_list("group", flat=True).distinct()  # type: ignore[misc]
    yield group_value(NO_GROUP), _("no group")
    yield from ((group_value(group), group) for group in groups if group)


def _failure_kind(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{40}", text):
        raise ValueError("40 hex digits are needed, as the page of errors has them.")
    return text


def _failure_message(kind: str) -> str:
    """One of the messages of failures of a kind, which is a fingerprint."""
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
_COST = {"type": "number", "minimum": 0, "maximum": float(COST_MAX)}
_MILLISECONDS = {"type": "integer", "minimum": 0, "maximum": columns.INT_MAX}
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
    "Calls of users of this group; repeat it for several. `-` is the users without a group: a "
    "group whose own name begins with - is written with one more - before it.",
    many=True,
    label=_("Group today"),
    words=lambda text: group_of_value(text) or _("no group"),
    choices=lambda: list(_groups()),
    attribute="groups",
    narrow=lambda calls, groups: calls.filter(in_groups(groups)),
    key="user_id",
    of_sums=in_groups,
)


class CallFilterSet(ParameterSet):
    """The filters of the API, of every report page and of the list of calls, in the order of the
    form."""

    user_id = CallFilter(
        identifier,
        _ID,
        "Calls of this user; repeat it for several.",
        many=True,
        label=_("User"),
        foreign_key="user",
        attribute="user_ids",
        narrow=of_users,
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
    if settings.USER_GROUP_COLUMN:
        group = GROUP
    api_endpoint = CallFilter(
        partial(as_stored, columns.endpoint),
        text_schema(columns.ENDPOINT_LENGTH),
        "Exactly this endpoint, with case.",
        label=_("Endpoint"),
        attribute="endpoint",
        narrow=lambda calls, endpoint: ENDPOINTS.narrow(calls, endpoint),
        key="endpoint_id",
        of_sums=lambda endpoint: Q(endpoint_id=number(EndpointName, endpoint)),
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
        narrow=of_result,
        key="success",
        of_sums=lambda success: Q(success=success),
    )
    currency = CallFilter(
        currency,
        CURRENCY_SCHEMA,
        CURRENCY_TEXT,
        label=_("Currency"),
        attribute="currency",
        narrow=lambda calls, currency: CURRENCIES.narrow(calls, currency),
        of_sums=lambda currency: Q(currency_id=number(CurrencyName, currency)),
    )
    cost_min = CallFilter(
        partial(_amount, ROUND_CEILING),
        _COST,
        "Calls that cost at least this.",
        label=_("Cost from"),
        step="0.0001",
        field_name="cost",
        lookup_expr="gte",
    )
    cost_max = CallFilter(
        partial(_amount, ROUND_FLOOR),
        _COST,
        "Calls that cost at most this.",
        label=_("Cost up to"),
        step="0.0001",
        field_name="cost",
        lookup_expr="lte",
    )
    response_time_ms_min = CallFilter(
        columns.count,
        _MILLISECONDS,
        "Calls that took at least this long.",
        label=_("Response time from, ms"),
        chip=_("Response time from"),
        step="1",
        field_name="response_time_ms",
        lookup_expr="gte",
    )
    response_time_ms_max = CallFilter(
        columns.count,
        _MILLISECONDS,
        "Calls that took at most this long.",
        label=_("Response time up to, ms"),
        chip=_("Response time up to"),
        step="1",
        field_name="response_time_ms",
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
        narrow=of_message,
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
        narrow=of_cost_kind,
        key="cost_kind",
        of_sums=lambda kind: Q(cost_kind=UNKNOWN_COST[kind]),
    )
    # Which messages it stands for is looked up: see `Request.of_kind`.
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
    """The filters by their parameters; without those of the period."""
    declared = CallFilterSet.declared().items()
    return {name: found for name, found in declared if isinstance(found, CallFilter)}
