"""Two people enter one file at the same moment, each over a connection of their own."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from stats.invoices.reading import InvoiceError
from stats.models import InvoiceDay, ProviderInvoice
from tests.invoices.entered import invoice

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
# Seconds that the other one gets, who is to wait.
PATIENCE = 1


class Interrupted:
    """Somebody who enters a file, and stops when they are about to write the invoice."""

    def __init__(self) -> None:
        self.is_about_to_write, self.may_write = threading.Event(), threading.Event()

    def enter(self, amount: str) -> str:
        """What is kept, or why nothing is."""
        try:
            with connection.execute_wrapper(self._stop):
                return str(invoice(NOW, amount=amount).amount.normalize())
        except InvoiceError as error:
            return str(error)
        finally:
            connection.close()

    def _stop(self, execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith("INSERT") and ProviderInvoice._meta.db_table in sql:
            self.is_about_to_write.set()
            self.may_write.wait()
        return execute(sql, *arguments)


def entered_at_once(first: str, second: str) -> list[str]:
    """What two hear who enter a file with these amounts: the second while the first writes."""
    ann, bob = Interrupted(), Interrupted()
    bob.may_write.set()
    with ThreadPoolExecutor(2) as pool:
        heard: list[Future[str]] = [pool.submit(ann.enter, first)]
        ann.is_about_to_write.wait()
        heard.append(pool.submit(bob.enter, second))
        wait(heard[1:], PATIENCE)
        ann.may_write.set()
        return [one.result() for one in heard]


@pytest.mark.django_db(transaction=True)
def test_a_file_that_two_enter_at_once_is_kept_once() -> None:
    refused = "This file is kept already, as an invoice of OpenAI for 2026-10."
    assert entered_at_once("123", "123") == ["123", refused]
    assert ProviderInvoice.objects.count() == 1
    assert InvoiceDay.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_other_amounts_are_other_invoices() -> None:
    assert entered_at_once("121", "122") == ["121", "122"]
    assert sorted(one.amount for one in ProviderInvoice.objects.all()) == [121, 122]
