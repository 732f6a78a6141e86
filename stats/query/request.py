"""The request of a report or a list of calls, made of checked parameters, for pages and the API."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext

from stats.core import periods
from stats.core.periods import ALL, DEFAULT_PRESET, Comparison, Period, Range, local_day
from stats.core.zones import column_zone, reading_zone
from stats.query.extent import Extent, whole_ledger
from stats.query.failures import narrowed
from stats.query.filters import CallFilterSet
from stats.query.parameters import Parameter, ParametersError, currency
from stats.query.selection import Selection

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Base:
    """What a period is compared with, and the ledger's first day, today without calls."""

    comparison: Comparison
    first_day: date

    @property
    def ledger_begins(self) -> date | None:
        """The ledger's first day if it is too young for the comparison."""
        return self.first_day if self.first_day > self.comparison.first else None

    @property
    def is_comparable(self) -> bool:
        return self.ledger_begins is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Which calls, as of `now`. `selection` has failures of all kinds, whatever `failure` is asked.
    `own` has the values of parameters that are no filters."""

    now: datetime
    selection: Selection = field(default_factory=Selection)
    period: Period | None = None
    failure: str | None = None
    own: Values = field(default_factory=dict)

    @property
    def range(self) -> Range:
        return self.selection.range

    @property
    def of_kind(self) -> Selection:
        """The calls of the asked kind of failure, if any. Raises `engine.TooManyCallsError`."""
        return narrowed(self.selection, self.failure) if self.failure else self.selection


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRequest(Request):
    """The same for the whole days of a period. The selection always has its range."""

    period: Period

    def __post_init__(self) -> None:
        object.__setattr__(self, "selection", self.selection.during(self.period.range))

    @property
    def ranked_in(self) -> str | None:
        """The currency to rank in, if one is asked for."""
        return self.own.get("ranked_in")

    @property
    def is_of_all_calls(self) -> bool:
        """True if no filter is given."""
        return self.selection == Selection(self.period.range)

    def narrowed(self, **filters: Any) -> "ReportRequest":
        """The same with other fields of the selection."""
        return replace(self, selection=replace(self.selection, **filters))

    def base(self, ledger: Extent | None = None) -> Base:
        """The comparable part of the period before. The ledger's extent is read unless given."""
        first_call = (ledger or whole_ledger().extent).first
        first_day = local_day(first_call or self.now, self.period.zone)
        return Base(self.period.previous(self.now), first_day)

    def before(self, base: Base) -> Selection | None:
        """The same calls in the period before; None if it is not comparable."""
        return self.selection.during(base.comparison.range) if base.is_comparable else None


# ── from parameters ─────────────────────────────────────────────────────────────────────────────

RANKED_IN = {"ranked_in": Parameter(currency)}


def request_of(
    query: QueryDict,
    now: datetime,
    own: Mapping[str, Parameter] | None = None,
    *,
    default_preset: str = "",
    refuses_empty: bool = False,
) -> Request:
    """The request of a list of calls, with any range of time.

    `own` are parameters beside the filters. `default_preset` is the period if none is given. Raises
    `ParametersError`.
    """
    values = CallFilterSet(query, own, refuses_empty=refuses_empty).values
    period = _period(values, now, default_preset)
    if wrong := dict([*_conflicts(values), *_out_of_bounds(values, period, now)]):
        raise _not_usable(wrong)
    range = period.range if period else _range(values)
    return Request(period=period, **_common(values, now, range, own))


