"""What changed: why the period cost more or less than the one before."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from stats import formatting
from stats.admin import tables, tiles, waterfall, wording
from stats.admin.links import Address
from stats.admin.pages.base import ReportPage
from stats.admin.panels import in_currency, nothing_here
from stats.admin.tiles import Piece, Tile
from stats.filters import CallFilterSet
from stats.formatting import Quantity
from stats.reports.changes import Changes, NotComparable, changes
from stats.reports.comparison import Figure, percent_more

MILLION = 1_000_000


class ChangesPage(ReportPage):
    path = "reports/changes/"
    name = "reports_changes"
    title = gettext_lazy("What changed")
    template_name = "admin/reports/changes.html"
    own_parameters = {"ranked_in": None}

    def report(self, filters: CallFilterSet, address: Address, **kwargs: Any) -> dict[str, Any]:
        period = filters.whole_days
        assert period is not None  # noqa: S101 (requires_period says so)
        found = changes(filters.selection, period, filters.now, filters.data.get("ranked_in"))
        context = {"bar": self.bar(filters, address, found.base)}
        if isinstance(found, NotComparable):
            if not found.all_now.calls:
                return {**context, "nothing": nothing_here(filters.selection, address)}
            return {**context, "no_base": wording.no_base(found.base)}
        if not found.all_now.calls and not found.before.calls:
            return {**context, "nothing": nothing_here(filters.selection, address)}
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
            "users": waterfall.users(found.users, calls),
            "endpoints": waterfall.endpoints(found.endpoints, calls),
            "days_before": wording.days_before(found.base),
            "days_now": formatting.days(period.first, period.last),
            "excluded": tiles.unknown_costs(found.all_now, address.calls),
        }


def _tiles(found: Changes) -> tuple[Tile, ...]:
    """The three parts of the difference, and the difference."""
    now, before, parts = found.now, found.before, found.split
    difference = now.cost - before.cost
    return (
        _tile(
            _("More calls") if parts.calls >= 0 else _("Fewer calls"),
            parts.calls,
            formatting.number(now.calls),
            formatting.number(before.calls),
            percent_more(now.calls, before.calls),
        ),
        _tile(
            _("More tokens per call") if parts.tokens_per_call >= 0 else _("Fewer tokens per call"),
            parts.tokens_per_call,
            _whole(now.tokens_per_call),
            _whole(before.tokens_per_call),
            _percent(now.tokens_per_call, before.tokens_per_call),
        ),
        _tile(
            _("Dearer tokens") if parts.cost_per_token >= 0 else _("Cheaper tokens"),
            parts.cost_per_token,
            _per_million(found.currency, now.cost_per_token),
            _per_million(found.currency, before.cost_per_token),
            _percent(now.cost_per_token, before.cost_per_token),
        ),
        _tile(
            _("Difference"),
            difference,
            formatting.amount(now.cost),
            formatting.amount(before.cost),
            percent_more(now.cost, before.cost),
        ),
    )


def _tile(label: str, part: Decimal, now: str, before: str, percent: float | None) -> Tile:
    was = pgettext("a figure and that before", "%(now)s, was %(before)s")
    details = () if percent is None else (Piece(formatting.percent_change(percent)),)
    return Tile(
        label,
        Quantity(formatting.signed_amount(part)),
        exact=str(part),
        change=was % {"now": now, "before": before},
        details=details,
    )


def _percent(now: Figure | None, before: Figure | None) -> float | None:
    return None if now is None or before is None else percent_more(now, before)


def _whole(value: Decimal | None) -> str:
    return formatting.DASH if value is None else formatting.decimal(value, 0)


def _per_million(currency: str, cost_per_token: Decimal | None) -> str:
    if cost_per_token is None:
        return formatting.DASH
    return _("%(amount)s per M") % {"amount": formatting.money(currency, cost_per_token * MILLION)}
