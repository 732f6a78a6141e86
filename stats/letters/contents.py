"""What a letter tells, asked of the reports: nothing is computed here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_noop

from stats.budgets import spending
from stats.budgets.periods import period_at
from stats.budgets.spending import Spending
from stats.budgets.whose import told_group
from stats.core.periods import DAY, Period, Range, local_day, start_of_day
from stats.core.sentences import Sentence
from stats.core.zones import reading_zone
from stats.letters.scope import Scope
from stats.models import HAS_GROUPS, Budget, EndUser, UnusualDay
from stats.models.unusual import Measure, SubjectKind
from stats.notices.failure import NotSentError
from stats.query import engine, names
from stats.query.group_names import group_names, names_taken_for
from stats.query.request import Base, ReportRequest
from stats.query.selection import Selection
from stats.query.sums import Sums, in_currency
from stats.reports.changes import Changes, changes
from stats.reports.closings import Month, closed_month
from stats.reports.figures import Figures, costs_of, figures, within
from stats.reports.forecast import MOST_DAYS, Forecast
from stats.reports.groups import Groups, groups_of_users
from stats.reports.month_ends import month_end_of
from stats.reports.ranking import Ranking, ranking
from stats.reports.unusual_kept import UnusualDays, made_by, unusual_days_of
from stats.rollups.folding import current_rollup_state

PerCurrency = Mapping[int, Mapping[str, Sums]]


@dataclass(frozen=True, slots=True)
class OfCurrency:
    """What is told of one currency. Without `changes` nothing is compared, without `month_end` too
    little is known; without `groups` the users' table has none, or the letter is of one."""

    currency: str
    users: Ranking[int, Sums]
    groups: Groups | None
    changes: Changes | None
    month_end: Forecast | None


@dataclass(frozen=True, slots=True)
class Contents:
    """`people` are all who are named.

    `closed` is that of a closed month. `chain_head` is only of the letter of a month and of
    everything.
    """

    scope: Scope
    base: Base
    figures: Figures
    currencies: Sequence[OfCurrency]
    budgets: Sequence[Spending]
    unusual: UnusualDays
    people: Mapping[int, EndUser]
    closed: Month | None
    chain_head: str

    @property
    def is_closed(self) -> bool:
        return self.closed is not None and self.closed.closing is not None

    def tab(self, one: OfCurrency) -> str | None:
        """The currency that pages are to rank in; None where there is but one."""
        return one.currency if len(self.figures.currencies) > 1 else None

    def maker(self, day: UnusualDay, key: str) -> str:
        """The name of one who made a day: of a user's an endpoint, of others a user."""
        return key if day.kind == SubjectKind.USER else str(self.people[int(key)])


def contents(scope: Scope) -> Contents:
    """Raises `engine.TooManyCallsError`, where there are no sums; `NotSentError` where it would
    have more than the group."""
    if scope.group is not None and HAS_GROUPS:
        _check_alone(scope.group)
    request = ReportRequest(now=scope.as_of, period=scope.period, selection=_selection(scope))
    base = request.base()
    found = figures(request, base)
    before = request.before(base)
    users = _Users(
        request.selection,
        before,
        engine.by_user_per_currency(request.selection),
        engine.by_user_per_currency(before) if before else None,
    )
    days = _days(request)
    unusual = _unusual(request, users)
    return Contents(
        scope,
        base,
        found,
        [
            OfCurrency(
                currency,
                users.ranking(currency),
                _groups(scope, users, currency),
                _changes(request, found, currency),
                month_end_of(costs_of(days, currency), scope.as_of) if days else None,
            )
            for currency in found.shown_currencies
        ],
        _budgets(scope),
        unusual,
        _people(users, unusual.rows),
        closed_month(scope.period.first) if scope.is_month else None,
        current_rollup_state().chain_head if scope.is_month and scope.group is None else "",
    )


def _check_alone(group: str) -> None:
    """A database may take other groups for this one, as `law` for `Law`."""
    if names_taken_for(group) - {group}:
        text = gettext_noop("The database takes other groups for %(group)s too.")
        raise NotSentError(Sentence(text, {"group": group}))


def _selection(scope: Scope) -> Selection:
    return Selection(groups=() if scope.group is None else (scope.group,))


@dataclass(frozen=True, slots=True)
class _Users:
    """Who made calls, now and in the period before; None: nothing is compared."""

    selection: Selection
    selection_before: Selection | None
    now: PerCurrency
    before: PerCurrency | None

    def ranking(self, currency: str) -> Ranking[int, Sums]:
        before = None if self.before is None else in_currency(self.before, currency)
        return ranking(Sums, in_currency(self.now, currency), before)


def _groups(scope: Scope, users: _Users, currency: str) -> Groups | None:
    if scope.group is not None or not (HAS_GROUPS and group_names()):
        return None
    before = users.selection_before
    return groups_of_users(
        users.ranking(currency),
        within(users.selection, currency),
        within(before, currency) if before else None,
    )


def _changes(request: ReportRequest, found: Figures, currency: str) -> Changes | None:
    is_one_of_several = len(found.currencies) > 1
    asked = replace(request, own={"ranked_in": currency}) if is_one_of_several else request
    differing = changes(asked)
    return differing if isinstance(differing, Changes) else None


def _days(request: ReportRequest) -> Mapping[date, Sums] | None:
    """The days until the end of the period from which the next one is told; None if too many calls
    would have to be read."""
    zone = reading_zone()
    month = local_day(request.now, zone).replace(day=1)
    start = start_of_day(month - MOST_DAYS * DAY, zone)
    selection = request.selection.during(Range(start, request.range.end))
    return engine.by_day(selection) if engine.has_sums_by_day(selection) else None


def _budgets(scope: Scope) -> list[Spending]:
    """Those that the group may hear of, in the periods that the letter ends in; what came after it
    does not count. The most spent first."""
    of_one = scope.group is not None
    budgets = [one for one in spending.in_force() if not of_one or told_group(one) == scope.group]
    found = spending.during([(one, _until_its_end(one, scope)) for one in budgets], scope.as_of)
    return sorted(found, key=lambda one: (-one.percent, one.budget.name))


def _until_its_end(budget: Budget, scope: Scope) -> Period:
    whole = period_at(budget, scope.through)
    return Period(whole.first, min(whole.last, scope.period.last), whole.zone)


def _unusual(request: ReportRequest, users: _Users) -> UnusualDays:
    """What nobody expected: everybody's days first, then by how far a cost was above the usual.

    Of a group's days the users are named who are in it today.
    """
    found = unusual_days_of(request)
    rows = [one for one in found.rows if one.expected_at is None]
    for one in rows:
        if one.kind == SubjectKind.GROUP and request.selection.groups:
            one.made_by = [maker for maker in one.made_by if int(maker[0]) in users.now]
    order = [SubjectKind.EVERYBODY, SubjectKind.GROUP, SubjectKind.USER, SubjectKind.ENDPOINT]

    def place(one: UnusualDay) -> tuple[int, bool, Decimal, date]:
        is_count = one.measure != Measure.COST
        return order.index(SubjectKind(one.kind)), is_count, -one.excess, one.day

    return replace(found, rows=sorted(rows, key=place))


def _people(users: _Users, unusual: Iterable[UnusualDay]) -> dict[int, EndUser]:
    ids = {*users.now, *(users.before or ())}
    for one in unusual:
        if one.kind == SubjectKind.USER:
            ids.add(int(one.key))
        else:
            ids |= {int(maker.key) for maker in made_by(one)}
    return names.users(ids)
