"""What a letter says of periods, people and amounts."""

from decimal import Decimal

from django.utils.translation import gettext as _

from stats.core import formatting
from stats.letters import pages
from stats.letters.contents import Contents
from stats.letters.letter import Piece
from stats.letters.scope import Scope
from stats.query.filters import group_value
from stats.query.request import Base
from stats.tables import wording as tables


def when(scope: Scope) -> str:
    """In October 2026; So far in the week of 23–29 Nov 2026. It begins a sentence."""
    if scope.is_month:
        words = {"month": formatting.month(scope.period.first, with_year=True)}
        return (_("In %(month)s") if scope.is_over else _("So far in %(month)s")) % words
    days = formatting.days(scope.period.first, scope.period.last, with_year=True)
    text = _("In the week of %(days)s") if scope.is_over else _("So far in the week of %(days)s")
    return text % {"days": days}


def before(scope: Scope, base: Base) -> str:
    """In September; in the week before; on 1–24 Oct until 15:42."""
    if not scope.is_over:
        return _("on %(days)s") % {"days": formatting.compared_days(base.comparison)}
    if scope.is_month:
        return _("in %(month)s") % {"month": formatting.month(base.comparison.first)}
    return _("in the week before")


def person(found: Contents, user_id: int) -> Piece:
    """A user, leading to their page."""
    name = str(found.people[user_id])
    return Piece(name, pages.page("reports_user", found.scope, user_id))


def group(found: Contents, name: str) -> Piece:
    """A group, leading to its users."""
    path = pages.page("reports_users", found.scope, group=group_value(name))
    return Piece(tables.group(name), path)


def endpoint(found: Contents, name: str) -> Piece:
    """An endpoint, leading to its figures."""
    return Piece(name, pages.page("index", found.scope, api_endpoint=name))


def money(currency: str, value: Decimal, path: str, places: int | None = None) -> Piece:
    """`places` are those of its list."""
    return Piece(formatting.money(currency, value, places), path)


def number(value: int, path: str) -> Piece:
    return Piece(formatting.number(value), path)
