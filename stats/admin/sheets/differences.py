"""What changed: contributions to the difference of cost."""

from collections.abc import Mapping
from decimal import Decimal
from operator import attrgetter, itemgetter

from django.utils.translation import gettext_lazy as _

from stats.admin.components import waterfall, wording
from stats.admin.components.links import Address
from stats.admin.components.tables import to_endpoints, to_users
from stats.admin.components.waterfall import Line
from stats.admin.sheets.columns import (
    ON_WIDE_PAGES,
    Columns,
    compared_with,
    in_currency,
    of_user,
    on_page,
    one_page,
)
from stats.core import formatting
from stats.core.periods import Period
from stats.models import EndUser
from stats.query import names
from stats.query.request import Base
from stats.query.selection import Selection
from stats.reports.changes import Changes, Contributions, NotComparable
from stats.tables.html import MAIN, DrawnTable, drawn
from stats.tables.table import Column, Kind, OnPage, Phone, Table, Text

_HEADING: OnPage[Line] = OnPage(
    text=lambda line: Text(line.label, tag=line.tag), link=attrgetter("url"), is_heading=True
)
_ON_PAGE = ("cost_before", "cost", "cost_difference", "share_of_difference", "step")


def changed_users(found: Changes | NotComparable) -> Table[Line]:
    lines = waterfall.every_line(found.users) if isinstance(found, Changes) else []
    columns = _users(
        names.users(line.key for line in lines), _currency(found), found.base, found.selection
    )
    return one_page("users", columns, lines, _cost_now(found))


def changed_endpoints(found: Changes | NotComparable) -> Table[Line]:
    lines = waterfall.every_line(found.endpoints) if isinstance(found, Changes) else []
    return one_page("endpoints", _endpoints(_currency(found), found.base), lines, _cost_now(found))


def parts_of_change(found: Changes | NotComparable) -> Table[tuple[str, Decimal]]:
    """The difference split into calls, tokens per call and cost per token."""
    parts = ("calls", "tokens_per_call", "cost_per_token")
    split = found.split if isinstance(found, Changes) else None
    rows = [(name, getattr(split, name)) for name in parts] if split else []
    return one_page(
        "parts",
        [
            Column("part", Kind.TEXT, itemgetter(0)),
            Column("cost_difference", Kind.AMOUNT, itemgetter(1)),
            *in_currency(_currency(found)),
            *compared_with(found.base),
        ],
        rows,
        _cost_now(found),
    )


def drawn_users(found: Changes, calls: Address, period: Period) -> DrawnTable:
    known = names.users(waterfall.keys_shown(found.users, waterfall.MOST))
    rows = waterfall.from_before_to_now(
        found.users, lambda user_id: str(known[user_id]), to_users(calls)
    )
    columns = _users(known, found.currency, found.base, found.selection, period)
    return drawn("users", columns, rows, order=("name", *_ON_PAGE), reads_across=True)


def drawn_endpoints(found: Changes, calls: Address, period: Period) -> DrawnTable:
    rows = waterfall.from_before_to_now(found.endpoints, str, to_endpoints(calls))
    columns = _endpoints(found.currency, found.base, period)
    return drawn("endpoints", columns, rows, order=("endpoint", *_ON_PAGE), reads_across=True)


def drawn_largest(
    found: Contributions[int], page: Address, known: Mapping[int, EndUser], base: Base
) -> DrawnTable:
    """The few beside a chart, as narrow on a screen as on a phone. `known` has the users."""
    columns = on_page(_users(known, "", base, Selection()), "step", phone=Phone.SHOWN)
    columns = on_page(columns, "cost_difference", classes="", phone=Phone.SHOWN)
    rows = waterfall.largest(found, lambda user_id: str(known[user_id]), to_users(page))
    order = ("name", "step", "cost_difference")
    return drawn("changes", columns, rows, order=order, reads_across=True)


def _users(
    known: Mapping[int, EndUser],
    currency: str,
    base: Base,
    selection: Selection,
    period: Period | None = None,
) -> Columns[Line]:
    return [
        *of_user(lambda line: known.get(line.key), _HEADING, selection),
        *_contribution(currency, base, period),
    ]


def _endpoints(currency: str, base: Base, period: Period | None = None) -> Columns[Line]:
    return [
        Column("endpoint", Kind.TEXT, attrgetter("key"), _("Endpoint"), _HEADING),
        *_contribution(currency, base, period),
    ]


def _contribution(currency: str, base: Base, period: Period | None) -> Columns[Line]:
    """An amount is None where there was none. On a page amounts are headed by their days."""
    days = formatting.days(period.first, period.last) if period else ""
    quiet: OnPage[Line] = OnPage(phone=Phone.HIDDEN, classes="quiet")
    last: OnPage[Line] = OnPage(phone=Phone.LAST, classes=MAIN, is_signed=True)
    share = attrgetter("share")
    return [
        Column("cost_before", Kind.AMOUNT, attrgetter("before"), wording.days_before(base), quiet),
        Column("cost", Kind.AMOUNT, attrgetter("now"), days, quiet),
        Column("cost_difference", Kind.AMOUNT, attrgetter("difference"), _("Difference"), last),
        Column(
            "share_of_difference", Kind.PERCENT, share, _("of difference"), quiet, in_files=False
        ),
        Column("step", Kind.STEP, attrgetter("step"), page=ON_WIDE_PAGES, in_files=False),
        *in_currency(currency),
        *compared_with(base),
    ]


def _currency(found: Changes | NotComparable) -> str:
    return found.currency if isinstance(found, Changes) else ""


def _cost_now(found: Changes | NotComparable) -> Mapping[str, Decimal]:
    if isinstance(found, Changes) and found.currency:
        return {found.currency: found.now.cost}
    return {}
