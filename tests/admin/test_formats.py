"""Times, prices and counts in the formats of people, wherever the admin shows them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from stats.accounts import keys
from stats.demo import rows
from stats.models import APIKey, APIUsageStats
from tests.admin.conftest import NOW
from tests.ledger import row, write

# How figures are drawn; other tests ask these pages of each database.
pytestmark = pytest.mark.once

MACHINE_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d|\d\d:\d\d:\d\d\.\d+|[ap]\.m\.")
MOMENT = datetime(2026, 11, 23, 9, 25, 31, 123456, tzinfo=UTC)


def fields(client: Client, url: str) -> dict[str, str]:
    """What stands on the page of a record, by its labels."""
    page = client.get(url).content.decode()
    field = r'<label>([^<]*)</label>\s*<div class="readonly">(.*?)</div>'
    found = re.findall(field, page, re.DOTALL)
    return {label.strip(): re.sub(r"<[^>]*>", "", text).strip() for label, text in found}


def call(**values: Any) -> str:
    write(row(**values))
    return reverse("admin:stats_apiusagestats_change", args=[APIUsageStats.objects.get().pk])


@pytest.mark.parametrize(
    ("zone", "language", "expected"),
    [
        ("UTC", "en", "28 Nov 2026, 09:25:31 UTC"),
        ("Asia/Taipei", "en", "28 Nov 2026, 17:25:31 Asia/Taipei (+08:00)"),
        ("Asia/Taipei", "zh-hant", "2026年11月28日 17:25:31 Asia/Taipei (+08:00)"),
    ],
)
def test_the_time_of_a_call(
    analyst: Client, settings: Any, zone: str, language: str, expected: str
) -> None:
    settings.TIME_ZONE = zone
    url = call(created_at=datetime(2026, 11, 28, 9, 25, 31))
    analyst.post("/i18n/setlang/", {"language": language, "next": "/"})
    assert expected in fields(analyst, url).values()


def test_the_hour_that_a_clock_passes_twice(analyst: Client, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    url = call(created_at=datetime(2026, 10, 25, 1, 30))
    assert fields(analyst, url)["Time:"] == "25 Oct 2026, 02:30:00 Europe/Berlin (+01:00)"


@pytest.mark.parametrize(
    ("price", "expected"),
    [("0.00000200", "USD\xa00.000002"), ("0", "USD\xa00"), ("12.5", "USD\xa012.5"), (None, "—")],
)
def test_the_price_of_a_call(analyst: Client, price: str | None, expected: str) -> None:
    assert fields(analyst, call(prompt_unit_price=price))["Unit price, in:"] == expected


@pytest.mark.parametrize(("cost", "expected"), [("0", "USD\xa00"), ("0.0013", "USD 0.0013")])
def test_the_cost_of_a_call(analyst: Client, cost: str, expected: str) -> None:
    assert fields(analyst, call(cost=cost))["Cost:"] == expected


def test_the_counts_of_a_call(analyst: Client) -> None:
    url = call(prompt_tokens=12345, completion_tokens=None, total_tokens=67890)
    found = fields(analyst, url)
    assert found["Tokens in:"] == "12,345"
    assert found["Tokens out:"] == "—"
    assert found["Tokens in total:"] == "67,890"


@pytest.fixture(params=[False, True])
def key(request: pytest.FixtureRequest, db: None) -> APIKey:
    """One in use, and one that was revoked."""
    key, _secret = keys.create("translator", ["record"], MOMENT + timedelta(days=9), MOMENT)
    APIKey.objects.filter(pk=key.pk).update(
        created=MOMENT, last_used_at=MOMENT + timedelta(hours=1), revoked=request.param
    )
    return key


def test_the_times_of_a_key(administrator: Client, key: APIKey) -> None:
    key.refresh_from_db()
    change = reverse("admin:stats_apikey_change", args=[key.pk])
    found = fields(administrator, change)
    assert found["Created:"] == "23 Nov 2026, 09:25:31 UTC"
    assert found["Last used:"] == "23 Nov 2026, 10:25:31 UTC"
    if key.revoked:
        assert found["Expires:"] == "2 Dec 2026, 09:25:31 UTC"
    listed = administrator.get("/admin/stats/apikey/").content.decode()
    for moment in ("23 Nov 2026, 09:25:31", "23 Nov 2026, 10:25:31", "2 Dec 2026, 09:25:31"):
        assert f"{moment} UTC" in listed
    text = re.sub(r"<[^>]*>", " ", administrator.get(change).content.decode() + listed)
    assert MACHINE_TIME.findall(text) == []


def test_a_key_that_was_never_used(administrator: Client, db: None) -> None:
    key, _secret = keys.create("translator", ["record"], None, MOMENT)
    found = fields(administrator, reverse("admin:stats_apikey_change", args=[key.pk]))
    assert found["Last used:"] == "—"


@pytest.mark.parametrize("path", ["/admin/", "/admin/reports/users/"])
def test_only_who_may_act_is_told_a_command(
    analyst: Client, administrator: Client, path: str
) -> None:
    """Demo data are announced to everybody."""
    rows.fill(20, 5, 1, NOW, UTC, lambda _count: None)
    for_analyst, for_administrator = (
        client.get(path).content.decode() for client in (analyst, administrator)
    )
    for page in (for_analyst, for_administrator):
        assert "This ledger holds demo data of an invented company." in page
    assert "demo_data --clear" in for_administrator
    assert "demo_data" not in for_analyst


def test_nor_how_to_get_demo_data(analyst: Client, administrator: Client) -> None:
    assert "manage.py demo_data" in administrator.get("/admin/").content.decode()
    assert "manage.py demo_data" not in analyst.get("/admin/").content.decode()
