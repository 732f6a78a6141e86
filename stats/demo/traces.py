"""Removes what was written of demo calls while they were there: closings, unusual days, crossings,
notices, the texts of sums.

What people set stands: users, groups, budgets, recipients, invoices, and the log of who did what.
So does what is also of calls that are there.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction

from stats.budgets import crossings
from stats.closings import chain
from stats.core.periods import last_of_month, range_of_days
from stats.core.zones import reading_zone
from stats.models import ClosingEntry, Notice, UnusualDay
from stats.notices import outbox
from stats.notices.fact import Facts
from stats.notices.occasions import (
    budget_crossed,
    currency_new,
    endpoint_silent,
    failures_unusual,
    unusual_day,
)
from stats.query import engine
from stats.query.selection import Selection
from stats.rollups import rebuilding
from stats.unusual import keeping

# The facts with the first and the last day that a notice is about.
SPANS: Mapping[str, tuple[str, str]] = {
    unusual_day.OCCASION.name: ("day", "day"),
    failures_unusual.OCCASION.name: ("day", "day"),
    endpoint_silent.OCCASION.name: ("last_day", "last_day"),
    **dict.fromkeys(outbox.LETTERS, ("first", "through")),
}
LONGEST_SPAN = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class _Gone:
    """The local days of the calls that were removed, and those that have others."""

    days: Collection[date]
    with_calls: Collection[date]

    def is_all(self, first: date, last: date) -> bool:
        """Whether all calls of a span were removed; False if it had none."""
        had, has = (
            any(first <= day <= last for day in days) for days in (self.days, self.with_calls)
        )
        return had and not has


def remove(days: Collection[date]) -> None:
    """After the demo calls of these local days were removed. Raises `RollupsBusyError`."""
    if not days:
        return
    first, last = min(days), max(days)
    around = range_of_days(first - LONGEST_SPAN, last + LONGEST_SPAN, reading_zone())
    gone = _Gone(days, engine.by_day(Selection(around)).keys())
    _remove_closings(gone)
    unreached = crossings.forget_unreached(first, last)
    unusual = [
        row
        for row in UnusualDay.objects.filter(day__range=(first, last))
        if gone.is_all(row.day, row.day) or (row.day in days and row.expected_at is None)
    ]
    keeping.forget(unusual)
    told = {
        budget_crossed.OCCASION.name: {budget_crossed.key_of(one) for one in unreached},
        unusual_day.OCCASION.name: {str(row.pk) for row in unusual},
    }
    outbox.forget(_notices(gone, told))
    rebuilding.drop_unused_texts()


def _remove_closings(gone: _Gone) -> None:
    """A chain is there as a whole or not at all."""
    with transaction.atomic():
        rebuilding.lock_or_refuse()
        months = ClosingEntry.objects.values_list("month", flat=True).distinct()
        if all(gone.is_all(month, last_of_month(month)) for month in months):
            chain.remove_all()


def _notices(gone: _Gone, told: Mapping[str, Collection[str]]) -> Iterator[Notice]:
    """Of what is gone; `told` has keys by occasion."""
    currencies = engine.total(Selection()).costs
    for notice in Notice.objects.all():
        is_new_currency = notice.occasion == currency_new.OCCASION.name
        if (
            notice.key in told.get(notice.occasion, ())
            or _is_of_gone_days(notice.occasion, notice.facts, gone)
            or (is_new_currency and notice.facts["currency"] not in currencies)
        ):
            yield notice


def _is_of_gone_days(occasion: str, facts: Facts, gone: _Gone) -> bool:
    span = [date.fromisoformat(facts[name]) for name in SPANS.get(occasion, ())]
    return bool(span) and gone.is_all(span[0], span[1])
