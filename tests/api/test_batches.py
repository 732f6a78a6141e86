"""POST calls/ with an array: all or none, each bad item named."""

from decimal import Decimal
from typing import Any

import pytest

from stats.models import APIUsageStats
from tests.api.conftest import JOB, OTHER_USER, USER, Service


def test_both_forms_mix(service: Service, minimal: dict[str, Any]) -> None:
    with_metadata = minimal | {"metadata": {"usage": {"total_tokens": 5, "total_price": "0.5"}}}
    in_columns = minimal | {"user_id": OTHER_USER, "job_id": JOB, "cost": 2, "created_at": None}
    answer = service.post("calls/", [with_metadata, in_columns])
    assert (answer.status_code, answer.json()) == (201, {"created": 2})
    assert list(APIUsageStats.objects.order_by("id").values_list("user_id", "cost")) == [
        (USER, Decimal("0.5")),
        (OTHER_USER, Decimal(2)),
    ]


def test_an_empty_array_is_nothing_to_write(service: Service) -> None:
    answer = service.post("calls/", [])
    assert (answer.status_code, answer.json()) == (201, {"created": 0})


def test_10_000_are_written_by_few_statements(
    service: Service, minimal: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(40):
        answer = service.post("calls/", [minimal | {"cost": 1}] * 10_000)
    assert answer.json() == {"created": 10_000}
    assert APIUsageStats.objects.count() == 10_000


def test_10_001_are_too_many(service: Service, minimal: dict[str, Any]) -> None:
    answer = service.post("calls/", [minimal] * 10_001)
    assert (answer.status_code, answer.json().keys()) == (413, {"detail"})
    assert not APIUsageStats.objects.exists()


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"cost": -1}, "cost"),
        ({"user_id": 999}, "user_id"),
        ({"job_id": 999}, "job_id"),
        ({"metadata": {"usage": 5}}, "metadata.usage"),
        ({"id": 1}, "id"),
    ],
)
def test_one_bad_among_10_000(
    service: Service, minimal: dict[str, Any], bad: dict[str, Any], field: str
) -> None:
    calls = [minimal] * 10_000
    calls[8_765] = minimal | bad
    answer = service.post("calls/", calls)
    assert answer.status_code == 400
    errors = answer.json()["errors"]
    assert list(errors) == ["8765"]
    assert list(errors["8765"]) == [field]
    assert isinstance(errors["8765"][field][0], str)
    assert not APIUsageStats.objects.exists()


def test_every_bad_item_is_named(service: Service, minimal: dict[str, Any]) -> None:
    answer = service.post("calls/", [{}, minimal, 5, [minimal], minimal | {"success": "no"}])
    assert {index: set(found) for index, found in answer.json()["errors"].items()} == {
        "0": {"user_id", "api_endpoint"},
        "2": {"non_field_errors"},
        "3": {"non_field_errors"},
        "4": {"success"},
    }


def test_unknown_users_are_named_beside_other_errors(
    service: Service, minimal: dict[str, Any]
) -> None:
    answer = service.post("calls/", [minimal | {"user_id": 999}, minimal | {"cost": "x"}, minimal])
    assert {index: set(found) for index, found in answer.json()["errors"].items()} == {
        "0": {"user_id"},
        "1": {"cost"},
    }


def test_warnings_are_counted(service: Service, minimal: dict[str, Any]) -> None:
    cut = minimal | {"error_message": "x" * 70_000, "cost": 1}
    answer = service.post("calls/", [minimal, minimal | {"cost": 1}, minimal, cut])
    assert answer["Usage-Warnings"] == "message-cut;calls=1, no-usage;calls=2"
    assert "Location" not in answer


def test_no_warnings_no_header(service: Service, minimal: dict[str, Any]) -> None:
    assert "Usage-Warnings" not in service.post("calls/", [minimal | {"cost": 1}])


def test_keys_that_were_not_understood_are_named_once(
    service: Service, minimal: dict[str, Any]
) -> None:
    strange = [minimal | {"usage": usage} for usage in ({"a": 1}, {"b": 1, "a": 2})]
    answer = service.post("calls/", [*strange, minimal | {"cost": 1}])
    assert answer["Usage-Warnings"] == 'no-usage;calls=2, usage-not-understood;calls=2;keys="a b"'


class TestBatchAddress:
    """POST calls/batch/ takes the array alone; all else is as with calls/."""

    def test_writes_all(self, service: Service, minimal: dict[str, Any]) -> None:
        answer = service.post("calls/batch/", [minimal | {"cost": 2}, minimal])
        assert (answer.status_code, answer.json()) == (201, {"created": 2})
        assert answer["Usage-Warnings"] == "no-usage;calls=1"
        assert list(APIUsageStats.objects.order_by("id").values_list("cost", flat=True)) == [2, 0]

    @pytest.mark.parametrize("content", [{}, 5, None, "x"])
    def test_takes_nothing_else(self, service: Service, content: Any) -> None:
        answer = service.post("calls/batch/", content)
        assert (answer.status_code, answer.json()) == (
            400,
            {"non_field_errors": ["An array is needed."]},
        )

    def test_not_even_a_call(self, service: Service, minimal: dict[str, Any]) -> None:
        assert service.post("calls/batch/", minimal).status_code == 400
        assert not APIUsageStats.objects.exists()

    def test_names_each_bad_item(self, service: Service, minimal: dict[str, Any]) -> None:
        answer = service.post("calls/batch/", [minimal, minimal | {"cost": -1}, 5])
        assert answer.status_code == 400
        assert {index: list(found) for index, found in answer.json()["errors"].items()} == {
            "1": ["cost"],
            "2": ["non_field_errors"],
        }
        assert not APIUsageStats.objects.exists()

    def test_has_the_same_limit(self, service: Service, minimal: dict[str, Any]) -> None:
        assert service.post("calls/batch/", [minimal] * 10_001).status_code == 413

    def test_is_repeatable(self, service: Service, minimal: dict[str, Any]) -> None:
        first, again = (
            service.post("calls/batch/", [minimal], **{"Idempotency-Key": "once"})
            for _time in range(2)
        )
        assert (first.json(), again.json()) == ({"created": 1}, {"created": 1})
        assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
        assert APIUsageStats.objects.count() == 1
        other = service.post("calls/batch/", [], **{"Idempotency-Key": "once"})
        assert other.status_code == 422


def test_without_the_slash_at_the_end(service: Service, minimal: dict[str, Any]) -> None:
    assert service.post("calls/batch", [minimal]).json() == {"created": 1}
    answer = service.post("calls", minimal)
    assert answer["Location"] == f"/api/v1/calls/{answer.json()['id']}/"
