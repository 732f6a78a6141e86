"""What changed: why a period cost more or less than the one before."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from stats.admin.components import tiles, wording
from stats.admin.components.links import Address
from stats.admin.components.tabs import currency_tabs
from stats.admin.components.tiles import Piece, Tile
from stats.admin.pages.base import ReportPage
from stats.admin.sheets import differences
from stats.admin.sheets.pages import CHANGES
from stats.core import formatting
from stats.core.formatting import Quantity
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
    compares_in_files = True

    def ask(self, request: ReportRequest) -> Changes | NotComparable:
        return changes(request)

    def is_empty(self, found: Changes | NotComparable) -> bool:
        return not found.all_now.calls and (
            isinstance(found, NotComparable) or not found.before.calls
        )

    def draw(
        self, found: Changes | NotComparable, request: ReportRequest, address: Address
    ) -> dict[str, Any]:
        if isinstance(found, NotComparable):
            return {"no_base": wording.no_base(found.base)}
        calls = address.calls.in_currency(found.ranked_in)
        return {
            "sentence": wording.cost_changed(
                found.currency, found.now.cost, found.before.cost, found.base
            )
            if found.currency
            else "",
            "tabs": currency_tabs(found.currencies, found.all_now, found.ranked_in, address),
            "currency": found.currency,
            "tiles": _tiles(found),
            "users": differences.drawn_users(found, calls, request.period),
            "endpoints": differences.drawn_endpoints(found, calls, request.period),
            "excluded": tiles.unknown_costs(found.all_now, address.calls),
        }


def _tiles(found: Changes) -> tuple[Tile, ...]:
    """The three parts of the difference, and the difference itself."""
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
            _("From a higher average token price")
            if parts.cost_per_token >= 0
            else _("From a lower average token price"),
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
