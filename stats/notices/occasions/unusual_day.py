"""A finished day was out of the ordinary, by enough to be worth a mail."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from stats.core import formatting
from stats.core.periods import DAY, range_of_days
from stats.core.zones import reading_zone
from stats.models import EndUser, UnusualDay
from stats.models.unusual import Measure, SubjectKind
from stats.notices.fact import Fact, Facts
from stats.notices.occasion import CALLS, Line, Message, Occasion, page_of_day
from stats.query import engine, names
from stats.query.filters import group_value
from stats.query.selection import Selection
from stats.query.sums import Sums
from stats.reports.groups import group_of
from stats.reports.measured import Figure
from stats.reports.unusual_kept import made_by, recent

# What is above the usual must be this part of an average day of everybody, over so many days, ...
LEAST_PART, DAYS = Decimal("0.1"), 28
# ... and a cost this much, in its currency.
LEAST_COST = Decimal(1)
# Whose part of it is smaller is not named in words.
LEAST_SHARE = Decimal("0.1")
# The filters of calls by subject.
FILTERS = {
    SubjectKind.USER: "user_id",
    SubjectKind.GROUP: "group",
    SubjectKind.ENDPOINT: "api_endpoint",
}


def _find(now: datetime) -> Iterator[Fact]:
    before = cache(_before)
    for row in recent(now).order_by("pk"):
        if _is_enough(row, before(row.day)):
            yield Fact(str(row.pk), _facts(row), _group(row))


def _before(day: date) -> Sums:
    """What everybody did in the days before."""
    days = range_of_days(day - DAYS * DAY, day - DAY, reading_zone())
    return engine.total(Selection(days))


def _is_enough(row: UnusualDay, before: Sums) -> bool:
    figure = Figure(Measure(row.measure), row.currency)
    if figure.measure is Measure.COST and row.excess < LEAST_COST:
        return False
    return row.excess >= LEAST_PART * figure.of(before) / DAYS


def _group(row: UnusualDay) -> str | None:
    if row.kind == SubjectKind.USER:
        return group_of(int(row.key))
    return row.key if row.kind == SubjectKind.GROUP else None


def _facts(row: UnusualDay) -> Facts:
    """Amounts as decimal texts; those who made it are users, of a user's day endpoints."""
    maker = SubjectKind.ENDPOINT if row.kind == SubjectKind.USER else SubjectKind.USER
    return {
        "day": row.day.isoformat(),
        "kind": row.kind,
        "key": row.key,
        "name": _name(row.kind, row.key),
        "measure": row.measure,
        "currency": row.currency,
        "observed": f"{row.observed:f}",
        "usual": f"{row.usual:f}",
        "made_by": [
            {
                "kind": str(maker),
                "key": one.key,
                "name": _name(maker, one.key),
                "observed": f"{one.amount:f}",
                "usual": f"{one.usual:f}",
            }
            for one in made_by(row)
        ],
    }


def _name(kind: str, key: str) -> str:
    if kind != SubjectKind.USER:
        return key
    user = int(key)
    return str(names.users([user])[user])


def _tell(facts: Facts) -> Message:
    usual = _amount(facts, Decimal(facts["usual"]))
    return Message(
        _subject(facts),
        (
            Line(
                str(Measure(facts["measure"]).label),
                _amount(facts, Decimal(facts["observed"])),
                _calls(facts, facts),
            ),
            Line(_("Usually"), usual, page_of_day("reports_unusual", facts["day"])),
            *(
                Line(
                    _("More by %(name)s") % {"name": _told_name(one)},
                    _amount(facts, _more(one)),
                    _calls(facts, facts, one),
                )
                for one in facts["made_by"]
                if _more(one) >= LEAST_SHARE * _more(facts)
            ),
        ),
    )


def _subject(facts: Facts) -> str:
    texts = {
        Measure.COST: _("%(who)s: %(amount)s more than usual on %(day)s"),
        Measure.CALLS: _("%(who)s: %(amount)s more calls than usual on %(day)s"),
        Measure.FAILURES: _("%(who)s: %(amount)s more failures than usual on %(day)s"),
    }
    return texts[Measure(facts["measure"])] % {
        "who": _told_name(facts) or _("All together"),
        "amount": _amount(facts, _more(facts)),
        "day": formatting.day(date.fromisoformat(facts["day"])),
    }


def _told_name(one: Facts) -> str:
    """The name of one who has none is of the language in which it is read."""
    if one["kind"] != SubjectKind.USER:
        return str(one["name"])
    nameless = EndUser(pk=int(one["key"]))
    with override(None):
        has_name = one["name"] != str(nameless)
    return one["name"] if has_name else str(nameless)


def _more(facts: Facts) -> Decimal:
    return Decimal(facts["observed"]) - Decimal(facts["usual"])


def _amount(facts: Facts, value: Decimal) -> str:
    if facts["measure"] == Measure.COST:
        return formatting.money(facts["currency"], value)
    return formatting.number(round(value))


def _calls(facts: Facts, *subjects: Facts) -> str:
    """The page of the day's calls of all these subjects together."""
    query: dict[str, str] = {}
    for one in subjects:
        if one["kind"] != SubjectKind.EVERYBODY:
            key = group_value(one["key"]) if one["kind"] == SubjectKind.GROUP else one["key"]
            query[FILTERS[SubjectKind(one["kind"])]] = key
    if facts["currency"]:
        query["currency"] = facts["currency"]
    if facts["measure"] == Measure.FAILURES:
        query["success"] = "false"
    return page_of_day(CALLS, facts["day"], **query)


OCCASION = Occasion("day.unusual", gettext_lazy("A day was out of the ordinary"), _tell, _find)
