"""A ledger with closed months, and what must hold of it."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction

from stats.closings import chain, closing, comparing
from stats.closings.chain import Signer
from stats.closings.closing import UnknownCostError
from stats.closings.lines import Key, Line
from stats.models import APIUsageStats, ClosedLine, ClosingEntry, Membership
from stats.models.closings import FIGURES, EntryKind
from stats.rollups import verifying
from tests.ledger import row
from tests.rollups.folded import fold_all

OCTOBER, SEPTEMBER, AUGUST = date(2026, 10, 1), date(2026, 9, 1), date(2026, 8, 1)
NOW = datetime(2026, 11, 24, 15, 42, tzinfo=UTC)
ANN, BOB = Signer("ann", 1), Signer("bob", 2)
# Of a line: user, group, endpoint, currency.
KEY = ("user_id", "group", "endpoint", "currency")
Lines = dict[tuple[Any, ...], tuple[int, ...]]


def call(cost: str = "0.0100", day: int = 5, month: int = 10, **values: Any) -> dict[str, Any]:
    return row(cost=cost, created_at=datetime(2026, month, day, 12), **values)


def verified(now: datetime = NOW) -> None:
    """As the nightly job does."""
    fold_all(now=now)
    comparing.settle(verifying.verify(now), now)


def close(month: date = OCTOBER, signer: Signer = ANN, now: datetime = NOW) -> ClosingEntry:
    """Whatever its calls of unknown cost."""
    try:
        return closing.close(month, signer, 0, now)
    except UnknownCostError as error:
        return closing.close(month, signer, error.unknown.calls, now)


def signed_and_adjusted(month: date) -> Lines:
    """Each line of the closing that holds, plus its adjustments."""
    places = comparing.written_since(ClosingEntry.objects.closed_months()[month])
    found: Lines = {}
    for line in ClosedLine.objects.filter(entry_id__in=places).values(*KEY, *FIGURES):
        key = tuple(line[name] for name in KEY)
        before = found.get(key, (0,) * len(FIGURES))
        figures = zip(before, (line[name] for name in FIGURES), strict=True)
        found[key] = tuple(a + b for a, b in figures)
    return {key: figures for key, figures in found.items() if any(figures)}


def calls_of(month: date) -> list[APIUsageStats]:
    return [
        call
        for call in APIUsageStats.objects.all()
        if call.created_at and call.created_at.date().replace(day=1) == month
    ]


def known(month: date) -> Lines:
    """Each line counted call by call, in Python."""
    return counted(calls_of(month))


def counted(calls: Iterable[APIUsageStats]) -> Lines:
    """Each line of these calls, with the groups that are known now."""
    found: dict[tuple[Any, ...], Counter[str]] = {}
    memberships = list(Membership.objects.all())
    for call in calls:
        assert call.created_at
        day = call.created_at.date()
        groups = [
            one.group
            for one in memberships
            if one.user_id == call.user_id and one.since <= day < one.until
        ]
        group = groups[0] if groups else None
        currency = call.prompt_price_unit or "none"
        key = (call.user_id, group, call.api_endpoint.rstrip(" "), currency)
        kind = _unknown_kind(call)
        found.setdefault(key, Counter()).update(
            {
                "calls": 1,
                "failures": not call.success,
                "prompt_tokens": call.prompt_tokens or 0,
                "completion_tokens": call.completion_tokens or 0,
                "total_tokens": call.total_tokens or 0,
                "cost_units": int((call.cost or 0) * 10_000),
                **({kind: 1} if kind else {}),
            }
        )
    return {key: tuple(figures[name] for name in FIGURES) for key, figures in found.items()}


def _unknown_kind(call: APIUsageStats) -> str:
    if call.cost:
        return ""
    if call.prompt_tokens or call.completion_tokens or call.total_tokens:
        return "rounded_away_calls" if call.prompt_unit_price else "unpriced_calls"
    return "no_usage_calls" if call.success else ""


def execute(statement: str, *values: Any) -> int:
    """As the other application does, behind our back."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def administrator(name: str) -> User:
    return User.objects.create_superuser(name)


def adjust(month: date, cost: str) -> None:
    """A closed month, and an adjustment of one call; whatever the calls are."""
    with transaction.atomic():
        adjust_closing(chain.append(EntryKind.CLOSING, month, NOW, signer=ANN), cost)


def adjust_closing(closing: ClosingEntry, cost: str) -> None:
    """An adjustment of one call, of no group."""
    figures = dict.fromkeys(FIGURES, 0) | {"calls": 1, "cost_units": int(Decimal(cost) * 10_000)}
    line = Line(Key(1, None, "/a", "USD"), "Ann", tuple(figures.values()))
    with transaction.atomic():
        chain.append(
            EntryKind.ADJUSTMENT,
            closing.month,
            NOW,
            signer=Signer(),
            refers_to=closing.place,
            lines=[line],
        )
