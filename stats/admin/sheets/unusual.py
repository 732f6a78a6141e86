"""Unusual days: as a page tells each of them, and the table of their files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

from django.urls import reverse
from django.utils.translation import gettext as _

from stats.admin.components.links import Address
from stats.admin.components.tiles import Piece
from stats.admin.sheets.columns import Columns, one_page
from stats.core import formatting
from stats.models import EndUser, UnusualDay
from stats.models.unusual import Measure, SubjectKind
from stats.query import names
from stats.query.filters import group_value
from stats.reports.culprits import Culprit
from stats.reports.unusual_kept import UnusualDays, made_by, subject_name
from stats.tables.table import Column, Kind, Table, local_time

Users = Mapping[int, EndUser]


@dataclass(frozen=True, slots=True)
class DrawnDay:
    """An unusual day, ready to be drawn. `expected` says who expected it and when; empty if
    nobody did. `more` and `makers` lead to calls and users."""

    pk: int
    day: str
    subject: Piece
    measure: str
    observed: str
    usual: str
    more: Piece
    makers: Sequence[Piece]
    expected: str
    note: str


def table(found: UnusualDays) -> Table[UnusualDay]:
    """All of them, for files."""
    users = _users(found.rows)

    def name(row: UnusualDay) -> str:
        return str(users[int(row.key)]) if row.kind == SubjectKind.USER else row.key

    def makers(row: UnusualDay) -> str:
        return ", ".join(f"{_name_of(one, row, users)} ({one.excess})" for one in made_by(row))

    columns: Columns[UnusualDay] = [
        Column("day", Kind.DAY, attrgetter("day")),
        Column("subject", Kind.TEXT, attrgetter("kind")),
        Column("key", Kind.TEXT, attrgetter("key")),
        Column("name", Kind.TEXT, name),
        Column("measure", Kind.TEXT, attrgetter("measure")),
        Column("currency", Kind.TEXT, attrgetter("currency")),
        Column("observed", Kind.AMOUNT, attrgetter("observed")),
        Column("usual", Kind.AMOUNT, attrgetter("usual")),
        Column("above", Kind.AMOUNT, attrgetter("excess")),
        Column("made_by", Kind.TEXT, makers),
        Column("found_at", Kind.MOMENT, lambda row: local_time(row.found_at)),
        Column("expected_at", Kind.MOMENT, lambda row: local_time(row.expected_at)),
        Column("expected_by", Kind.TEXT, attrgetter("expected_by")),
        Column("note", Kind.TEXT, attrgetter("note")),
    ]
    return one_page("unusual", columns, found.rows)


def drawn_days(found: UnusualDays, most: int) -> list[DrawnDay]:
    """The newest."""
    rows = found.rows[:most]
    users = _users(rows)
    return [_drawn(row, users) for row in rows]


def _users(rows: Sequence[UnusualDay]) -> Users:
    """All that are named."""
    subjects = (int(row.key) for row in rows if row.kind == SubjectKind.USER)
    makers = (int(one.key) for row in rows if _is_by_users(row) for one in made_by(row))
    return names.users([*subjects, *makers])


def _is_by_users(row: UnusualDay) -> bool:
    """Whether users made it; a user's own day is made by endpoints."""
    return row.kind != SubjectKind.USER


def _drawn(row: UnusualDay, users: Users) -> DrawnDay:
    amount, calls = _amounts_of(row), _calls(row)
    above = _("%(amount)s more than usual") % {"amount": amount(row.excess)}
    return DrawnDay(
        row.pk,
        formatting.weekday(row.day),
        _subject(row, users),
        row.get_measure_display(),
        amount(row.observed),
        amount(row.usual),
        Piece(above, str(calls)),
        [_maker(one, row, users, calls) for one in made_by(row) if _is_told(one, row)],
        _expected(row),
        row.note,
    )


def _amounts_of(row: UnusualDay) -> Callable[[Decimal], str]:
    if row.measure == Measure.COST:
        return lambda value: formatting.money(row.currency, value)
    return lambda value: formatting.number(round(value))


def _subject(row: UnusualDay, users: Users) -> Piece:
    """Leading to the user's page, else to the users of the day."""
    page = Address(reverse("admin:reports_users")).during(row.day, row.day)
    if row.kind == SubjectKind.USER:
        page = page.at("reports_user", int(row.key))
    else:
        page = page.having(**_filter(row.kind, row.key))
    return Piece(subject_name(row, users), str(page))


def _calls(row: UnusualDay) -> Address:
    """The calls of the day that were counted."""
    calls = Address(reverse("admin:reports_users")).calls.during(row.day, row.day)
    if row.measure == Measure.FAILURES:
        calls = calls.having(success="false")
    calls = calls.in_currency(row.currency)
    return calls.having(**_filter(row.kind, row.key))


def _filter(kind: str, key: str) -> dict[str, str]:
    """The filter by a subject."""
    return {
        SubjectKind.USER: {"user_id": key},
        SubjectKind.GROUP: {"group": group_value(key)},
        SubjectKind.ENDPOINT: {"api_endpoint": key},
    }.get(SubjectKind(kind), {})


def _is_told(one: Culprit[str], row: UnusualDay) -> bool:
    """Nobody made "0 more"."""
    return row.measure == Measure.COST or round(one.excess) > 0


def _maker(one: Culprit[str], row: UnusualDay, users: Users, calls: Address) -> Piece:
    kind = SubjectKind.USER if _is_by_users(row) else SubjectKind.ENDPOINT
    words = {"name": _name_of(one, row, users), "amount": _amounts_of(row)(one.excess)}
    url = str(calls.having(**_filter(kind, one.key)))
    return Piece(_("%(name)s %(amount)s more") % words, url)


def _name_of(one: Culprit[str], row: UnusualDay, users: Users) -> str:
    return str(users[int(one.key)]) if _is_by_users(row) else one.key


def _expected(row: UnusualDay) -> str:
    if row.expected_at is None:
        return ""
    when = formatting.exact_moment(row.expected_at)
    return _("%(name)s, %(time)s") % {"name": row.expected_by, "time": when}