def report_request_of(
    query: QueryDict,
    now: datetime,
    own: Mapping[str, Parameter] | None = None,
    *,
    refused: Mapping[str, str] | None = None,
    default_preset: str = DEFAULT_PRESET,
) -> ReportRequest:
    """The request of a report: whole days, through today if no last one is given.

    `refused` says why it does not take some filters; `default_preset` is the period if none is
    given. Raises `ParametersError`.
    """
    given = CallFilterSet(query, own)
    not_taken = {name: [text] for name, text in (refused or {}).items() if query.get(name)}
    if errors := {**given.errors, **not_taken}:
        raise ParametersError(errors)
    values = given.values
    has_dates = values["created_at_after"] or values["created_at_before"]
    if (values["period"] or default_preset) == ALL and not has_dates:
        period: Period | None = _all_time(now)
    else:
        period = _period(_through_today(values, now), now, default_preset)
    wrong = [*_conflicts(values), *_not_whole_days(values), *_out_of_bounds(values, period, now)]
    if wrong or period is None:
        raise _not_usable(dict(wrong))
    return ReportRequest(period=period, **_common(values, now, period.range, own))


def _all_time(now: datetime) -> Period:
    """From the ledger's first day through today; no longer than a report may be."""
    zone = reading_zone()
    today = local_day(now, zone)
    first = whole_ledger().extent.first
    earliest = max(periods.EARLIEST, today - (periods.MAX_DAYS - 1) * periods.DAY)
    first_day = max(local_day(first, zone), earliest) if first else today
    return Period(min(first_day, today), today, zone, ALL)


def _common(
    values: Values, now: datetime, range: Range, own: Mapping[str, Parameter] | None
) -> dict[str, Any]:
    return {
        "now": now,
        "selection": Selection.of(values).during(range),
        "failure": values["failure"],
        "own": {name: values[name] for name in own or () if values[name] is not None},
    }


def _not_usable(wrong: Mapping[str, str]) -> ParametersError:
    return ParametersError({name: [message] for name, message in wrong.items()})


def _through_today(values: Values, now: datetime) -> Values:
    after, before = values["created_at_after"], values["created_at_before"]
    if type(after) is not date or before:
        return values
    return {**values, "created_at_before": max(after, local_day(now, reading_zone()))}


def _period(values: Values, now: datetime, default_preset: str) -> Period | None:
    """Whole days of TIME_ZONE or, for a billed month, of UTC; None for all time and for ranges by
    the clock."""
    after, before = values["created_at_after"], values["created_at_before"]
    if after or before:
        is_whole = type(after) is type(before) is date
        return Period(after, before, reading_zone()) if is_whole else None
    name = values["period"] or default_preset
    return None if name in ("", ALL) else periods.named_period(name, now, reading_zone())


def _range(values: Values) -> Range:
    bounds = values["created_at_after"], values["created_at_before"]
    return periods.range_between(*bounds, reading_zone(), column_zone())


def _conflicts(values: Values) -> Iterator[tuple[str, str]]:
    """Errors of values that are right one by one."""
    if values["period"] and (values["created_at_after"] or values["created_at_before"]):
        yield "period", gettext("Give either a period or dates.")
    if _range(values).is_empty:
        yield "created_at_before", gettext("This lies before created_at_after.")


def _not_whole_days(values: Values) -> Iterator[tuple[str, str]]:
    for name in ("created_at_after", "created_at_before"):
        if isinstance(values[name], datetime):
            yield name, gettext("Whole days are needed here, like 2026-11-24.")
    if values["created_at_before"] and not values["created_at_after"]:
        yield "created_at_after", gettext("A first day is needed as well.")


def _out_of_bounds(
    values: Values, period: Period | None, now: datetime
) -> Iterator[tuple[str, str]]:
    """The error of a period that is too long or too far away."""
    zone = reading_zone()
    first: date | None
    last: date | None
    if period:
        first, last = period.first, period.last
    else:
        bounds = _range(values)
        first, last = (bound and local_day(bound, zone) for bound in (bounds.start, bounds.end))
    try:
        periods.check_bounds(first, last, local_day(now, zone))
    except periods.OutOfBoundsError as error:
        bound = "created_at_after" if error.is_start else "created_at_before"
        yield "period" if values["period"] else bound, gettext(error.message) % error.values
