"""Where a running month may end, in words: on the tile of costs."""

from collections.abc import Mapping
from itertools import islice

from django.utils.translation import gettext as _

from stats.admin.components.tiles import MOST_AMOUNTS, Piece
from stats.core import formatting
from stats.reports.figures import Figures
from stats.reports.forecast import Forecast
from stats.reports.month_ends import MonthEnds, NoForecast


def forecast(figures: Figures, month_ends: MonthEnds) -> Piece | None:
    """Of the currencies that the tile shows, where there is one."""
    shown = islice(month_ends.items(), MOST_AMOUNTS)
    forecasts = {name: found for name, found in shown if isinstance(found, Forecast)}
    words = {"month": formatting.month(figures.request.period.first)}
    if not forecasts:
        return None
    if len(month_ends) > 1:
        return Piece(_of_several(forecasts, words))
    ((currency, found),) = forecasts.items()
    return Piece(_of_one(currency, found, words))


def why_none(figures: Figures, month_ends: MonthEnds) -> Piece | None:
    """Why none of these currencies has one."""
    shown = list(islice(month_ends.values(), MOST_AMOUNTS))
    if not shown or any(isinstance(found, Forecast) for found in shown):
        return None
    return Piece(_reason(shown[0]) % {"month": formatting.month(figures.request.period.first)})


def _of_one(currency: str, found: Forecast, words: Mapping[str, str]) -> str:
    """November may end at USD 340, 80 % range USD 332–347."""
    amount = formatting.money_range(currency, found.expected, found.expected)
    range = formatting.money_range(currency, found.low, found.high)
    if range == amount:
        return _("%(month)s may end at %(amount)s") % {**words, "amount": amount}
    text = _("%(month)s may end at %(amount)s, 80 %% range %(range)s")
    return text % {**words, "amount": amount, "range": range}


def _of_several(forecasts: Mapping[str, Forecast], words: Mapping[str, str]) -> str:
    """End of November, 80 % range: USD 332–347, RMB 172–179."""
    ranges = (
        formatting.money_range(currency, found.low, found.high)
        for currency, found in forecasts.items()
    )
    text = _("End of %(month)s, 80 %% range: %(ranges)s")
    return text % {**words, "ranges": formatting.listed(ranges)}


def _reason(found: Forecast | NoForecast) -> str:
    match found:
        case NoForecast.AS_BILLED:
            return _("no forecast for months of UTC days")
        case NoForecast.NO_SUMS:
            return _("no forecast: there are no daily sums of these calls")
        case _:
            return _("no forecast for %(month)s yet: it takes about two months of costs")
