"""GET calls/ and calls/<id>/: filters, both orders, and pages that lose nothing."""

import base64
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

import pytest

from stats.models import APIUsageStats
from stats.rollups.failures import fingerprint
from tests.api.conftest import JOB, OTHER_USER, USER, Service

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def new_call(**fields: Any) -> APIUsageStats:
    defaults = {"user_id": USER, "api_endpoint": "/chat-messages", "created_at": NOON}
    return APIUsageStats.objects.create(**defaults | fields)


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [call["id"] for call in answer.json()["results"]]


def bad_parameters(answer: Any) -> set[str]:
    assert answer.status_code == 400
    errors = answer.json()
    assert all(isinstance(message, str) for messages in errors.values() for message in messages)
    return set(errors)


def follow(service: Service, first: str, way: str = "next") -> list[list[int]]:
    """The ids of each page, led by the answers alone."""
    pages: list[list[int]] = []
    url: str | None = f"/api/v1/{first}"
    while url:
        assert len(pages) < 50, "This goes in a circle."
        answer = service.get(url.removeprefix("/api/v1/"))
        pages.append(ids(answer))
        target = answer.json()[way]
        url = target and "{0.path}?{0.query}".format(urlsplit(target))
    return pages


class TestOneCall:
    def test_is_the_dictionary_form(self, service: Service) -> None:
        call = new_call(
            job_id=JOB,
            cost=Decimal("0.0012"),
            prompt_unit_price=None,
            success=None,
            prompt_tokens=None,
            error_message="no",
        )
        answer = service.get(f"calls/{call.pk}/")
        assert list(answer.json()) == list(call.to_dict())
        assert answer.json() == call.to_dict() | {"created_at": "2026-03-10T12:00:00+00:00"}

    @pytest.mark.parametrize("number", ["0", "999", "2147483648", "9" * 19, "9" * 40, "9" * 5000])
    def test_is_not_there(self, service: Service, number: str) -> None:
        answer = service.get(f"calls/{number}/")
        assert (answer.status_code, answer.json().keys()) == (404, {"detail"})

    def test_takes_no_parameter(self, service: Service) -> None:
        assert bad_parameters(service.get(f"calls/{new_call().pk}/?fields=id")) == {"fields"}


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "matching", "other"),
        [
            ("user_id=8", {"user_id": OTHER_USER}, {}),
            ("job_id=70", {"job_id": JOB}, {}),
            ("api_endpoint=/x", {"api_endpoint": "/x"}, {"api_endpoint": "/X"}),
            ("success=true", {"success": True}, {"success": None}),
            ("success=false", {"success": None}, {"success": True}),
            ("currency=RMB", {"prompt_price_unit": "RMB"}, {"prompt_price_unit": "rmb"}),
            ("currency=none", {"prompt_price_unit": None}, {}),
            (
                "created_at_after=2026-03-11",
                {"created_at": NOON + timedelta(hours=12)},
                {"created_at": NOON},
            ),
            (
                "created_at_before=2026-03-10",
                {"created_at": NOON},
                {"created_at": NOON + timedelta(hours=12)},
            ),
            ("cost_min=1", {"cost": 1}, {"cost": Decimal("0.9999")}),
            ("cost_max=1&user_id=7", {"cost": 1}, {"cost": Decimal("1.0001")}),
            ("response_time_ms_min=9", {"response_time_ms": 9}, {"response_time_ms": 8}),
            ("response_time_ms_max=9", {"response_time_ms": 9}, {"response_time_ms": 10}),
            ("has_error=true", {"error_message": "no"}, {"error_message": ""}),
            ("has_error=false", {"error_message": None}, {"error_message": "no"}),
            ("unknown_cost=unpriced", {"total_tokens": 5}, {"total_tokens": 5, "cost": 1}),
            (
                f"failure={fingerprint('504 after 7 s')}",
                {"success": False, "error_message": "504 after 9 s"},
                {"success": False, "error_message": "504"},
            ),
        ],
    )
    def test_each(
        self, service: Service, query: str, matching: dict[str, Any], other: dict[str, Any]
    ) -> None:
        new_call(**other)
        call = new_call(**matching)
        assert ids(service.get(f"calls/?{query}")) == [call.pk]

    def test_a_kind_of_failure_among_too_many_calls(self, service: Service, settings: Any) -> None:
        settings.MOST_CALLS_READ = 1
        kind = fingerprint("504")
        for _time in range(2):
            new_call(success=False, error_message="504")
        answer = service.get(f"calls/?failure={kind}")
        assert answer.status_code == 400
        assert list(answer.json()) == ["failure"]

    def test_several_users(self, service: Service) -> None:
        calls = [new_call(), new_call(user_id=OTHER_USER)]
        answer = service.get("calls/?user_id=8&user_id=7&ordering=oldest")
        assert ids(answer) == [call.pk for call in calls]

    @pytest.mark.parametrize(
        "query",
        [
            "success=banana",
            "success=1",
            "user_id=1.5",
            "user_id=x",
            "user_id=-1",
            "user_id=٧",
            "user_id=9999999999999999999999",
            "user_id=",
            "user_id=7&user_id=",
            "job_id=0",
            "job_id=1&job_id=2",
            "api_endpoint=" + "x" * 201,
            "api_endpoint=%00",
            "api_endpoint=+",
            "currency=a&currency=b",
            "period=yesterday",
            "period=",
            "created_at_after=2026-02-30",
            "created_at_after=9999-12-31",
            "created_at_before=0001-01-01T00:00:00Z",
            "cost_min=NaN",
            "cost_max=-1",
            "response_time_ms_min=1.5",
            "response_time_ms_max=" + "9" * 50,
            "has_error=perhaps",
            "unknown_cost=yes",
            "failure=504",
            "page_size=0",
            "page_size=1001",
            "page_size=1e2",
            "page_size=10&page_size=10",
            "ordering=id",
            "ordering=-created_at",
            "ordering=",
            "cursor=",
            "cursor=nonsense",
            "cursor=%FF",
            "userid=7",
            "format=json",
            "format=yaml",
            "page=2",
            "offset=5",
            "user_id__in=7",
            "%00=1",
        ],
    )
    def test_what_cannot_be_used_is_named(self, service: Service, query: str) -> None:
        name = query.partition("=")[0].replace("%00", "\0")
        assert bad_parameters(service.get(f"calls/?{query}")) == {name}

    def test_a_period_and_dates(self, service: Service) -> None:
        query = "calls/?period=7d&created_at_after=2026-03-01"
        assert bad_parameters(service.get(query)) == {"period"}

    def test_an_end_before_the_start(self, service: Service) -> None:
        query = "calls/?created_at_after=2026-03-02&created_at_before=2026-03-01"
        assert bad_parameters(service.get(query)) == {"created_at_before"}

    def test_too_many_parameters(self, service: Service) -> None:
        answer = service.get("calls/?" + "user_id=7&" * 2000)
        assert (answer.status_code, answer.json().keys()) == (400, {"detail"})


