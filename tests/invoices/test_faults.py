"""Faults of invoices and ledgers: each is named with its amount, and hardly anything is left."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from stats.invoices.explaining import Cause, Explanation
from stats.invoices.keeping import Entry, add
from tests.invoices.faults import (
    NOW,
    OCTOBER,
    TAIPEI,
    calls,
    causes,
    costs,
    day_of,
    explained,
    in_october,
    invoice,
    rounded,
)
from tests.oracle import Row

pytestmark = pytest.mark.django_db
CENT = Decimal("0.01")
# Of the invoice, what may stay unexplained.
MOST = Decimal("0.0001")


def total(rows: list[Row]) -> Decimal:
    return sum((one["cost"] or Decimal() for one in rows), Decimal())


def is_named(
    found: Explanation, cause: Cause, amount: Decimal, within: Decimal = CENT * 16
) -> None:
    """Alone, with the amount but for the rounding of days to cents, and nothing is left."""
    assert list(causes(found)) == [cause]
    assert abs(causes(found)[cause] - amount) <= within
    assert abs(found.unexplained) <= found.billed * MOST


def part_of(found: Explanation, cause: Cause) -> Any:
    (part,) = (one for one in found.parts if one.cause == cause)
    return part


def test_an_invoice_that_fits() -> None:
    ledger = calls()
    found = explained(ledger, invoice(rounded(costs(ledger))))
    assert causes(found) == {}
    assert abs(found.difference) < CENT * 16
    assert found.unexplained == 0
    assert found.known == total(in_october(ledger))


def test_1_calls_without_price() -> None:
    made = calls()
    lost = [one for one in in_october(made) if one["created_at"].day in (6, 7, 19)][::3]
    ledger = [
        {**one, "cost": None, "prompt_unit_price": None} if one in lost else one for one in made
    ]
    found = explained(ledger, invoice(rounded(costs(made))))
    is_named(found, Cause.UNPRICED, total(lost))
    part = part_of(found, Cause.UNPRICED)
    assert (part.calls, [day.day for day in part.days]) == (len(lost), [6, 7, 19])


def test_2_calls_without_usage() -> None:
    nothing = dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), 0)
    made = calls()
    lost = [one for one in in_october(made) if one["created_at"].hour == 9][::2]
    ledger = [{**one, **nothing, "cost": None} if one in lost else one for one in made]
    found = explained(ledger, invoice(rounded(costs(made))))
    is_named(found, Cause.NO_USAGE, total(lost))
    assert part_of(found, Cause.NO_USAGE).calls == len(lost)


def test_3_costs_rounded_away() -> None:
    small = [
        {**one, "cost": Decimal("0.00004"), "total_tokens": 1, "prompt_tokens": 1}
        for one in calls(seed=4, a_day=30)
    ]
    made = calls()
    ledger = [*made, *({**one, "cost": Decimal("0.0000")} for one in small)]
    found = explained(ledger, invoice(costs([*made, *small])))
    amount = total(in_october(small))
    is_named(found, Cause.ROUNDED_AWAY, amount, Decimal(0))
    assert amount < part_of(found, Cause.ROUNDED_AWAY).bound == 31 * 30 * Decimal("0.00005")


def test_4_days_that_the_ledger_lacks() -> None:
    made = calls()
    lost = [one for one in in_october(made) if day_of(one).day in (12, 13)]
    found = explained([one for one in made if one not in lost], invoice(rounded(costs(made))))
    is_named(found, Cause.NOT_IN_LEDGER, total(lost))
    assert [day.day for day in part_of(found, Cause.NOT_IN_LEDGER).days] == [12, 13]


def test_5_days_that_the_invoice_lacks() -> None:
    made = calls()
    days = rounded(costs(made))
    lost = days.pop(date(2026, 10, 30)) + days.pop(date(2026, 10, 31))
    is_named(explained(made, invoice(days)), Cause.NOT_IN_INVOICE, -lost)


def test_6_the_last_hours_are_billed_in_the_next_month() -> None:
    made = calls()
    late = [one for one in in_october(made) if one["created_at"] >= datetime(2026, 10, 31, 22)]
    billed = costs([one for one in made if one not in late])
    is_named(explained(made, invoice(rounded(billed))), Cause.EDGE, -total(late))


def test_7_hours_of_the_month_before_are_billed_in_this_one() -> None:
    made = calls()
    before = [
        one for one in made
        if datetime(2026, 9, 30, 22) <= one["created_at"] < datetime(2026, 10, 1)
    ]  # fmt: skip
    billed = costs(made)
    billed[OCTOBER] += total(before)
    found = explained(made, invoice(rounded(billed)))
    is_named(found, Cause.EDGE, total(before))
    assert part_of(found, Cause.EDGE).bound >= total(before)


@pytest.mark.parametrize("is_utc", [True, False])
def test_8_days_of_another_zone(settings: Any, is_utc: bool) -> None:
    settings.TIME_ZONE = "Asia/Taipei"
    made = calls()
    said, meant = (UTC, TAIPEI) if is_utc else (TAIPEI, UTC)
    billed = invoice(rounded(costs(made, meant)), is_utc=is_utc)
    difference = total(in_october(made, meant)) - total(in_october(made, said))
    is_named(explained(made, billed), Cause.ZONE, difference)


def test_9_a_single_day_differs() -> None:
    """Calls that were recorded twice."""
    made = calls()
    twice = [one for one in in_october(made) if day_of(one).day == 17][::2]
    found = explained([*made, *twice], invoice(rounded(costs(made))))
    is_named(found, Cause.DAY, -total(twice))
    assert part_of(found, Cause.DAY).days == (date(2026, 10, 17),)


def test_10_another_currency() -> None:
    made = calls()
    euros = {day: cost * Decimal("0.92") for day, cost in costs(made).items()}
    found = explained(made, invoice(rounded(euros), currency="eur"))
    is_named(found, Cause.CURRENCY, sum(euros.values(), Decimal()))
    part = part_of(found, Cause.CURRENCY)
    assert (part.currency, round(part.rate, 4)) == ("USD", Decimal("0.92"))
    assert found.known == 0


def test_11_calls_without_currency() -> None:
    made = calls()
    lost = [one for one in in_october(made) if day_of(one).day in (2, 3)][::4]
    ledger = [{**one, "prompt_price_unit": None} if one in lost else one for one in made]
    found = explained(ledger, invoice(rounded(costs(made))))
    is_named(found, Cause.CURRENCY, total(lost))
    assert part_of(found, Cause.CURRENCY).currency == "none"


def test_12_a_tax_beside_the_days() -> None:
    made = calls()
    days = rounded(costs(made))
    amount = sum(days.values(), Decimal()) * Decimal("1.05")
    found = explained(made, invoice(days, amount=f"{amount:.2f}"))
    is_named(found, Cause.BESIDE, total(in_october(made)) * Decimal("0.05"))


def test_13_a_discount_on_every_day() -> None:
    made = calls()
    days = {day: cost * Decimal("0.9") for day, cost in costs(made).items()}
    found = explained(made, invoice(days))
    is_named(found, Cause.SHARE, total(in_october(made)) / -10)
    assert part_of(found, Cause.SHARE).rate == Decimal("-0.1")


def test_13b_another_price_from_the_16th_on() -> None:
    made = calls()
    raised = [one for one in in_october(made) if day_of(one).day > 15]
    days = costs(made)
    days |= {day: cost * Decimal("1.2") for day, cost in days.items() if day.day > 15}
    found = explained(made, invoice(rounded(days)))
    is_named(found, Cause.SHARE, total(raised) / 5)


def test_13c_a_tax_on_days_that_have_unpriced_calls_too() -> None:
    made = calls()
    free = [{**one, "cost": None, "prompt_unit_price": None} for one in calls(seed=5, a_day=5)]
    days = {day: cost * Decimal("1.05") for day, cost in costs(made).items()}
    found = explained([*made, *free], invoice(rounded(days)))
    is_named(found, Cause.SHARE, total(in_october(made)) / 20)


def test_14_failures_that_are_not_billed() -> None:
    made = [
        {**one, "success": number % 11 != 0} for number, one in enumerate(calls())
    ]  # fmt: skip
    failed = [one for one in in_october(made) if not one["success"]]
    billed = costs([one for one in made if one["success"]])
    is_named(explained(made, invoice(rounded(billed))), Cause.FAILED, -total(failed))


def test_several_at_once() -> None:
    """A day that the ledger lacks, calls without price, the month's edge, and a tax."""
    made = calls()
    gone = [one for one in made if day_of(one) == date(2026, 10, 9)]
    lost = [one for one in in_october(made) if day_of(one).day in (20, 21)][::3]
    late = [one for one in in_october(made) if one["created_at"] >= datetime(2026, 10, 31, 22)]
    ledger = [
        {**one, "cost": None, "prompt_unit_price": None} if one in lost else one
        for one in made
        if one not in gone
    ]
    days = rounded(costs([one for one in made if one not in late]))
    amount = sum(days.values()) + Decimal("12.34")
    found = explained(ledger, invoice(days, amount=str(amount)))
    expected = {
        Cause.BESIDE: Decimal("12.34"),
        Cause.NOT_IN_LEDGER: total(gone),
        Cause.UNPRICED: total(lost),
        Cause.EDGE: -total(late),
    }
    assert causes(found).keys() == expected.keys()
    assert all(abs(causes(found)[cause] - expected[cause]) < CENT * 2 for cause in expected)
    assert found.unexplained == 0


