"""/healthz and /readyz: what a load balancer asks, answered to anybody and without secrets."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from tests.ledger import row, write
from tests.rollups.books import fold_all

SECRET = "mysql://root:hunter2@10.0.0.7"


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: Any) -> None:
        raise OperationalError(2002, f"Can't connect to {SECRET}")

    monkeypatch.setattr(connection, "cursor", away)
    monkeypatch.setattr(connection, "ensure_connection", away)


def test_alive_asks_nobody(client: Client, no_database: None) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_ready_tells_how_far_the_sums_have_come(client: Client, settings: Any) -> None:
    settings.FOLD_MARGIN_SECONDS = 0
    write(row(), row())
    fold_all()
    write(row())
    answer = client.get("/readyz")
    assert answer.status_code == 200
    fold = answer.json()["fold"]
    assert fold["waiting_calls"] == 1
    assert fold["folded_at"].endswith("Z")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_a_tail_however_long_is_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report reads the tail itself: late sums are slow, not wrong."""
    write(*[row()] * 3_000)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["fold"]["folded_at"]) == (200, None)
    assert answer.json()["fold"]["waiting_calls"] >= 3_000


def test_without_a_database(
    client: Client, no_database: None, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        503,
        {"status": "not ready", "reason": "The database does not answer."},
    )
    assert SECRET in caplog.text


@pytest.mark.django_db
def test_with_a_migration_to_run(client: Client) -> None:
    newest = MigrationRecorder.Migration.objects.filter(app="stats").latest("name")
    newest.delete()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reason"].startswith(f"Migrations are missing: stats.{newest.name}")


@pytest.mark.django_db
def test_a_newer_version_has_migrated_already(client: Client) -> None:
    """The old version serves on while the new one is rolled out."""
    MigrationRecorder.Migration.objects.create(app="stats", name="9999_of_tomorrow")
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_they_are_read_alone(client: Client, path: str, method: str) -> None:
    assert getattr(client, method)(path).status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_they_take_no_notice_of_what_is_sent(client: Client, path: str) -> None:
    client.cookies[settings.SESSION_COOKIE_NAME] = "'; DROP TABLE dt_users"
    answer = client.get(f"{path}?name[]=<script>", headers={"Accept": "../../etc/passwd"})
    assert answer.status_code == 200
    assert b"<script>" not in answer.content


@pytest.mark.django_db
def test_ready_asks_few_questions(
    client: Client, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_max_num_queries(4):
        client.get("/readyz")
