"""A file of calls: complete, exact, and nothing that a spreadsheet would run."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from stats import exports
from stats.exports import FIELDS, calls_as_csv, harmless
from stats.models import APIUsageStats, EndUser

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/stats/apiusagestats/export.csv"


def rows_of(lines: str) -> list[dict[str, str]]:
    return list(csv.DictReader(lines.removeprefix("\ufeff").splitlines()))


def exported(by_time: bool = False) -> list[dict[str, str]]:
    return rows_of("".join(calls_as_csv(APIUsageStats.objects.all(), by_time=by_time)))


@pytest.fixture
def call() -> Callable[..., APIUsageStats]:
    user = EndUser.objects.create(name="wchen")

    def make(**columns: Any) -> APIUsageStats:
        return APIUsageStats.objects.create(**{"user": user, "api_endpoint": "/x", **columns})

    return make


def test_headings_are_the_api_s_names(call: Callable[..., APIUsageStats]) -> None:
    assert tuple(call().to_dict()) == FIELDS
    assert tuple(exported()[0]) == FIELDS


def test_amounts_are_exact_and_times_have_an_offset(
    call: Callable[..., APIUsageStats], settings: Any
) -> None:
    settings.TIME_ZONE = "Asia/Taipei"
    call(cost=Decimal("123456.7891"), created_at=datetime(2026, 11, 24, 16, 0, tzinfo=UTC))
    (row,) = exported()
    assert row["cost"] == "123456.7891"
    assert row["created_at"] == "2026-11-25T00:00:00+08:00"


def test_a_null_is_nothing(call: Callable[..., APIUsageStats]) -> None:
    columns = (name for name in FIELDS if name not in ("id", "user_id", "job_id", "api_endpoint"))
    call(**dict.fromkeys(columns))
    (row,) = exported()
    assert [row[name] for name in FIELDS[4:]] == [""] * 10


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_does_not_become_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_a_harmless_text_stays_as_it_is() -> None:
    assert harmless("/chat-messages <script>") == "/chat-messages <script>"


@pytest.mark.parametrize("by_time", [True, False])
def test_every_call_is_there_once_whatever_the_page(
    call: Callable[..., APIUsageStats], by_time: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE", 3)
    ids = [call(created_at=datetime(2026, 11, 24, tzinfo=UTC)).pk for _n in range(10)]
    assert [int(row["id"]) for row in exported(by_time)] == ids[::-1]


def test_the_list_s_filters_hold(call: Callable[..., APIUsageStats], admin_client: Client) -> None:
    call(success=False, error_message="=cmd|' /C calc'!A0")
    call()
    response = admin_client.get(ADDRESS, {"success": "false", "period": "all"})
    (row,) = rows_of(response.getvalue().decode())
    assert row["error_message"] == "'=cmd|' /C calc'!A0"
    assert response["Content-Disposition"].startswith('attachment; filename="usage-calls_until_')


def test_a_wrong_filter_is_named(admin_client: Client) -> None:
    response = admin_client.get(ADDRESS, {"success": "banana"})
    assert response.status_code == 400
    assert "success" in response.content.decode()
