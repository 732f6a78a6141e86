"""What changed: who and what made the difference."""

from collections.abc import Mapping
from decimal import Decimal
from operator import attrgetter, itemgetter

from django.utils.translation import gettext_lazy as _

from stats.admin.components import names, tables, waterfall, wording
from stats.admin.components.waterfall import Line, Waterfall
from stats.admin.sheets.columns import (
    Columns,
    compared_with,
    in_currency,
    of_user,
    on_page,
    one_page,
)
from stats.core import formatting
from stats.core.periods import Period
from stats.query.request import Base
from stats.reports.changes import Changes, NotComparable
from stats.tables.html import MAIN, DrawnTable, Rows, drawn
from stats.tables.table import Column, Kind, OnPage, Phone, Table

_record = attrgetter("target.record")
_HEADING: OnPage[Line] = OnPage(text=attrgetter("text"), link=attrgetter("url"), is_heading=True)
_ON_PAGE = ("cost_before", "cost", "cost_difference", "share_of_difference", "step")


def changed_users(found: Changes | NotComparable) -> Table[Line]:
    lines = []
    if isinstance(found, Changes):
        targets = tables.of_users(names.users(row.key for row in found.users.rows))
        lines = waterfall.every_line(found.users, targets)
    return one_page("users", _users(_currency(found), found.base), lines, _cost_now(found))


def changed_endpoints(found: Changes | NotComparable) -> Table[Line]:
    lines = []
    if isinstance(found, Changes):
        lines = waterfall.every_line(found.endpoints, tables.of_endpoints())
    columns = _endpoints(_currency(found), found.base)
    return one_page("endpoints", columns, lines, _cost_now(found))


def parts_of_change(found: Changes | NotComparable) -> Table[tuple[str, Decimal]]:
    """What more calls, longer ones and dearer tokens made of the difference."""
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


def drawn_users(found: Changes, shown: Waterfall, period: Period) -> DrawnTable:
    columns = _users(found.currency, found.base, period)
    return drawn("users", columns, _rows(shown), order=("name", *_ON_PAGE), reads_across=True)


def drawn_endpoints(found: Changes, shown: Waterfall, period: Period) -> DrawnTable:
    columns = _endpoints(found.currency, found.base, period)
    order = ("endpoint", *_ON_PAGE)
    return drawn("endpoints", columns, _rows(shown), order=order, reads_across=True)


def drawn_largest(shown: Waterfall, base: Base) -> DrawnTable:
    """The few beside a chart, in as little room on a screen as on a phone."""
    columns = on_page(_users("", base), "step", phone=Phone.SHOWN)
    columns = on_page(columns, "cost_difference", looks="", phone=Phone.SHOWN)
    order = ("name", "step", "cost_difference")
    return drawn("changes", columns, _rows(shown, 2), order=order, reads_across=True)


def _rows(shown: Waterfall, total_span: int = 1) -> Rows[Line]:
    return Rows(
        lines=shown.lines, total=shown.total, look=attrgetter("look"), total_span=total_span
    )


def _users(currency: str, base: Base, period: Period | None = None) -> Columns[Line]:
    return [*of_user(_record, _HEADING), *_contribution(currency, base, period)]


def _endpoints(currency: str, base: Base, period: Period | None = None) -> Columns[Line]:
    return [
        Column("endpoint", Kind.TEXT, attrgetter("label"), _("Endpoint"), _HEADING),
        *_contribution(currency, base, period),
    ]


def _contribution(currency: str, base: Base, period: Period | None) -> Columns[Line]:
    """An amount that there was not is nothing. A page heads amounts with their days."""
    days = formatting.days(period.first, period.last) if period else ""
    quiet: OnPage[Line] = OnPage(phone=Phone.HIDDEN, looks="quiet")
    return [
        Column("cost_before", Kind.AMOUNT, attrgetter("before"), wording.days_before(base), quiet),
        Column("cost", Kind.AMOUNT, attrgetter("now"), days, quiet),
        Column(
            "cost_difference",
            Kind.AMOUNT,
            attrgetter("difference"),
            _("Difference"),
            OnPage(phone=Phone.LAST, looks=MAIN, is_signed=True),
        ),
        Column(
            "share_of_difference",
            Kind.PERCENT,
            attrgetter("share"),
            _("of difference"),
            quiet,
            in_files=False,
        ),
        Column(
            "step", Kind.STEP, attrgetter("step"), "", OnPage(phone=Phone.HIDDEN), in_files=False
        ),
        *in_currency(currency),
        *compared_with(base),
    ]


def _currency(found: Changes | NotComparable) -> str:
    return found.currency if isinstance(found, Changes) else ""


def _cost_now(found: Changes | NotComparable) -> Mapping[str, Decimal]:
    if isinstance(found, Changes) and found.currency:
        return {found.currency: found.now.cost}
    return {}
