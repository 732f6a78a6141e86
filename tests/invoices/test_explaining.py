"""Whatever is billed and known, the parts add up to the difference."""

import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from stats.invoices.explaining import Cause, Edges, Explanation, Known, Ledger, explain
from stats.invoices.reading import Billed

DAYS = [date(2026, 2, 1) + timedelta(days=n) for n in range(28)]
# Few, so that rates, equal days and missing ones are common.
LEVELS = [*map(Decimal, ("0", "0", "0.0001", "1", "3.3333", "100", "104.9999"))]
ROUNDS = 3_000


def level(rng: random.Random) -> Decimal:
    return rng.choice(LEVELS)


def amount(rng: random.Random) -> Decimal:
    return rng.choice([level(rng), Decimal(rng.randint(-(10**11), 10**13)).scaleb(-8)])


def known(rng: random.Random, oddness: float) -> Known:
    """A plain day, or an odd one."""
    if rng.random() > oddness:
        return Known(calls=50, cost=Decimal(rng.randint(900_000, 1_100_000)).scaleb(-4), tokens=999)
    unpriced, rounded, empty = (rng.choice([0, 0, 1, 40]) for _kind in range(3))
    cost = level(rng)
    return Known(
        calls=unpriced + rounded + empty + (rng.randint(1, 200) if cost else 0),
        cost=cost,
        others={name: level(rng) for name in ("EUR", "none") if rng.random() < 0.3},
        failed_cost=min(cost, level(rng)),
        tokens=rng.choice([0, 100, 4000]),
        unpriced_calls=unpriced,
        unpriced_tokens=unpriced * 90,
        rounded_away_calls=rounded,
        no_usage_calls=empty,
    )


def ledger_of(rng: random.Random) -> Ledger:
    oddness = rng.choice([0, 0.1, 1])
    edges = Edges(*(level(rng) for _side in range(4)))
    return Ledger({day: known(rng, oddness) for day in DAYS}, edges)


def invoice_of(rng: random.Random, ledger: Ledger) -> Billed:
    """Of the ledger's costs at some rate, but for some days; or one amount."""
    rate = Decimal(rng.choice(["0.9", "1", "1.05", "100"]))
    days = {day: known.cost * rate for day, known in ledger.days.items()}
    for day in rng.sample(DAYS, rng.choice([0, 1, 6, 28])):
        days[day] = amount(rng)
        if rng.random() < 0.2:
            del days[day]
    beside = rng.choice([Decimal(), amount(rng)])
    total = sum(days.values(), beside)
    return Billed("USD", total, days if rng.random() < 0.9 else {})


def check(found: Explanation, billed: Billed, ledger: Ledger) -> None:
    assert found.difference == billed.amount - sum(one.cost for one in ledger.days.values())
    assert sum(part.amount for part in found.parts) == found.difference
    assert [part.cause for part in found.parts].count(Cause.UNEXPLAINED) == 1
    assert sum(part.amount for part in found.parts if part.cause == Cause.BESIDE) == billed.beside
    for part in found.parts:
        assert set(part.days) <= set(DAYS)
        assert part.bound is None or abs(part.amount) <= part.bound + Decimal("0.01")
    if billed.days:
        assert sum(line.difference for line in found.lines) + billed.beside == found.difference


def test_parts_add_up() -> None:
    seen: Counter[Cause] = Counter()
    for seed in range(ROUNDS):
        rng = random.Random(seed)
        ledger = ledger_of(rng)
        billed = invoice_of(rng, ledger)
        found = explain(billed, ledger, rng.choice([None, ledger_of(rng)]))
        check(found, billed, ledger)
        seen.update(part.cause for part in found.parts if part.amount)
    # Not all come about by chance: test_faults.py has each of them.
    assert len(seen) >= 11


def test_the_order_of_days_does_not_matter() -> None:
    for seed in range(100):
        rng = random.Random(seed)
        ledger = ledger_of(rng)
        billed = invoice_of(rng, ledger)
        days = dict(sorted(ledger.days.items(), reverse=True))
        assert explain(billed, ledger).parts == explain(billed, Ledger(days, ledger.edges)).parts
