"""What is left after demo data is cleared: all that people entered, and nothing of its calls."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from stats.budgets import crossings
from stats.budgets.setting import Terms, Whose, set_budget
from stats.demo import rows
from stats.letters import sending
from stats.models import (
    BudgetCrossing,
    ClosingEntry,
    CurrencyName,
    EndpointName,
    FailureKind,
    Notice,
    Recipient,
    UnusualDay,
)
from stats.notices import finding, outbox, recipients
from stats.notices.registry import OCCASIONS
from stats.rollups.grains import GRAINS
from stats.unusual import keeping
from tests.closings.ledgers import close, verified
from tests.demo.test_demo import NOW, TAIPEI
from tests.invoices.entered import invoice
from tests.ledger import row, write

pytestmark = pytest.mark.django_db(transaction=True)
ANN, OCTOBER = "ann@example.com", date(2026, 10, 1)
# How far the fold is, which rests on no call; and what was done, by whom.
KEPT = {"stats_foldstate", "stats_foldedchunk", "django_admin_log"}


def tables() -> dict[str, set[Any]]:
    """The keys of all rows of each table but `KEPT`."""
    found = {
        model._meta.db_table: set(model._default_manager.values_list("pk"))
        for model in apps.get_models(include_auto_created=True)
    }
    return {table: keys for table, keys in found.items() if keys and table not in KEPT}


def entered_by_hand() -> None:
    recipients.make([ANN])
    Recipient.objects.update(occasions=[*OCCASIONS])
    for name, amount in (("all", "5"), ("more", "8")):
        terms = Terms(amount=Decimal(amount), thresholds=(50,), mails=[ANN])
        set_budget(name, Whose(currency="USD"), terms, NOW - timedelta(days=60))
    invoice(NOW)
    outbox.write_test(Recipient.objects.get(), "ann", NOW)


def lived_with(now: datetime = NOW) -> None:
    """What jobs and people make of the calls that are there."""
    verified(now)
    close(OCTOBER, now=now)
    keeping.find_and_keep(now)
    crossings.find(now)
    finding.find(now)
    sending.write_due(now)


def fill() -> None:
    rows.fill(1_200, 57, 1, NOW, TAIPEI, lambda _count: None)


def clear() -> None:
    call_command("demo_data", "--clear", verbosity=0)


@pytest.fixture(autouse=True)
def in_taipei(settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Taipei"
    # A server's ids show late; here nobody writes meanwhile.
    settings.FOLD_MARGIN_SECONDS = 0


def test_nothing_is_left_of_a_ledger_that_was_lived_with() -> None:
    entered_by_hand()
    before = tables()
    fill()
    lived_with()
    keeping.expect(UnusualDay.objects.latest("pk").pk, "ann", "a batch", NOW)
    made = {table for table, keys in tables().items() if keys != before.get(table)}
    assert {
        "stats_closingentry", "stats_closedline", "stats_closedtotal", "stats_chainhead",
        "stats_unusualday", "stats_examineddays", "stats_budgetcrossing", "stats_notice",
        "stats_endpointname", "stats_currencyname", "stats_failurekind",
    } <= made  # fmt: skip
    told = set(Notice.objects.values_list("occasion", flat=True))
    assert {"budget.crossed", "day.unusual", "letter.month", "letter.week"} <= told
    clear()
    assert tables() == before


def test_what_is_also_of_real_calls_stays() -> None:
    """Somebody posted calls while they looked at demo data: one today, one in October."""
    entered_by_hand()
    fill()
    today = NOW.replace(tzinfo=None)
    real = row(api_endpoint="/mine", cost="3", created_at=today - timedelta(hours=1))
    write(real, real | {"cost": "0.5", "created_at": datetime(2026, 10, 14, 4)})
    lived_with()
    assert BudgetCrossing.objects.filter(budget__name="more").exists()
    clear()
    # The chain tells of October, which has a call.
    assert ClosingEntry.objects.count() == 1
    reached = BudgetCrossing.objects.values_list("budget__name", "period")
    assert list(reached) == [("all", date(2026, 11, 1))]
    assert not UnusualDay.objects.exists()
    assert not Notice.objects.filter(occasion="day.unusual").exists()
    letters = Notice.objects.filter(occasion="letter.month")
    assert [one.facts["first"] for one in letters] == ["2026-10-01"]
    assert list(EndpointName.objects.values_list("text", flat=True)) == ["/mine"]
    assert list(CurrencyName.objects.values_list("text", flat=True)) == ["USD"]
    assert not FailureKind.objects.exists()
    assert sum(grain.model._default_manager.count() for grain in GRAINS) > 0


def test_a_chain_of_demo_months_goes_though_the_running_month_is_real() -> None:
    fill()
    write(row(created_at=NOW.replace(tzinfo=None) - timedelta(hours=1)))
    lived_with()
    assert ClosingEntry.objects.count() == 1
    clear()
    assert not ClosingEntry.objects.exists()
    # The month can be closed anew, and the chain begins anew.
    write(row(created_at=datetime(2026, 10, 14, 4)))
    verified()
    assert close(OCTOBER).place == 1
