"""The tiles above a chart: a figure, its change in words, its details."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.admin.components import wording
from stats.admin.components.links import Address
from stats.core import formatting
from stats.core.formatting import Quantity
from stats.query.sums import Sums
from stats.reports.figures import Figures
from stats.reports.overview import Activity

MOST_AMOUNTS = 2


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a line, linked or not; `brief` is for a phone."""

    text: str
    url: str = ""
    is_failure: bool = False
    brief: str = ""


@dataclass(frozen=True, slots=True)
class Amount:
    """Money on the cost tile; `change` beside it where there are several currencies."""

    currency: str
    text: str
    exact: str
    url: str
    change: str = ""
    change_url: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure (`amounts` on the cost tile), what it did since, and quieter details. `currency`
    stands before a figure that is money."""

    label: str
    figure: Quantity | None = None
    exact: str = ""
    currency: str = ""
    url: str = ""
    amounts: tuple[Amount, ...] = ()
    change: str = ""
    # Where the difference is explained.
    change_url: str = ""
    details: tuple[Piece, ...] = ()
    # On a phone one line across.
    is_brief: bool = False
    # One line across everywhere.
    is_across: bool = False


def cost_tile(
    figures: Figures, calls: Address, forecast: Piece | None, why_none: Piece | None
) -> Tile:
    """The costs, a line per currency and never a mixed total; and where a running month may end, or
    why nobody can tell."""
    currencies = figures.currencies
    if not currencies:
        return Tile(_("Cost"), Quantity("0"), details=tuple(unknown_costs(figures.now, calls)))
    if len(currencies) == 1:
        currency = currencies[0]
        return Tile(
            _("Cost"),
            amounts=(_amount(currency, figures, calls),),
            change=_cost_change(currency, figures),
            change_url=_what_changed(figures, calls),
            details=tuple(filter(None, [forecast or _per_day(currency, figures), why_none])),
        )
    return Tile(
        _("Cost, no total across currencies"),
        amounts=tuple(
            _one_of_several(currency, figures, calls) for currency in currencies[:MOST_AMOUNTS]
        ),
        change=_no_change(figures),
        details=(*_more_currencies(currencies, calls), *filter(None, [forecast, why_none])),
    )


def _amount(currency: str, figures: Figures, calls: Address) -> Amount:
    cost = figures.now.cost_in(currency)
    return Amount(
        formatting.currency_name(currency),
        formatting.amount(cost),
        formatting.exact_money(currency, cost),
        str(calls),
    )


def _one_of_several(currency: str, figures: Figures, calls: Address) -> Amount:
    amount = _amount(currency, figures, calls.having(currency=currency))
    if figures.before is None or not figures.before.calls:
        return amount
    now, before = (sums.cost_in(currency) for sums in (figures.now, figures.before))
    return replace(
        amount,
        change=wording.cost_changed_briefly(now, before),
        change_url=_what_changed(figures, calls.having(ranked_in=currency)),
    )


def _cost_change(currency: str, figures: Figures) -> str:
    return _no_change(figures) or wording.cost_changed(
        currency,
        figures.now.cost_in(currency),
        (figures.before or Sums()).cost_in(currency),
        figures.base,
    )


def _no_change(figures: Figures) -> str:
    """Why there is no difference to show; empty if there is one."""
    if figures.before is None:
        return wording.no_base(figures.base)
    return "" if figures.before.calls else wording.nothing_before(figures.base)


def _per_day(currency: str, figures: Figures) -> Piece | None:
    if figures.days_so_far < 2:
        return None
    average = figures.now.cost_in(currency) / figures.days_so_far
    return Piece(_("%(amount)s a day") % {"amount": formatting.money(currency, average)})


def _what_changed(figures: Figures, calls: Address) -> str:
    """The address of the page that explains the difference, if there is one."""
    return "" if _no_change(figures) else str(calls.at("reports_changes"))


def _more_currencies(currencies: list[str], calls: Address) -> list[Piece]:
    rest = len(currencies) - MOST_AMOUNTS
    if rest <= 0:
        return []
    text = ngettext("%(count)s more currency", "%(count)s more currencies", rest)
    return [Piece(text % {"count": rest}, str(calls.at("reports_cost")))]


def unknown_costs(sums: Sums, calls: Address) -> list[Piece]:
    """The calls whose cost is not known, by kind."""
    kinds = {
        "unpriced": (
            sums.unpriced_calls,
            ngettext("%(count)s unpriced call", "%(count)s unpriced calls", sums.unpriced_calls),
            sums.unpriced_tokens,
        ),
        "rounded_away": (
            sums.rounded_away_calls,
            ngettext(
                "%(count)s call rounded to zero",
                "%(count)s calls rounded to zero",
                sums.rounded_away_calls,
            ),
            sums.rounded_away_tokens,
        ),
        "no_usage": (
            sums.no_usage_calls,
            ngettext(
                "%(count)s call without usage",
                "%(count)s calls without usage",
                sums.no_usage_calls,
            ),
            0,
        ),
    }
    return [
        Piece(
            text % {"count": formatting.number(count)} + _tokens_in_brackets(tokens),
            str(calls.having(unknown_cost=kind)),
        )
        for kind, (count, text, tokens) in kinds.items()
        if count
    ]


def _tokens_in_brackets(tokens: int) -> str:
    if not tokens:
        return ""
    return " " + _("(%(tokens)s tokens)") % {"tokens": formatting.quantity(tokens)}


def calls_tile(figures: Figures, calls: Address) -> Tile:
    now, before = figures.now, figures.before
    per_day = round(now.calls / figures.days_so_far)
    return Tile(
        _("Calls"),
        Quantity(formatting.number(now.calls)),
        url=str(calls),
        change=wording.count_changed(now.calls, before.calls) if before and before.calls else "",
        details=(Piece(_("%(number)s a day") % {"number": formatting.number(per_day)}),),
    )


def tokens_tile(figures: Figures) -> Tile:
    now, before = figures.now, figures.before
    change = ""
    if before and before.calls:
        change = wording.tokens_changed(now.total_tokens, before.total_tokens)
    details = _("%(prompt)s in, %(completion)s out") % {
        "prompt": formatting.quantity(now.prompt_tokens),
        "completion": formatting.quantity(now.completion_tokens),
    }
    return Tile(
        _("Tokens"),
        formatting.quantity(now.total_tokens),
        formatting.number(now.total_tokens),
        change=change,
        details=(Piece(details),),
    )


def success_tile(figures: Figures, calls: Address) -> Tile:
    now, before = figures.now, figures.before
    if not now.calls:
        return Tile(_("Succeeded"), Quantity(formatting.DASH))
    return Tile(
        _("Succeeded"),
        formatting.rate(now.success_rate),
        change=wording.rate_changed(now.success_rate, before.success_rate)
        if before and before.calls
        else "",
        details=tuple(_failures(now, calls)),
    )


def _failures(sums: Sums, calls: Address) -> list[Piece]:
    """208 failed, USD 0.5103."""
    if not sums.failures:
        return [Piece(_("none failed"))]
    text = _("%(number)s failed") % {"number": formatting.number(sums.failures)}
    costs = (formatting.money(name, cost) for name, cost in sorted(sums.failed_costs.items()))
    return [
        Piece(text, str(calls.having(success="false")), is_failure=True),
        *(Piece(cost) for cost in costs),
    ]


def response_tile(figures: Figures) -> Tile:
    """The 95th percentile of response times; the average if there is no percentile."""
    now, before = figures.now, figures.before
    if not now.timed_calls:
        return Tile(_("Response time"), Quantity(formatting.DASH))
    average = formatting.duration(now.average_response_ms)
    if figures.p95 is None:
        before_ms = before.average_response_ms if before and before.timed_calls else None
        change = _slower(now.average_response_ms, before_ms)
        return Tile(_("Response, average"), average, change=change)
    return Tile(
        _("Response, p95"),
        formatting.duration(figures.p95),
        change=_slower(figures.p95, figures.p95_before),
        details=(Piece(_("average %(duration)s") % {"duration": average}),),
    )


def _slower(now_ms: float, before_ms: float | None) -> str:
    return "" if before_ms is None else wording.duration_changed(now_ms, before_ms)


def users_tile(activity: Activity, users: Address) -> Tile:
    now, before = len(activity.now), activity.before
    details = _("%(new)s new, %(gone)s gone") % {"new": activity.new, "gone": activity.gone}
    return Tile(
        _("Active users"),
        Quantity(formatting.number(now)),
        url=str(users),
        change=wording.count_changed(now, len(before)) if before else "",
        details=(Piece(details),) if before else (),
        is_brief=True,
    )


def count_tile(label: str, count: int, url: str = "", details: tuple[Piece, ...] = ()) -> Tile:
    return Tile(label, Quantity(formatting.number(count)), url=url, details=details, is_brief=True)
