import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from hypothesis import given, settings
from pytest_django import DjangoAssertNumQueries

from stats.ingest import currencies, recording
from stats.ingest.columns import InvalidFieldsError
from stats.ingest.recording import InvalidBatchError
from stats.ingest.validation import NewCall
from stats.models import APIUsageStats, CurrencyName, EndUser, TranslationJob
from tests.ledger import EMPTY, in_zones, rolled_back, write
from tests.oracle import COLUMNS, Zones
from tests.usage_objects import Given, as_sent, expected, usage_objects

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 15, 30, 20, 700_000, tzinfo=UTC)
DIFY = json.loads((Path(__file__).parents[1] / "data/dify/blocking-chat-message.json").read_text())
CALL: dict[str, Any] = {"user_id": 7, "api_endpoint": "/chat-messages"}


def record_calls(given: Sequence[object]) -> list[NewCall]:
    checked = recording.check_calls(given, NOW)
    recording.write_calls(checked)
    return checked


@pytest.fixture(autouse=True)
def people() -> Iterator[None]:
    EndUser.objects.create(pk=7, name="系統管理員")
    TranslationJob.objects.create(pk=11, name="規格書")
    with time_machine.travel(NOW, tick=False):
        yield


def stored() -> list[tuple[Any, ...]]:
    """All rows as the database holds them, past our code."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM dt_api_usage_stats ORDER BY id")
        return [tuple(row) for row in cursor.fetchall()]


def record(**values: Any) -> APIUsageStats:
    arguments = {
        "user_id": 7,
        "job_id": None,
        "api_endpoint": "/chat-messages",
        "metadata": None,
        "response_time_ms": 0,
    }
    return APIUsageStats.record_api_call(**{**arguments, **values})


def bad_fields(**values: Any) -> set[str]:
    before = stored()
    with pytest.raises(InvalidFieldsError) as caught:
        record(**values)
    assert stored() == before
    return set(caught.value.errors)


def test_a_dify_response_becomes_this_row() -> None:
    call = APIUsageStats.record_api_call(7, 11, "/chat-messages", DIFY["metadata"], 768)
    assert call.to_dict() == {
        "id": call.pk,
        "user_id": 7,
        "job_id": 11,
        "api_endpoint": "/chat-messages",
        "prompt_tokens": 1033,
        "completion_tokens": 128,
        "total_tokens": 1161,
        "prompt_unit_price": 0.001,
        # The currency, not Dify's multiplier of that name.
        "prompt_price_unit": "USD",
        "cost": 0.0013,
        "response_time_ms": 768,
        "success": True,
        "error_message": None,
        "created_at": "2026-03-10T15:30:20",
    }
    assert APIUsageStats.objects.get().to_dict() == call.to_dict()


def test_the_dictionary_has_these_keys_in_this_order_and_plain_types() -> None:
    found = record(metadata=DIFY["metadata"], job_id=11, error_message="slow").to_dict()
    assert list(found) == ["id", *COLUMNS]
    assert [type(value) for value in found.values()] == [
        *(int, int, int, str, int, int, int, float, str, float, int, bool, str, str)
    ]
    assert json.loads(json.dumps(found)) == found


def test_the_dictionary_of_a_row_full_of_nulls() -> None:
    write({**EMPTY, **CALL})
    call = APIUsageStats.objects.get()
    given = {"id": call.pk, **CALL, "prompt_unit_price": 0.0, "cost": 0.0}
    assert call.to_dict() == {**dict.fromkeys(COLUMNS), **given}


def test_nulls_are_as_missing_keys() -> None:
    recording.record_call({**CALL, **dict.fromkeys(set(COLUMNS) - set(CALL))}, NOW)
    recording.record_call(CALL, NOW)
    one, other = stored()
    assert one == other
    assert APIUsageStats.objects.earliest("pk").success is True


def test_a_failure_is_recorded_with_its_message() -> None:
    call = record(success=False, error_message=" 504: upstream\ntimed out ")
    call.refresh_from_db()
    assert call.success is False
    assert call.error_message == " 504: upstream\ntimed out "


def test_created_at_is_this_applications_clock_in_the_zone_of_the_column() -> None:
    with in_zones(Zones("America/New_York", "Asia/Taipei")):
        call = record()
        assert call.to_dict()["created_at"] == "2026-03-10T23:30:20"
        [row] = stored()
        assert str(row[-1]) == "2026-03-10 23:30:20"
        assert APIUsageStats.objects.get().to_dict() == call.to_dict()


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"user_id": 8}, {"user_id"}),
        ({"job_id": 12}, {"job_id"}),
        ({"user_id": 2**31, "job_id": 2**62}, {"user_id", "job_id"}),
        ({"user_id": None}, {"user_id"}),
        ({"api_endpoint": ""}, {"api_endpoint"}),
        ({"response_time_ms": -1}, {"response_time_ms"}),
        ({"metadata": {"usage": {"total_price": "NaN"}}}, {"metadata.usage.total_price"}),
        ({"success": "yes"}, {"success"}),
    ],
)
def test_nothing_is_written_on_an_error(values: dict[str, Any], names: set[str]) -> None:
    assert bad_fields(**values) == names


def test_unknown_users_and_jobs_are_named() -> None:
    with pytest.raises(InvalidFieldsError, match=r"There is no user 8\..*There is no job 12\."):
        record(user_id=8, job_id=12)


@given(usage_objects)
@settings(max_examples=60)
def test_the_row_holds_what_the_usage_means(usage: dict[str, Given]) -> None:
    meant = expected(usage)
    with rolled_back():
        if isinstance(meant, set):
            assert bad_fields(metadata={"usage": as_sent(usage)}) == {
                f"metadata.usage.{name}" for name in meant
            }
            return
        call = APIUsageStats.objects.get(pk=record(metadata={"usage": as_sent(usage)}).pk)
        assert (call.prompt_tokens, call.completion_tokens, call.total_tokens) == (
            meant.prompt_tokens,
            meant.completion_tokens,
            meant.total_tokens,
        )
        assert call.prompt_unit_price == meant.prompt_unit_price
        assert call.prompt_price_unit == meant.currency
        assert call.cost == meant.cost


def test_texts_at_the_edge_of_their_columns_are_stored_whole() -> None:
    message = "錯" * 21_845
    call = record(api_endpoint="𠮷" * 200, error_message=message)
    call.refresh_from_db()
    assert call.api_endpoint == "𠮷" * 200
    assert call.error_message == message


def test_a_batch_is_written_whole() -> None:
    given = [
        {**CALL, "metadata": DIFY["metadata"]},
        {**CALL, "cost": "1.5", "created_at": "2026-03-09T12:00:00.9+08:00"},
        {**CALL, "created_at": None, "success": None, "total_tokens": 3},
        CALL,
    ]
    recorded = record_calls(given)
    assert [new.warnings for new in recorded] == [(), (), ("unpriced",), ("no-usage",)]
    calls = APIUsageStats.objects.order_by("pk")
    assert [call.cost for call in calls] == [Decimal("0.0013"), Decimal("1.5"), 0, 0]
    assert [call.to_dict()["created_at"] for call in calls] == [
        "2026-03-10T15:30:20",
        "2026-03-09T04:00:00",
        "2026-03-10T15:30:20",
        "2026-03-10T15:30:20",
    ]


def test_one_and_many_write_the_same_row() -> None:
    given = {**CALL, "job_id": 11, "metadata": DIFY["metadata"], "error_message": "x"}
    recording.record_call(given, NOW)
    record_calls([given])
    one, other = stored()
    assert one == other


def test_a_batch_with_bad_items_names_each_and_writes_nothing() -> None:
    given: list[Any] = [CALL, {**CALL, "cost": -1}, {"user_id": 7}, None]
    unknown = [{**CALL, "user_id": 8}, {**CALL, "job_id": 5, "total_tokens": "5.0"}]
    with pytest.raises(InvalidBatchError) as caught:
        record_calls([*given, *unknown, {**CALL, "job_id": 5}])
    assert {index: set(errors) for index, errors in caught.value.errors.items()} == {
        1: {"cost"},
        2: {"api_endpoint"},
        3: {"non_field_errors"},
        4: {"user_id"},
        5: {"total_tokens"},
        6: {"job_id"},
    }
    assert stored() == []


def test_the_references_of_a_large_batch_cost_a_query_per_table_and_some_more(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    EndUser.objects.bulk_create(EndUser(pk=pk, name="x") for pk in range(100, 10_100))
    given = [{**CALL, "user_id": pk} for pk in range(100, 10_100)]
    # SQLite takes so many parameters at a time; MariaDB takes them all.
    with django_assert_max_num_queries(16):
        assert len(record_calls(given)) == 10_000


def test_ids_beyond_the_column_are_unknown_ones() -> None:
    with pytest.raises(InvalidBatchError) as caught:
        record_calls([{**CALL, "user_id": 2**40, "job_id": 2**63 - 1}])
    assert set(caught.value.errors[0]) == {"user_id", "job_id"}


@pytest.mark.parametrize("normalizes", [False, True])
def test_endpoints_are_normalized_where_that_is_asked_for(settings: Any, normalizes: bool) -> None:
    settings.NORMALIZE_ENDPOINTS = normalizes
    call = APIUsageStats.record_api_call(7, None, "/documents/4711", None, 5)
    assert call.api_endpoint == ("/documents/{id}" if normalizes else "/documents/4711")


def test_the_row_tells_what_is_noteworthy_and_the_log_what_is_not_stored(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert record(metadata=DIFY["metadata"]).usage_warnings == ()
    assert record().usage_warnings == ("no-usage",)
    assert not caplog.records
    usage = {"total_tokens": 9, "total_price": "0.0000135", "currency": "US D"}
    call = record(metadata={"usage": usage})
    assert call.usage_warnings == ("cost-rounded-away", "currency-unknown")
    assert caplog.messages == [
        f"Call {call.pk} is stored, but: cost-rounded-away, currency-unknown"
    ]
    assert APIUsageStats.objects.get(pk=call.pk).usage_warnings == ()


def test_the_log_tells_the_keys_that_were_not_understood(caplog: pytest.LogCaptureFixture) -> None:
    call = record(metadata={"usage": {"tokens": 9, "price\n": 1}})
    assert call.unknown_keys == ("tokens", "price?")
    assert caplog.messages == [
        f"Call {call.pk} is stored, but: usage-not-understood, no-usage; keys: tokens price?"
    ]


def test_an_unknown_time_is_null() -> None:
    assert record(response_time_ms=None).response_time_ms is None
    timed = record(metadata=DIFY["metadata"], response_time_ms=None)
    timed.refresh_from_db()
    assert timed.response_time_ms == 768


class TestCurrencies:
    @pytest.mark.parametrize("code", ["USD", "usd", "Eur", "XCG", None, ""])
    def test_codes_are_known(self, code: str | None) -> None:
        given = {**CALL, "cost": 1, "prompt_price_unit": code}
        assert recording.check_call(given, NOW).warnings == ()

    @pytest.mark.parametrize("text", ["RMB", "rmb", "US D", "dollars", "新台幣", "US"])
    def test_another_text_is_unknown_once(self, text: str) -> None:
        given = {**CALL, "cost": 1, "prompt_price_unit": text}
        assert recording.record_call(given, NOW).usage_warnings == ("currency-unknown",)
        assert recording.record_call(given, NOW).usage_warnings == ()
        assert record_calls([given])[0].warnings == ()

    def test_letters_of_three_are_stored_in_capitals(self) -> None:
        assert record(metadata={"usage": {"currency": "rmb"}}).prompt_price_unit == "RMB"
        record_calls([{**CALL, "prompt_price_unit": "usd"}])
        assert [row[7] for row in stored()] == ["RMB", "USD"]

    def test_other_letters_are_another_currency(self) -> None:
        record(metadata={"usage": {"currency": "Token"}})
        assert (
            "currency-unknown" in record(metadata={"usage": {"currency": "token"}}).usage_warnings
        )

    def test_each_of_an_array_is_told(self) -> None:
        given = [{**CALL, "cost": 1, "prompt_price_unit": text} for text in ("RMB", "USD", "RMB")]
        unknown = ("currency-unknown",)
        assert [new.warnings for new in record_calls(given)] == [unknown, (), unknown]

    def test_what_the_sums_know_is_known(self) -> None:
        """Calls of long ago may be purged, or lie behind very many others."""
        CurrencyName.objects.create(text="RMB")
        given = {**CALL, "cost": 1, "prompt_price_unit": "RMB"}
        assert recording.record_call(given, NOW).usage_warnings == ()

    def test_is_asked_once_and_not_for_codes(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        recording.record_call({**CALL, "prompt_price_unit": "RMB"}, NOW)
        recording.record_call({**CALL, "prompt_price_unit": "RMB"}, NOW)
        with django_assert_num_queries(0):
            assert currencies.unknown({"USD", "RMB", None, ""}) == set()
