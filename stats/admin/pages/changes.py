"""What changed: why the period cost more or less than the one before."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from stats.admin.components import tables, tiles, waterfall, wording
from stats.admin.components.empty_state import no_calls
from stats.admin.components.links import Address
from stats.admin.components.panels import in_currency
from stats.admin.components.tiles import Piece, Tile
from stats.admin.pages.base import ReportPage
from stats.admin.sheets import differences
from stats.admin.sheets.pages import CHANGES
from stats.core import formatting
from stats.core.formatting import Quantity
from stats.core.periods import Period
from stats.query.request import RANKED_IN, ReportRequest
from stats.reports.changes import Changes, NotComparable, changes
from stats.reports.comparison import Figure, percent_more

MILLION = 1_000_000


class ChangesPage(ReportPage):
    path = "reports/changes/"
    name = "reports_changes"
    title = gettext_lazy("What changed")
    template_name = "admin/reports/changes.html"
    own_parameters = RANKED_IN
    sheets = CHANGES
    base_at = "base"

    def ask(self, request: ReportRequest) -> Changes | NotComparable:
        return changes(request)

    def draw(
        self, found: Changes | NotComparable, request: ReportRequest, address: Address
    ) -> dict[str, Any]:
        context = {"bar": self.bar(request, address, found.base)}
        if isinstance(found, NotComparable):
            if not found.all_now.calls:
                return {**context, "nothing": no_calls(request, address)}
            return {**context, "no_base": wording.no_base(found.base)}
        if not found.all_now.calls and not found.before.calls:
            return {**context, "nothing": no_calls(request, address)}
        calls = in_currency(address.calls, found.ranked_in)
        return {
            **context,
            "sentence": wording.cost_changed(
                found.currency, found.now.cost, found.before.cost, found.base
            )
            if found.currency
            else "",
            "tabs": tables.currency_tabs(found.currencies, found.all_now, found.ranked_in, address),
            "currency": found.currency,
            "tiles": _tiles(found),
            **_waterfalls(found, calls, request.period),
            "excluded": tiles.unknown_costs(found.all_now, address.calls),
        }


def _waterfalls(found: Changes, calls: Address, period: Period) -> dict[str, Any]:
    users = waterfall.users(found.users, calls)
    endpoints = waterfall.endpoints(found.endpoints, calls)
    return {
        "users": users,
        "users_table": differences.drawn_users(found, users, period),
        "endpoints": endpoints,
        "endpoints_table": differences.drawn_endpoints(found, endpoints, period),
    }


def _tiles(found: Changes) -> tuple[Tile, ...]:
    """The three parts of the difference, and the difference: each an amount, and what of."""
    now, before, parts = found.now, found.before, found.split
    difference = now.cost - before.cost
    places = formatting.places_of(
        (parts.calls, parts.tokens_per_call, parts.cost_per_token, difference)
    )
    tile = partial(_tile, found.currency, places)
    return (
        tile(
            _("From more calls") if parts.calls >= 0 else _("From fewer calls"),
            parts.calls,
            (now.calls, before.calls),
            formatting.number,
        ),
        tile(
            _("From more tokens per call")
            if parts.tokens_per_call >= 0
            else _("From fewer tokens per call"),
            parts.tokens_per_call,
            (now.tokens_per_call, before.tokens_per_call),
            lambda tokens: formatting.decimal(tokens, 0),
        ),
        tile(
            _("From higher token prices")
            if parts.cost_per_token >= 0
            else _("From lower token prices"),
            parts.cost_per_token,
            (now.cost_per_token, before.cost_per_token),
            lambda cost: _("%(amount)s per M") % {"amount": formatting.amount(cost * MILLION)},
        ),
        tile(_("Difference"), difference, (now.cost, before.cost), formatting.amount),
    )


def _tile(
    currency: str,
    places: int,
    label: str,
    part: Decimal,
    now_and_before: tuple[Figure | None, Figure | None],
    write: Callable[[Any], str],
) -> Tile:
    now, before = (formatting.DASH if value is None else write(value) for value in now_and_before)
    percent = percent_more(now_and_before[0] or 0, now_and_before[1] or 0)
    return Tile(
        label,
        Quantity(formatting.signed_amount(part, places)),
        exact=str(part),
        currency=formatting.currency_name(currency) if currency else "",
        change=pgettext("a figure and that before", "%(now)s, was %(before)s")
        % {"now": now, "before": before},
        details=() if percent is None else (Piece(formatting.percent_change(percent)),),
    )
