"""Figures and their changes in words. More is not called bad, nor less good."""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from stats.core import formatting
from stats.core.periods import DAY
from stats.models import GROUPS_ARE_DATED, Membership
from stats.models.users_and_jobs import NO_END
from stats.query.request import Base
from stats.query.sums import Sums
from stats.reports.comparison import percent_more
from stats.tables.wording import cost_in as cost_in
from stats.tables.wording import group as group
from stats.tables.wording import others as others

SAME_TO = 0.05


def groups_note() -> str:
    """Which group a call counts for."""
    if GROUPS_ARE_DATED:
        return _("each call counts for the group that its user had on its day")
    return _("users count in their group of today")


def no_base(base: Base) -> str:
    """Why there is no comparison."""
    return _("No comparison: the ledger begins on %(day)s") % {
        "day": formatting.day(base.ledger_begins or base.comparison.first)
    }


def nothing_before(base: Base) -> str:
    return _("No calls in %(days)s") % {"days": days_before(base)}


def too_many_before(base: Base) -> str:
    return _("Not compared: there are too many calls in %(days)s.") % {"days": days_before(base)}


def days_before(base: Base) -> str:
    """The days that are compared with."""
    return formatting.compared_days(base.comparison)


def cost_changed(currency: str, now: Decimal, before: Decimal, base: Base) -> str:
    """USD 55.32 more than 1–24 Oct, +26 %."""
    words = {
        "amount": formatting.money(currency, abs(now - before)),
        "days": days_before(base),
    }
    if now == before:
        return _("Same as %(days)s") % words
    text = (
        _("%(amount)s more than %(days)s") if now > before else _("%(amount)s less than %(days)s")
    ) % words
    return _with_percent(text, percent_more(now, before))


def cost_changed_briefly(now: Decimal, before: Decimal) -> str:
    """+55.32, +26 %."""
    return _by_how_much(formatting.amount(now - before), now, before)


def count_changed(now: int, before: int) -> str:
    """+2,079, +16 %."""
    return _by_how_much(formatting.number(now - before), now, before)


def tokens_changed(now: int, before: int) -> str:
    return _by_how_much(str(formatting.quantity(now - before)), now, before)


def _by_how_much(difference: str, now: int | Decimal, before: int | Decimal) -> str:
    if now == before:
        return pgettext("no change", "unchanged")
    return _with_percent(formatting.signed(difference, now - before), percent_more(now, before))


def _with_percent(text: str, percent: float | None) -> str:
    if percent is None:
        return text
    return pgettext("a difference and its percentage", "%(difference)s, %(percent)s") % {
        "difference": text,
        "percent": formatting.percent_change(percent),
    }


def rate_changed(now: float, before: float) -> str:
    """0.1 points lower; a rate differs in points."""
    if abs(now - before) < SAME_TO:
        return pgettext("no change", "unchanged")
    points = formatting.decimal(abs(now - before), 1)
    text = _("%(points)s points higher") if now > before else _("%(points)s points lower")
    return text % {"points": points}


def counted(text: str, count: int) -> str:
    """The text that `ngettext` chose, with its `count` or `number` written out."""
    number = formatting.number(count)
    return text % {"count": number, "number": number}


def calls(count: int) -> str:
    """12,943 calls"""
    return counted(ngettext("%(number)s call", "%(number)s calls", count), count)


def days_in(one: Membership) -> str:
    """The days of a membership: since 1 Oct 2026, 1 Jan–30 Sep 2026."""
    if one.until == NO_END:
        return _("since %(day)s") % {"day": formatting.day(one.since, with_year=True)}
    return formatting.days(one.since, one.until - DAY, with_year=True)


def calls_and_success(sums: Sums) -> str:
    """12,943 calls, 98.4 % succeeded"""
    if not sums.calls:
        return calls(0)
    text = ngettext(
        "%(calls)s call, %(rate)s succeeded", "%(calls)s calls, %(rate)s succeeded", sums.calls
    )
    return text % {
        "calls": formatting.number(sums.calls),
        "rate": formatting.percent(sums.success_rate),
    }


def failed_alike(calls: int) -> str:
    """208 calls failed with this error."""
    text = ngettext(
        "%(number)s call failed with this error.", "%(number)s calls failed with this error.", calls
    )
    return counted(text, calls)


def duration_changed(now_ms: float, before_ms: float) -> str:
    """1.0 s slower."""
    difference = formatting.duration(abs(now_ms - before_ms))
    if abs(now_ms - before_ms) < 1:
        return pgettext("no change", "unchanged")
    text = _("%(duration)s slower") if now_ms > before_ms else _("%(duration)s faster")
    return text % {"duration": difference}