def test_what_nobody_can_explain() -> None:
    """Every day is off by another amount: that is no single day."""
    made = calls()
    days = {day: cost + 3 + day.day % 7 for day, cost in costs(made).items()}
    found = explained(made, invoice(days))
    assert causes(found) == {}
    assert found.unexplained == sum((3 + day.day % 7 for day in days), Decimal())


def test_unpriced_calls_explain_nothing_where_other_days_fit_without_them() -> None:
    made = calls()
    free = [{**one, "cost": None, "prompt_unit_price": None} for one in calls(seed=5, a_day=3)]
    days = rounded(costs(made))
    days[date(2026, 10, 8)] += 1
    is_named(explained([*made, *free], invoice(days)), Cause.DAY, Decimal(1))


class TestOneAmount:
    """An invoice without days: less can be told."""

    def of(self, amount: Decimal, currency: str = "USD") -> Any:
        entry = Entry(provider="OpenAI", month=OCTOBER, currency=currency, amount=f"{amount:.2f}")
        return add(entry, "ann", NOW)

    def test_it_fits(self) -> None:
        ledger = calls()
        found = explained(ledger, self.of(total(in_october(ledger))))
        assert causes(found) == {}
        assert found.unexplained == 0

    def test_calls_without_price(self) -> None:
        made = calls()
        lost = in_october(made)[::9]
        ledger = [
            {**one, "cost": None, "prompt_unit_price": None} if one in lost else one for one in made
        ]
        is_named(explained(ledger, self.of(total(in_october(made)))), Cause.UNPRICED, total(lost))

    def test_another_currency(self) -> None:
        made = calls()
        amount = total(in_october(made)) * Decimal("0.92")
        is_named(explained(made, self.of(amount, "EUR")), Cause.CURRENCY, amount)

    def test_an_empty_ledger(self) -> None:
        is_named(explained([], self.of(Decimal(99))), Cause.NOT_IN_LEDGER, Decimal(99))

    def test_far_off(self) -> None:
        made = calls()
        found = explained(made, self.of(total(in_october(made)) * 2))
        assert causes(found) == {}
        assert abs(found.unexplained - found.known) <= CENT