class TestPages:
    @pytest.fixture
    def calls(self, people: None) -> list[APIUsageStats]:
        """Out of order in time, many of one second, some without a time."""
        times = [NOON, None, NOON - timedelta(days=1), NOON, NOON, None, NOON, NOON]
        return [new_call(created_at=time) for time in times * 3]

    @pytest.mark.parametrize("size", [1, 3, 7, 24, 25])
    @pytest.mark.parametrize("ordering", ["newest", "oldest"])
    def test_by_id_nothing_is_lost(
        self, service: Service, calls: list[APIUsageStats], ordering: str, size: int
    ) -> None:
        expected = [call.pk for call in calls]
        if ordering == "newest":
            expected.reverse()
        pages = follow(service, f"calls/?page_size={size}&ordering={ordering}")
        assert list(chain(*pages)) == expected
        assert {len(page) for page in pages[:-1]} <= {size}

    @pytest.mark.parametrize("size", [1, 3, 7, 18, 19])
    @pytest.mark.parametrize("ordering", ["newest", "oldest"])
    def test_by_time_nothing_is_lost(
        self, service: Service, calls: list[APIUsageStats], ordering: str, size: int
    ) -> None:
        timed = [call for call in calls if call.created_at]
        timed.sort(key=lambda call: (call.created_at, call.pk), reverse=ordering == "newest")
        query = f"calls/?page_size={size}&ordering={ordering}&created_at_after=2026-03-01"
        assert list(chain(*follow(service, query))) == [call.pk for call in timed]

    @pytest.mark.parametrize("filters", ["", "&created_at_after=2026-03-01"])
    def test_there_and_back(
        self, service: Service, calls: list[APIUsageStats], filters: str
    ) -> None:
        path = "calls/?page_size=5&user_id=7" + filters
        there = follow(service, path)
        last = service.get(path)
        while last.json()["next"]:
            last = service.get(last.json()["next"].partition("/api/v1/")[2])
        back = follow(service, last.json()["previous"].partition("/api/v1/")[2], "previous")
        assert back[::-1] == there[:-1]

    def test_a_link_keeps_the_filters(self, service: Service, calls: list[APIUsageStats]) -> None:
        link = service.get("calls/?page_size=2&user_id=7&user_id=8").json()["next"]
        assert link.startswith("http://testserver/api/v1/calls/?")
        assert "page_size=2&user_id=7&user_id=8&cursor=" in link

    def test_an_empty_list(self, service: Service) -> None:
        assert service.get("calls/").json() == {"next": None, "previous": None, "results": []}

    def test_100_at_first(self, service: Service) -> None:
        APIUsageStats.objects.bulk_create(
            APIUsageStats(user_id=USER, api_endpoint="/x") for _n in range(101)
        )
        assert len(service.get("calls/").json()["results"]) == 100
        assert len(service.get("calls/?page_size=1000").json()["results"]) == 101

    def test_newest_first(self, service: Service, calls: list[APIUsageStats]) -> None:
        assert ids(service.get("calls/?page_size=1")) == [calls[-1].pk]

    def test_a_page_is_two_statements(
        self, service: Service, calls: list[APIUsageStats], django_assert_num_queries: Any
    ) -> None:
        service.get("calls/")
        with django_assert_num_queries(2):  # the key, the page
            service.get("calls/")

    @pytest.mark.parametrize(
        "content",
        [
            '[true, 5, "0001-01-01T00:00:00+14:00"]',
            '[true, 5, "9999-12-31T23:59:59-14:00"]',
            '[true, 5, "2026-01-01T00:00:00"]',
            "[true, 99999999999999999999, null]",
            "[1, 5, null]",
            "[true, 5]",
            "{}",
            "[true, 5, 6]",
            "[" * 3000,
        ],
    )
    def test_a_forged_cursor(self, service: Service, content: str) -> None:
        cursor = base64.urlsafe_b64encode(content.encode()).decode()
        answer = service.get("calls/", {"cursor": cursor, "created_at_after": "2026-03-01"})
        assert bad_parameters(answer) == {"cursor"}
