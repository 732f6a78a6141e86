"""The users' leaderboard: who spent what, and who moved."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats import formatting
from stats.admin import tables
from stats.admin.links import Address
from stats.admin.pages.base import ReportPage
from stats.admin.panels import nothing_here
from stats.filters import CallFilterSet
from stats.reports.leaderboard import Measure
from stats.reports.users import Leaderboard, leaderboard


class UsersPage(ReportPage):
    path = "reports/users/"
    name = "reports_users"
    title = gettext_lazy("Users")
    template_name = "admin/reports/users.html"
    own_parameters = {"rank": tuple(Measure), "ranked_in": None}

    def report(self, filters: CallFilterSet, address: Address, **kwargs: Any) -> dict[str, Any]:
        measure = Measure(filters.data.get("rank", Measure.COST))
        ranked_in = filters.data.get("ranked_in")
        period = filters.whole_days
        assert period is not None  # noqa: S101 (requires_period says so)
        found = leaderboard(filters.selection, period, filters.now, measure, ranked_in)
        context = {"bar": self.bar(filters, address, found.base), "measure": measure.value}
        if not found.users.rows:
            return {**context, "nothing": nothing_here(filters.selection, address)}
        return {**context, **_table(found, measure, address)}


def _table(found: Leaderboard, measure: Measure, address: Address) -> dict[str, Any]:
    calls = address.calls
    in_currency = calls.having(currency=found.ranked_in) if found.ranked_in else calls
    ranked = address.having(rank=measure.value) if measure is not Measure.COST else address
    # With unlike amounts there is a column of costs only within one currency.
    is_mixed = len(found.currencies) > 1 and not found.ranked_in
    return {
        "users": tables.users(found.users, in_currency, tables.MOST),
        "tabs": tables.currency_tabs(found.currencies, found.total, found.ranked_in, ranked),
        "rank_tabs": tables.rank_tabs(measure, address),
        "currency": "" if is_mixed else found.ranked_in or next(iter(found.currencies), ""),
        "has_costs": not is_mixed,
        "days_before": formatting.days(found.base.comparison.first, found.base.comparison.last),
        "has_groups": bool(settings.USER_GROUP_COLUMN),
        "sentence": _sentence(found, measure),
    }


def _sentence(found: Leaderboard, measure: Measure) -> str:
    """Who leads, and how much the first three make together."""
    shares = [row.share or 0.0 for row in found.users.present[:3]]
    if len(shares) < 3 or not any(shares):
        return ""
    return _("The first has %(first)s of all, the first three together %(three)s.") % {
        "first": formatting.percent(shares[0]),
        "three": formatting.percent(sum(shares)),
    }
