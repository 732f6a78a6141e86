"""/healthz and /readyz: what a load balancer asks, answered to anybody and without secrets."""

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from stats.ops import checks
from stats.ops.readiness import static_files_missing_at_start
from tests.databases import PrivateServer, new_server
from tests.ledger import row, write
from tests.rollups.folded import fold_all
from tests.servers import AS_DEPLOYED, Gunicorn, migrated

AS_IN_PRODUCTION = "whitenoise.storage.CompressedManifestStaticFilesStorage"
SECRET = "mysql://root:hunter2@10.0.0.7"


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: Any) -> None:
        raise OperationalError(2002, f"Can't connect to {SECRET}")

    monkeypatch.setattr(connection, "cursor", away)
    monkeypatch.setattr(connection, "ensure_connection", away)


def test_alive_uses_no_database(client: Client, no_database: None) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_ready_gives_the_tail(client: Client, settings: Any) -> None:
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


@pytest.mark.database("server")
@pytest.mark.django_db
class TestAServerThatOnlyReads:
    """A server of the test's own: it would hold up all others."""

    @pytest.fixture
    def environment(self) -> Iterator[tuple[PrivateServer, dict[str, str]]]:
        server = new_server()
        yield server, migrated(server, "reading")
        server.remove()

    def test_is_not_ready(
        self, environment: tuple[PrivateServer, dict[str, str]], tmp_path: Path
    ) -> None:
        server, variables = environment
        gunicorn = Gunicorn(tmp_path / "log", variables, options=AS_DEPLOYED)
        try:
            gunicorn.start()
            assert gunicorn.request("GET", "/readyz").status == 200
            set_global(server, "read_only = 1")
            answer = gunicorn.request("GET", "/readyz")
            assert (answer.status, answer.json()) == (
                503,
                {
                    "status": "not ready",
                    "reason": "The database only reads: it takes no calls.",
                },
            )
            assert gunicorn.request("GET", "/healthz").status == 200
            set_global(server, "read_only = 0")
            assert gunicorn.request("GET", "/readyz").status == 200
        finally:
            gunicorn.stop()


def set_global(server: PrivateServer, assignment: str) -> None:
    with contextlib.closing(server.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"SET GLOBAL {assignment}")


class TestStaticFiles:
    """Of a process, which reads but once what was collected."""

    @pytest.fixture(autouse=True)
    def unread_manifest(self) -> Iterator[None]:
        static_files_missing_at_start.cache_clear()
        yield
        static_files_missing_at_start.cache_clear()

    @pytest.fixture
    def deployed(self, collected: dict[str, str], settings: Any, tmp_path: Path) -> Path:
        """Collected, in a folder of the test's own."""
        folder = tmp_path / "static"
        shutil.copytree(collected["STATIC_ROOT"], folder)
        settings.STATIC_ROOT = folder
        settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": AS_IN_PRODUCTION}}
        return folder

    def read_anew(self, settings: Any) -> None:
        settings.STORAGES = {**settings.STORAGES}

    def reason(self, client: Client) -> str:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        reason: str = answer.json()["reason"]
        return reason

    @pytest.mark.django_db
    def test_are_there(self, client: Client, deployed: Path, settings: Any) -> None:
        self.read_anew(settings)
        assert client.get("/readyz").status_code == 200
        assert checks.check_static_files() == []
        assert client.get("/admin/login/").status_code == 200

    @pytest.mark.django_db
    def test_were_not_collected(self, client: Client, deployed: Path, settings: Any) -> None:
        shutil.rmtree(deployed)
        self.read_anew(settings)
        assert self.reason(client).startswith("Static files are missing: admin/css/")
        assert "`manage.py collectstatic`, then restart" in self.reason(client)
        [warning] = checks.check_static_files()
        assert (warning.id, "collectstatic" in (warning.hint or "")) == ("stats.W003", True)
        client.raise_request_exception = False
        assert client.get("/admin/login/").status_code == 500

    @pytest.mark.django_db
    def test_of_the_version_before(self, client: Client, deployed: Path, settings: Any) -> None:
        """One is new."""
        manifest = deployed / "staticfiles.json"
        told = json.loads(manifest.read_text())
        del told["paths"]["stats/usage.css"]
        manifest.write_text(json.dumps(told))
        self.read_anew(settings)
        assert "Static files are missing: stats/usage.css and 0 more." in self.reason(client)
        assert "1 static files are not collected, stats/usage.css" in str(
            checks.check_static_files()[0]
        )

    @pytest.mark.django_db
    def test_one_is_gone(self, client: Client, deployed: Path, settings: Any) -> None:
        [built] = deployed.glob("stats/usage.*.css")
        built.unlink()
        self.read_anew(settings)
        assert "stats/usage.css" in self.reason(client)

    @pytest.mark.django_db
    def test_a_version_that_is_put_in_place_meanwhile_is_not_ours(
        self, client: Client, deployed: Path, settings: Any
    ) -> None:
        self.read_anew(settings)
        assert client.get("/readyz").status_code == 200
        shutil.rmtree(deployed)
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
def test_ready_runs_few_statements(
    client: Client, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_max_num_queries(6):
        client.get("/readyz")
