"""The filters of the API, of every report page and of the list of calls: one FilterSet.

It is strict where django-filter is lenient: what cannot be read, is unknown or is given twice is
an error that names the parameter, never a filter silently left out.
"""

import re
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cached_property, partial
from typing import Any

import django_filters
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stats.core import periods
from stats.core.money import COST_MAX, COST_STEP, UNKNOWN_COST
from stats.core.periods import Period, Range
from stats.core.zones import column_zone, reading_zone
from stats.ingest import columns
from stats.models import APIUsageStats
from stats.query.failures import narrowed
from stats.query.selection import Selection

_WHOLE_NUMBER = re.compile("-?[0-9]+")

ALL = "all"
# Of a filter that takes several: an address has room for them, and for little more.
MOST_VALUES = 100
# How an address calls the users without a group. A group whose own name begins with this sign is
# written with one more before it, so that no name is ever taken for it.
NO_GROUP_VALUE = "-"


class ParsedField(forms.Field):
    """A value read by `parse`, whose `ValueError` is the message; empty is not given."""

    def __init__(self, *, parse: Callable[[str], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parse = parse

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            return self.parse(str(value))
        except ValueError as error:
            raise ValidationError(str(error)) from error


class ParsedListField(ParsedField):
    """Several of them: the parameter repeated."""

    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> tuple[Any, ...]:
        if len(value or ()) > MOST_VALUES:
            raise ValidationError(
                gettext("At most %(most)s values are possible; these are %(given)s.")
                % {"most": MOST_VALUES, "given": len(value)}
            )
        parsed = (super(ParsedListField, self).to_python(one) for one in value or ())
        return tuple(one for one in parsed if one is not None)


def known_identifier(value: object) -> int:
    """The id of a user or a job that there may be: below 1 where they are another application's."""
    if settings.ADOPTED and type(value) is int and -columns.BIGINT_MAX <= value < 1:
        return value
    return columns.identifier(value)


def _identifier(text: str) -> int:
    # What is longer Python itself refuses to read, in words of its own.
    is_number = _WHOLE_NUMBER.fullmatch(text) and len(text) < 100
    return known_identifier(int(text) if is_number else text)


def _amount(text: str, rounding: str) -> Decimal:
    """To the column's four decimals, towards the amounts that the bound lets through."""
    value = columns.decimal(text)
    if value > COST_MAX:
        raise ValueError(f"At most {COST_MAX} fits.")
    return value.quantize(COST_STEP, rounding)


def _boolean(text: str) -> bool:
    try:
        return {"true": True, "false": False}[text.lower()]
    except KeyError:
        raise ValueError("true or false is needed.") from None


def _period_name(text: str) -> str:
    """Only its name: which days it means hangs on the time."""
    if text != ALL:
        periods.check_period_name(text)
    return text


def _one_of(names: Collection[str], text: str) -> str:
    if text not in names:
        raise ValueError(f"One of {', '.join(names)} is needed.")
    return text


def _as_stored(check: Callable[[str], str], text: str) -> str:
    """What another application has written may begin with blanks."""
    if not check(text):
        raise ValueError("This may not be empty.")
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


def _failure_kind(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{40}", text):
        raise ValueError("40 hex digits are needed, as the page of errors has them.")
    return text


class ParsedFilter(django_filters.Filter):
    field_class = ParsedField


class ParsedListFilter(django_filters.Filter):
    field_class = ParsedListField


class CallFilterSet(django_filters.FilterSet):
    """Parameters → a `Selection` of calls.

    `also_allowed` names parameters that are somebody else's (a cursor, a tab). With
    `default_preset`, that period holds where none is given; with `requires_period`, only whole
    days will do, so that `whole_days` is there whenever this is valid.
    """

    user_id = ParsedListFilter(parse=_identifier, label=_("User"))
    job_id = ParsedFilter(parse=_identifier, label=_("Job"))
    api_endpoint = ParsedFilter(parse=partial(_as_stored, columns.endpoint), label=_("Endpoint"))
    success = ParsedFilter(parse=_boolean, label=_("Succeeded"))
    currency = ParsedFilter(parse=partial(_as_stored, columns.currency), label=_("Currency"))
    period = ParsedFilter(parse=_period_name, label=_("Period"))
    created_at_after = ParsedFilter(parse=periods.parse_moment, label=_("From"))
    created_at_before = ParsedFilter(parse=periods.parse_moment, label=_("Through"))
    cost_min = ParsedFilter(parse=partial(_amount, rounding=ROUND_CEILING), label=_("Cost from"))
    cost_max = ParsedFilter(parse=partial(_amount, rounding=ROUND_FLOOR), label=_("Cost up to"))
    response_time_ms_min = ParsedFilter(parse=columns.count, label=_("Response time from, ms"))
    response_time_ms_max = ParsedFilter(parse=columns.count, label=_("Response time up to, ms"))
    has_error = ParsedFilter(parse=_boolean, label=_("With a message"))
    unknown_cost = ParsedFilter(
        parse=partial(_one_of, tuple(UNKNOWN_COST)), label=_("Cost not known")
    )
    failure = ParsedFilter(parse=_failure_kind, label=_("Kind of error"))
    if settings.USER_GROUP_COLUMN:
        group = ParsedListFilter(parse=group_of_value, label=_("Group today"))

    data: QueryDict

    class Meta:
        model = APIUsageStats
        fields: tuple[str, ...] = ()

    def __init__(
        self,
        data: QueryDict,
        queryset: QuerySet[APIUsageStats] | None = None,
        *,
        now: datetime,
        also_allowed: Collection[str] = (),
        default_preset: str = "",
        requires_period: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, queryset, **kwargs)
        self.now = now
        self.also_allowed = also_allowed
        self.default_preset = default_preset
        self.requires_period = requires_period

    def is_valid(self) -> bool:
        return not self.errors

    @cached_property
    def errors(self) -> dict[str, list[str]]:
        """Per parameter what is wrong with it; unknown and repeated ones included."""
        errors = {name: [str(error) for error in found] for name, found in self.form.errors.items()}
        for name in self.data:
            if name not in self.filters and name not in self.also_allowed:
                errors[name] = [gettext("There is no such parameter.")]
            elif self._is_repeated(name):
                errors[name] = [gettext("This parameter may be given once only.")]
        return errors or {name: [message] for name, message in self._conflicts()}

    def _is_repeated(self, name: str) -> bool:
        may_repeat = isinstance(self.filters.get(name), ParsedListFilter)
        return len(self.data.getlist(name)) > 1 and not may_repeat

    def _conflicts(self) -> Iterator[tuple[str, str]]:
        """What is wrong with values that are right one by one."""
        given = self._given
        after, before = given["created_at_after"], given["created_at_before"]
        if given["period"] and (after or before):
            yield "period", gettext("Give either a period or dates.")
        if self._range_of_bounds.is_empty:
            yield "created_at_before", gettext("This lies before created_at_after.")
        if self.requires_period:
            if given["period"] == ALL:
                yield "period", gettext("A bounded period is needed here.")
            for name in ("created_at_after", "created_at_before"):
                if isinstance(given[name], datetime):
                    yield name, gettext("Whole days are needed here, like 2026-11-24.")
            if before and not after:
                yield "created_at_after", gettext("A first day is needed as well.")
        yield from self._out_of_bounds()

    def _out_of_bounds(self) -> Iterator[tuple[str, str]]:
        """What of the period lies too far away, or is too long."""
        zone = reading_zone()
        names = ("created_at_after", "created_at_before")
        first: date | None
        last: date | None
        if period := self.whole_days:
            first, last = period.first, period.last
        else:
            bounds = self._range_of_bounds
            first = bounds.start and periods.local_day(bounds.start, zone)
            last = bounds.end and periods.local_day(bounds.end, zone)
        try:
            periods.check_bounds(first, last, periods.local_day(self.now, zone))
        except periods.OutOfBoundsError as error:
            bound = names[0 if error.is_start else 1]
            text = gettext(error.message) % error.values
            yield "period" if self._given["period"] else bound, text

    @property
    def _given(self) -> dict[str, Any]:
        """The values, by name. Raises `ValueError` where some could not be read."""
        if self.form.errors:
            raise ValueError(f"Nothing can be asked with these parameters: {self.form.errors}")
        values: dict[str, Any] = self.form.cleaned_data
        return values

    @cached_property
    def whole_days(self) -> Period | None:
        """The whole days in question, of TIME_ZONE or, for a month as billed, of UTC; None for all
        time and for ranges by the clock."""
        given = self._given
        after, before = given["created_at_after"], given["created_at_before"]
        zone = reading_zone()
        today = periods.local_day(self.now, zone)
        if after or before:
            is_open = self.requires_period and not before and type(after) is date
            last = max(after, today) if is_open else before
            return Period(after, last, zone) if type(after) is type(last) is date else None
        name = given["period"] or self.default_preset
        return None if name in ("", ALL) else periods.named_period(name, self.now, zone)

    @property
    def range(self) -> Range:
        """The stretch of time in question."""
        return self.whole_days.range if self.whole_days else self._range_of_bounds

    @property
    def kind_of_failure(self) -> str | None:
        """The kind of failure that is asked for, a fingerprint."""
        kind: str | None = self._given["failure"]
        return kind

    @property
    def _range_of_bounds(self) -> Range:
        given = self._given
        return periods.range_between(
            given["created_at_after"],
            given["created_at_before"],
            reading_zone(),
            column_zone(),
        )

    @cached_property
    def selection(self) -> Selection:
        """What the parameters select; to be asked only where `is_valid()`.

        Raises `engine.TooManyCallsError` where a kind of failure is too much to look for.
        """
        selection, kind = self.beside_failure, self.kind_of_failure
        return selection if kind is None else narrowed(selection, kind)

    @cached_property
    def beside_failure(self) -> Selection:
        """The same, of every kind of failure and of calls that did not fail."""
        given = self._given
        return Selection(
            range=self.range,
            user_ids=given["user_id"],
            groups=given.get("group", ()),
            job_id=given["job_id"],
            endpoint=given["api_endpoint"],
            success=given["success"],
            currency=given["currency"],
            cost_min=given["cost_min"],
            cost_max=given["cost_max"],
            response_time_ms_min=given["response_time_ms_min"],
            response_time_ms_max=given["response_time_ms_max"],
            has_error=given["has_error"],
            unknown_cost=given["unknown_cost"],
        )

    def filter_queryset(self, queryset: QuerySet[APIUsageStats]) -> QuerySet[APIUsageStats]:
        return self.selection.narrow(queryset)
