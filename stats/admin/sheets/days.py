"""Day by day."""

from django.utils.translation import gettext_lazy as _

from stats.admin.sheets.columns import (
    compared_with,
    costs,
    counts,
    in_currency,
    more_counts,
    one_page,
)
from stats.query.sums import Sums
from stats.reports.comparison import difference
from stats.reports.daily import CostTrend, DayCost
from stats.reports.figures import Day, Figures
from stats.tables.table import Column, Kind, Table


def days(figures: Figures) -> Table[Day]:
    """Every day of the period, those without calls as zero."""
    return one_page(
        "days",
        [
            Column("date", Kind.DAY, lambda day: day.date, _("Day")),
            *counts(_sums_of_day),
            *costs(_sums_of_day, figures.currencies),
            *more_counts(_sums_of_day),
        ],
        figures.days,
        figures.now.costs,
    )


def _sums_of_day(day: Day) -> Sums:
    return day.sums


def cost_trend(found: CostTrend) -> Table[DayCost]:
    """Every day beside its counterpart; `last_date` differs where one row is several days."""
    return one_page(
        "cost",
        [
            Column("date", Kind.DAY, lambda day: day.days[0]),
            Column("last_date", Kind.DAY, lambda day: day.days[1]),
            Column("cost", Kind.AMOUNT, lambda day: day.now),
            Column("cost_before", Kind.AMOUNT, lambda day: day.before),
            Column("cost_difference", Kind.AMOUNT, lambda day: difference(day.now, day.before)),
            *in_currency(found.currency),
            *compared_with(found.figures.base),
        ],
        found.days,
        {found.currency: found.total} if found.currency else {},
    )
