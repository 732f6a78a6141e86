"""/metrics: what Prometheus reads, in one process; tests/faults/test_workers.py has several."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from stats.models import FoldState
from tests.api.conftest import USER, Service
from tests.ledger import row, write
from tests.rollups import added

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


class Metrics:
    """What /metrics says, by name and labels."""

    def __init__(self, text: str) -> None:
        self.samples: Samples = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def get(self, name: str, **labels: str) -> float:
        return self.samples.get((f"usage_ledger_{name}", tuple(sorted(labels.items()))), 0)

    def has(self, name: str) -> bool:
        return any(known == f"usage_ledger_{name}" for known, _labels in self.samples)


@pytest.fixture
def scrape(client: Client) -> Callable[[], Metrics]:
    def scraped() -> Metrics:
        answer = client.get("/metrics")
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/plain; version=")
        return Metrics(answer.content.decode())

    return scraped


@pytest.fixture
def risen(scrape: Callable[[], Metrics]) -> Callable[..., float]:
    """How much a counter has risen since the test began: other tests count as well."""
    before = scrape()

    def risen(name: str, **labels: str) -> float:
        return scrape().get(name, **labels) - before.get(name, **labels)

    return risen


def test_recorded_posts_and_rows(
    service: Service, minimal: dict[str, Any], risen: Callable[..., float]
) -> None:
    service.post("calls/", minimal)
    service.post("calls/", [minimal] * 7)
    for _time in range(3):
        service.post("calls/", [minimal] * 5, **{"Idempotency-Key": "x"})
    assert risen("recorded_posts_total") == 3
    assert risen("recorded_rows_total") == 1 + 7 + 5
    assert risen("repeated_posts_total") == 2


def test_what_was_rejected_and_why(
    service: Service,
    new_service: Callable[..., Service],
    minimal: dict[str, Any],
    risen: Callable[..., float],
) -> None:
    service.post("calls/", {})
    service.post("calls/", [{}, {"user_id": USER}])
    service.post("calls/", b"no JSON")
    service.post("calls/", [minimal] * 10_001)
    service.post("calls/", minimal, content_type="text/plain")
    service.post("calls/", minimal, Authorization="Api-Key nonsense")
    new_service(may_record=False, may_read=True).post("calls/", minimal)
    slow = new_service(may_record=True, rate=1)
    slow.post("calls/", minimal)
    slow.post("calls/", minimal)
    service.post("calls/", minimal, **{"Idempotency-Key": "y"})
    service.post("calls/", [minimal], **{"Idempotency-Key": "y"})
    assert {reason: risen("rejected_total", reason=reason) for reason in REASONS} == REASONS
    assert risen("recorded_rows_total") == 2


REASONS = {
    "invalid": 2,
    "parse_error": 1,
    "too_large": 1,
    "unsupported_media_type": 1,
    "authentication_failed": 1,
    "permission_denied": 1,
    "throttled": 1,
    "other_body": 1,
}


def test_requests_by_route_and_status(
    client: Client, service: Service, risen: Callable[..., float]
) -> None:
    for path in ("calls/1/", "calls/2/", "calls/3/"):
        service.get(path)
        client.get(f"/api/v1/{path}")
    route = {"method": "GET", "route": "api/v1/calls/<id:call_id>/"}
    assert risen("requests_total", **route, status="404") == 3
    assert risen("requests_total", **route, status="401") == 3
    assert risen("request_seconds_count", **route) == 6
    assert risen("request_seconds_sum", **route) > 0


@pytest.mark.django_db
def test_strangers_make_no_new_series(client: Client, scrape: Callable[[], Metrics]) -> None:
    """Whatever the path and method: else anybody could fill the memory of all workers."""
    client.generic("BREW", "/first")
    before = scrape().samples.keys()
    for number in range(20):
        client.generic(f"BREW{number}", f"/nothing/{number}")
        client.generic("BREW", f"/nothing/{number}")
    assert scrape().samples.keys() - before <= METRICS_THEMSELVES


METRICS_THEMSELVES = {
    (name, (("method", "GET"), ("route", "metrics"), *more))
    for name, more in [
        ("usage_ledger_requests_total", [("status", "200")]),
        ("usage_ledger_request_seconds_sum", []),
        ("usage_ledger_request_seconds_count", []),
        ("usage_ledger_request_seconds_created", []),
        ("usage_ledger_requests_created", [("status", "200")]),
    ]
}


@pytest.mark.django_db(transaction=True, reset_sequences=True)
class TestLedger:
    def test_before_the_first_call(self, scrape: Callable[[], Metrics]) -> None:
        cache.clear()
        found = scrape()
        assert found.get("database_up") == 1
        assert found.get("fold_lag_calls") == 0
        for name in ("newest_call_timestamp_seconds", "folded_timestamp_seconds", "fold_seconds"):
            assert not found.has(name)

    def test_the_fold_and_the_newest_call(
        self, scrape: Callable[[], Metrics], settings: Any
    ) -> None:
        settings.FOLD_MARGIN_SECONDS = 0.01
        newest = datetime(2026, 3, 10, 12, 30)
        write(row(created_at=datetime(2026, 3, 1)), row(created_at=newest))
        assert scrape().get("fold_lag_calls") == 2
        call_command("fold_usage")
        write(row(created_at=None))
        found = scrape()
        assert found.get("fold_lag_calls") == 1
        assert found.get("fold_seconds") > 0
        assert found.get("newest_call_timestamp_seconds") == newest.replace(tzinfo=UTC).timestamp()
        folded_at = FoldState.objects.get().folded_at
        assert folded_at
        assert found.get("folded_timestamp_seconds") == pytest.approx(folded_at.timestamp())

    def test_rollups_that_are_not_filled_yet(
        self, scrape: Callable[[], Metrics], settings: Any
    ) -> None:
        settings.FOLD_MARGIN_SECONDS = 0
        write(row())
        call_command("fold_usage")
        assert scrape().get("rollups_behind") == 0
        # As a version without these left it.
        FoldState.objects.update(fills=None)
        with added.migrated(), added.version(added.NEW_GRAINS):
            assert scrape().get("rollups_behind") == 2
            call_command("fold_usage")
            assert scrape().get("rollups_behind") == 0

    def test_what_the_verification_found(self, scrape: Callable[[], Metrics]) -> None:
        FoldState.objects.create(
            pk=1, verified_at=datetime(2026, 3, 10, tzinfo=UTC), differing_days=["2026-03-01"]
        )
        found = scrape()
        assert found.get("differing_dates") == 1
        assert found.get("verified_timestamp_seconds") == 1_773_100_800
        assert found.get("sums_usable") == 1


def test_without_a_database_it_says_so(
    scrape: Callable[[], Metrics], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: Any) -> None:
        raise OperationalError(2002, "Can't connect")

    monkeypatch.setattr(connection, "cursor", away)
    monkeypatch.setattr(connection, "ensure_connection", away)
    found = scrape()
    assert found.get("database_up") == 0
    assert found.has("recorded_rows_total")
    assert not found.has("fold_lag_calls")


@pytest.mark.django_db
def test_what_lies_in_the_future(scrape: Callable[[], Metrics]) -> None:
    write(row(created_at=datetime(2026, 3, 1)))
    found = scrape()
    assert (found.get("clock_ahead_seconds"), found.get("future_calls")) == (0, 0)
    write(row(created_at=datetime(9999, 3, 1)))
    FoldState.objects.create(pk=1, folded_at=timezone.now() + timedelta(days=400))
    found = scrape()
    assert found.get("clock_ahead_seconds") > 399 * 86_400
    assert found.get("future_calls") == 1
    newest = datetime(2026, 3, 1, tzinfo=UTC).timestamp()
    assert found.get("newest_call_timestamp_seconds") == newest
