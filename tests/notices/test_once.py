"""Each crossing is noticed once, whatever is interleaved and whoever dies."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, connections
from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from stats.budgets import crossings
from stats.budgets.setting import Terms, Whose, remove_budget, set_budget
from stats.models import APIUsageStats, Budget, BudgetCrossing, Notice
from stats.notices import mailing, outbox
from tests.ledger import in_zones, row, write
from tests.oracle import Zones

START = datetime(2026, 11, 28, 12, tzinfo=UTC)
NAMES = ("local", "billed")
RECIPIENTS = ("ann@example.com", "bob@example.com")
# `make test-notices` asks for more.
EXAMPLES = int(os.environ.get("NOTICE_EXAMPLES", 100))


class KilledError(BaseException):
    """A process ends here: nothing after it is done."""


class Backend(BaseEmailBackend):
    """Delivers into `delivered`; `plan` says who dies when, and who runs meanwhile."""

    delivered: Counter[str] = Counter()
    killed_after: Counter[str] = Counter()
    plan: list[str] = []
    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def send_messages(self, messages: Any) -> int:
        (mail,) = messages
        what = self.plan.pop() if self.plan else "deliver"
        if what == "meanwhile":
            type(self).meanwhile()
        if what == "die before":
            raise KilledError
        if what == "fail":
            raise OSError("not now")
        told = mail.extra_headers["Notice-Ids"].split()
        self.delivered.update(told)
        if what == "die after":
            self.killed_after.update(told)
            raise KilledError
        return 1


class Ledger(RuleBasedStateMachine):
    """Calls come and go, budgets change, processes look and send at once, and die."""

    def __init__(self) -> None:
        super().__init__()
        for model in (Notice, BudgetCrossing, Budget):
            model.objects.all().delete()
        APIUsageStats.objects.all()._raw_delete("default")
        Backend.delivered, Backend.killed_after, Backend.plan = Counter(), Counter(), []
        Backend.meanwhile = staticmethod(self.run)
        self.now = START
        self.budget("10", is_billed=False)

    @rule(cost=st.sampled_from(["1", "4", "9"]))
    def post(self, cost: str) -> None:
        write(row(cost=cost, created_at=self.now.replace(tzinfo=None)))

    @rule()
    def delete_calls(self) -> None:
        APIUsageStats.objects.all()._raw_delete("default")

    @rule(amount=st.sampled_from(["5", "10", "1000"]), is_billed=st.booleans())
    def budget(self, amount: str, is_billed: bool) -> None:
        """One of local months, one of months of UTC."""
        terms = Terms(amount=Decimal(amount), thresholds=(50, 100), mails=RECIPIENTS)
        whose = Whose(currency="USD", is_billed=is_billed)
        set_budget(NAMES[is_billed], whose, terms, self.now)

    @rule(name=st.sampled_from(NAMES))
    def remove(self, name: str) -> None:
        remove_budget(name, self.now)

    @rule(minutes=st.sampled_from([0, 1, 10, 60 * 7, 60 * 24, 60 * 24 * 3]))
    def time_passes(self, minutes: int) -> None:
        """Over the ends of months, too: in Taipei eight hours before that of UTC."""
        self.now += timedelta(minutes=minutes)

    @rule(
        plan=st.lists(
            st.sampled_from(["deliver", "die before", "die after", "fail", "meanwhile"]), max_size=4
        ),
        looks_meanwhile=st.booleans(),
    )
    def work(self, plan: list[str], looks_meanwhile: bool) -> None:
        Backend.plan = list(plan)
        self.run(self.run if looks_meanwhile else lambda: None)

    def run(self, go_on: Callable[[], object] = lambda: None) -> None:
        """A process; before each attempt it is held up by `go_on`."""
        try:
            crossings.find(self.now)
            mailing.send_due(lambda: self.now, go_on)
        except KilledError:
            pass

    @invariant()
    def each_crossing_is_told(self) -> None:
        """By notices of its own to all, or by those of a higher one that was found with it."""
        told = Counter(told_in(notice) for notice in Notice.objects.all())
        assert set(told.values()) <= {len(RECIPIENTS)}
        for one in BudgetCrossing.objects.all():
            together = BudgetCrossing.objects.filter(
                budget=one.budget_id, period=one.period, found_at=one.found_at
            )
            higher = {
                (one.budget_id, str(one.period), other.threshold)
                for other in together
                if other.threshold >= one.threshold
            }
            assert higher & set(told)

    @invariant()
    def none_is_sent_twice_but_by_the_dead(self) -> None:
        assert all(
            count <= 1 + Backend.killed_after[name] for name, count in Backend.delivered.items()
        )

    def teardown(self) -> None:
        """In the end each was sent."""
        Backend.plan = []
        for _day in range(6):
            self.run()
            self.now += timedelta(days=1, minutes=1)
        assert not Notice.objects.exclude(state="sent").exists()
        assert all(notice.sent_at for notice in Notice.objects.all())


@pytest.mark.django_db
def test_interleavings() -> None:
    backend = override_settings(EMAIL_BACKEND=f"{__name__}.Backend", MAIL_IS_SET_UP=True)
    with backend, in_zones(Zones("Asia/Taipei")):
        run_state_machine_as_test(
            Ledger,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )


def told_in(notice: Notice) -> tuple[int, str, int]:
    """Budget, period and threshold."""
    return notice.facts["budget_id"], notice.facts["period"], notice.facts["threshold"]


def killed_at(statement: int, work: Callable[[], object]) -> bool:
    """Run `work` in a process that kills itself before this statement; False if it came to an end
    without."""
    connections.close_all()
    child = os.fork()
    if not child:
        try:
            left = [statement]

            def count(execute: Any, *arguments: Any) -> Any:
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return execute(*arguments)

            with connection.execute_wrapper(count):
                work()
            connections.close_all()
        finally:
            os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.django_db(transaction=True)
def test_kill_9_between_any_two_statements(tmp_path: Path, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.MAIL_IS_SET_UP = True
    now = START

    def work() -> None:
        crossings.find(now)
        mailing.send_due(lambda: now, lambda: None)

    statement, was_killed, sent_twice = 0, True, 0
    while was_killed:
        settings.EMAIL_FILE_PATH = str(tmp_path / str(statement))
        Budget.objects.all().delete()
        Notice.objects.all().delete()
        APIUsageStats.objects.all()._raw_delete("default")
        write(row(cost="9", created_at=now.replace(tzinfo=None)))
        terms = Terms(amount=Decimal(10), thresholds=(50, 80), mails=RECIPIENTS[:1])
        set_budget("all", Whose(currency="USD"), terms, now)
        was_killed = killed_at(statement, work)
        # Two thresholds and their one notice, or nothing.
        assert BudgetCrossing.objects.count() == 2 * Notice.objects.count()
        now += outbox.CLAIM
        work()
        assert BudgetCrossing.objects.count() == 2
        # Two mails of one second may share a file.
        files = Path(settings.EMAIL_FILE_PATH).iterdir()
        mails = sum(file.read_text().count("Message-ID: ") for file in files)
        assert mails in (1, 2)
        sent_twice += mails == 2
        statement += 1
    # The look, the crossings, their notice, the claim, the note.
    assert statement > 10
    # Between sending and noting alone.
    assert sent_twice == 1
