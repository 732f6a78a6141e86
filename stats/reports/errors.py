"""The failures of a period by kind, by day, by endpoint and by user, beside the period before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from stats.query import engine
from stats.query.failures import FailureGroup, failure_groups, failures_of
from stats.query.request import Base, ReportRequest
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.reports.daily import daily
from stats.reports.figures import Figures
from stats.reports.ranking import Key, Measure, Ranking, ranking

Groups = Sequence[FailureGroup]


class ErrorKind(NamedTuple):
    """A kind of failure: one of its messages, and its fingerprint."""

    message: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Kinds:
    """Kinds of failures, by their number. `groups` has what is known of those of the period."""

    ranking: Ranking[ErrorKind, Sums]
    groups: Mapping[ErrorKind, FailureGroup]


@dataclass(frozen=True, slots=True)
class Errors:
    """The most failures come first; what had failures in the period before is there too.

    `kinds` add up to the failures of `total`. Totals of `endpoints` and `users` are those of all
    calls. Of one kind of failure (then `figures` are None), all are its failures alone, and its
    users are not known if its calls cannot be read, since they are too many, or purged.
    """

    base: Base
    selection: Selection
    total: Sums
    kinds: Kinds
    endpoints: Ranking[str, Sums]
    users: Ranking[int, Sums]
    figures: Figures | None = None
    are_users_known: bool = True

    @property
    def is_of_one_kind(self) -> bool:
        return self.figures is None


def errors(request: ReportRequest) -> Errors:
    """The failures of the period, or those of one kind. Raises `engine.TooManyCallsError`."""
    if request.failure is not None:
        return _of_one_kind(request, request.failure)
    figures = daily(request)
    now, before = request.selection, request.before(figures.base)
    if not (figures.now.failures or (figures.before and figures.before.failures)):
        nobody: Ranking[int, Sums] = _by_failures({}, None)
        return Errors(
            figures.base, now, figures.now, _kinds([], None), _endpoints([], None), nobody, figures
        )
    return Errors(
        figures.base,
        now,
        figures.now,
        _kinds(failure_groups(now), failure_groups(before) if before else None),
        _by_failures(engine.by_endpoint(now), engine.by_endpoint(before) if before else None),
        _by_failures(engine.by_user(now), engine.by_user(before) if before else None),
        figures,
    )


def _of_one_kind(request: ReportRequest, kind: str) -> Errors:
    """The rollup of failures has its number and its endpoints, only the calls have its users."""
    base = request.base()
    before = request.before(base)
    groups = _only(failures_of(request.selection, kind))
    groups_before = _only(failures_of(before, kind)) if before else None
    kinds, endpoints = _kinds(groups, groups_before), _endpoints(groups, groups_before)
    users = _users_of_one_kind(request)
    return Errors(
        base,
        request.selection,
        kinds.ranking.total.sums,
        kinds,
        endpoints,
        users,
        are_users_known=users.total.value == kinds.ranking.total.value,
    )


def _users_of_one_kind(request: ReportRequest) -> Ranking[int, Sums]:
    """Those whose calls can be read. They are not compared: that would read as many calls again."""
    try:
        return _by_failures(engine.by_user(request.of_kind), None)
    except engine.TooManyCallsError:
        return _by_failures({}, None)


def _only(group: FailureGroup | None) -> Groups:
    return [group] if group else []


def _kinds(now: Groups, before: Groups | None) -> Kinds:
    """A kind is called by its message of now, if it has one."""
    messages = {group.kind: group.message for group in (*(before or ()), *now)}

    def known(groups: Groups) -> dict[ErrorKind, FailureGroup]:
        return {ErrorKind(messages[group.kind], group.kind): group for group in groups}

    def sums(groups: Groups) -> dict[ErrorKind, Sums]:
        return {kind: Sums(calls=group.failures) for kind, group in known(groups).items()}

    return Kinds(_by_failures(sums(now), None if before is None else sums(before)), known(now))


def _endpoints(now: Groups, before: Groups | None) -> Ranking[str, Sums]:
    def sums(groups: Groups) -> dict[str, Sums]:
        counts = (group.per_endpoint.items() for group in groups)
        return {endpoint: Sums(calls=count) for found in counts for endpoint, count in found}

    return _by_failures(sums(now), None if before is None else sums(before))


def _by_failures(now: Mapping[Key, Sums], before: Mapping[Key, Sums] | None) -> Ranking[Key, Sums]:
    """Only those with failures, the others left out; the total is that of all."""
    found = ranking(Sums, now, before, Measure.FAILURES)
    rows = tuple(row for row in found.rows if row.sums.failures or row.value_before)
    named = replace(found, rows=rows)
    return replace(named, left_out=found.count - named.count)
