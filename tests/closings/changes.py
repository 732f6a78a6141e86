"""Random changes of a ledger by plain SQL, with closings, purges and rebuilds in between."""

import random
from datetime import date, timedelta
from typing import ClassVar

from stats.closings import reopening
from stats.closings.bundling import bundle
from stats.core.periods import last_of_month
from stats.ingest.groups import set_group
from stats.models import APIUsageStats, ClosingEntry, EndUser
from stats.rollups import rebuilding
from stats.rollups.purging import purge
from stats.rollups.state import read_rollup_state
from tests.closings.ledgers import (
    ANN,
    AUGUST,
    BOB,
    NOW,
    OCTOBER,
    SEPTEMBER,
    call,
    calls_of,
    close,
    counted,
    execute,
    signed_and_adjusted,
    verified,
)
from tests.ledger import write
from tests.rollups.folded import fold_all

MONTHS = (AUGUST, SEPTEMBER, OCTOBER)
# The days with calls: at the edges of months, and few, since a verification takes longer by days.
DAYS = {AUGUST: (29, 31), SEPTEMBER: (1, 30), OCTOBER: (1, 2)}
CALLS = "dt_api_usage_stats"
ENDPOINTS = ("/a", "/A", "/á", "/b ", "=1+1", '"quoted", and\tmore')
CURRENCIES = ("USD", "usd", "EUR", "", None)
USERS = (1, 2, 3, 4)
GROUPS = ("Law", "law", "Sales", "=1+1", "")


class Changing:
    """A ledger under change; `now` moves on by two hours a step, so that nothing is recounted."""

    # How often each comes.
    CHANGES: ClassVar[dict[str, float]] = {
        "late": 8,
        "edited": 6,
        "deleted": 4,
        "moved": 8,
        "in_another_group": 6,
        "closed": 2,
        "reopened": 1,
        "rebuilt": 1,
        "purge_august": 0.1,
    }

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.now = NOW
        # The calls that the purged months had.
        self.purged: dict[date, list[APIUsageStats]] = {}
        # Of each closed month, as it was made at once.
        self.bundles: dict[date, bytes] = {}

    def step(self) -> None:
        """One change, a verification, and the identity."""
        self.now += timedelta(hours=2)
        change = self.random.choices([*self.CHANGES], [*self.CHANGES.values()])[0]
        getattr(self, change)()
        verified(self.now)
        self.check(change)

    def check(self, after: str) -> None:
        for month in ClosingEntry.objects.closed_months():
            expected = counted(self.purged.get(month) or calls_of(month))
            assert signed_and_adjusted(month) == expected, (after, month)
            assert bundle(month) == self.bundles[month], (after, month)

    def late(self) -> None:
        write(*(self.call() for _n in range(self.random.randint(1, 4))))
        if self.random.random() < 0.5:
            fold_all(now=self.now)

    def call(self) -> dict[str, object]:
        month = self.random.choice(self.open_to_change())
        return call(
            str(self.random.choice(("0", "0.0001", "12.3456", "999999.9999"))),
            day=self.random.choice(DAYS[month]),
            month=month.month,
            user_id=self.random.choice(USERS),
            api_endpoint=self.random.choice(ENDPOINTS),
            prompt_price_unit=self.random.choice(CURRENCIES),
            prompt_tokens=self.random.choice((0, None, 7)),
            total_tokens=self.random.choice((0, None, 2_000_000_000)),
            success=self.random.choice((True, False, None)),
            prompt_unit_price=self.random.choice((None, "0.001")),
        )

    def edited(self) -> None:
        column, value = self.random.choice(
            (("cost", "3.1415"), ("cost", None), ("success", 0), ("total_tokens", 5))
        )
        execute(f"UPDATE {CALLS} SET {column} = %s WHERE id = %s", value, self.some_id())

    def deleted(self) -> None:
        # The newest one stays: without it the table was restored, which is another story.
        execute(f"DELETE FROM {CALLS} WHERE id = %s", self.some_id())

    def moved(self) -> None:
        month = self.random.choice(self.open_to_change())
        day = self.random.choice(DAYS[month])
        column, value = self.random.choice(
            (
                ("user_id", self.random.choice(USERS)),
                ("prompt_price_unit", self.random.choice(CURRENCIES)),
                ("api_endpoint", self.random.choice(ENDPOINTS)),
                ("created_at", f"2026-{month.month:02}-{day:02} 23:59:59"),
            )
        )
        execute(f"UPDATE {CALLS} SET {column} = %s WHERE id = %s", value, self.some_id())

    def in_another_group(self) -> None:
        """As of a day with calls, or as of another one."""
        month = self.random.choice(MONTHS)
        day = self.random.choice((1, 2, 15, 30, *DAYS[month]))
        since = self.random.choice((month.replace(day=day), self.now.date()))
        user = self.random.choice(list(EndUser.objects.all()))
        told = set_group(user.pk, self.random.choice(GROUPS), since, self.now.date())
        entries = ClosingEntry.objects.count()
        verified(self.now)
        adjusted = ClosingEntry.objects.filter(place__gt=entries)
        assert list(adjusted.values_list("month", flat=True).order_by("month")) == told

    def closed(self) -> None:
        verified(self.now)
        fold_all(now=self.now)
        self.repair()
        open_months = sorted(set(MONTHS) - ClosingEntry.objects.closed_months().keys())
        if open_months:
            self.close(self.random.choice(open_months))

    def close(self, month: date) -> None:
        close(month, now=self.now)
        self.bundles[month] = bundle(month)

    def reopened(self) -> None:
        closed = ClosingEntry.objects.closed_months()
        if closed.keys() - self.purged.keys():
            month = self.random.choice(sorted(closed.keys() - self.purged.keys()))
            reopening.request(month, ANN, "again", self.now)
            reopening.agree(month, BOB, self.now)

    def rebuilt(self) -> None:
        fold_all(now=self.now)
        if not self.purged and self.random.random() < 0.5:
            rebuilding.rebuild_everything()
            return
        month = self.random.choice(self.open_to_change())
        rebuilding.rebuild(month, last_of_month(month))

    def purge_august(self) -> None:
        if AUGUST in self.purged or AUGUST not in ClosingEntry.objects.closed_months():
            return
        verified(self.now)
        self.purged[AUGUST] = calls_of(AUGUST)
        purge(SEPTEMBER, self.now)

    def repair(self) -> None:
        for day in read_rollup_state().differing_days:
            rebuilding.rebuild(day, day)
        verified(self.now)

    def open_to_change(self) -> list[date]:
        return [month for month in MONTHS if month not in self.purged]

    def some_id(self) -> int:
        ids = APIUsageStats.objects.order_by("pk").values_list("pk", flat=True)
        return self.random.choice([*ids][:-1])


def change(seed: int, steps: int) -> int:
    """Begin a ledger, then change it; the number of entries in the end."""
    ledger = Changing(seed)
    write(*(ledger.call() for _n in range(30)))
    verified(ledger.now)
    for month in MONTHS[:2]:
        ledger.close(month)
    for _step in range(steps):
        ledger.step()
    return ClosingEntry.objects.count()
