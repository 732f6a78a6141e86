"""What the filter offers, and addresses that mean the same tomorrow."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.admin.conftest import HOSTILE, NOW, given
from tests.rollups.folded import fold_all


@pytest.mark.django_db(transaction=True)
def test_endpoints_and_currencies_that_there_are(
    analyst: Client, two_currencies: None, settings: Any
) -> None:
    settings.FOLD_MARGIN_SECONDS = 0
    fold_all(now=NOW + timedelta(hours=1))
    offered = analyst.get("/admin/reports/choices/").json()
    endpoints = offered["api_endpoint"]
    assert set(endpoints) == {"/chat-messages", "/workflows/run", HOSTILE}
    assert {"USD", "RMB"} <= set(offered["currency"])
    page = analyst.get("/admin/").content.decode()
    assert 'data-choices="/admin/reports/choices/"' in page


@pytest.mark.parametrize(
    ("query", "dates"),
    [
        ("", "created_at_after=2026-11-01&created_at_before=2026-11-24"),
        ("?period=7d", "created_at_after=2026-11-18&created_at_before=2026-11-24"),
        ("?period=last_month_utc", "created_at_after=2026-10-01&created_at_before=2026-10-31"),
    ],
)
def test_an_address_with_fixed_dates(
    analyst: Client, ledger: None, clock: Any, query: str, dates: str
) -> None:
    page = "/admin/reports/users/"
    bar = given(analyst.get(page + query))["bar"]
    assert bar.fixed == f"{page}?{dates}"
    clock.shift(timedelta(days=20))
    analyst.force_login(User.objects.get(username="analyst"))
    then = given(analyst.get(bar.fixed))["bar"]
    assert (then.period.first, then.period.last) == (bar.period.first, bar.period.last)


def test_it_keeps_what_is_looked_at(analyst: Client, ledger: None) -> None:
    bar = given(analyst.get("/admin/reports/users/?rank=calls&success=true"))["bar"]
    assert {"rank=calls", "success=true"} <= set(bar.fixed.partition("?")[2].split("&"))
