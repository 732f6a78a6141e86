"""Every kind of answer carries what tells a browser to be careful with it."""

import runpy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from stats.accounts import roles
from tests.processes import PROJECT

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

pytestmark = [pytest.mark.django_db, pytest.mark.once]
HSTS = "Strict-Transport-Security"
EXPECTED = {
    "Content-Security-Policy": (
        "base-uri 'self'; default-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "img-src 'self' data:; object-src 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    HSTS: "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


KINDS: dict[str, tuple[int, Callable[[Client], Any]]] = {
    "page": (200, lambda client: client.get("/admin/", secure=True)),
    "form": (200, lambda client: client.get("/admin/password_change/", secure=True)),
    "no access": (403, lambda client: client.get("/admin/auth/user/", secure=True)),
    "nothing there": (404, lambda client: client.get("/nothing/", secure=True)),
    "login": (200, lambda _client: Client().get("/admin/login/", secure=True)),
    "way to the login": (302, lambda _client: Client().get("/admin/", secure=True)),
    "forged form": (
        403,
        lambda _client: Client(enforce_csrf_checks=True).post("/admin/login/", secure=True),
    ),
    "another host": (
        400, lambda client: client.get("/admin/", secure=True, headers={"Host": "evil.example"}),
    ),
    "language": (302, lambda client: client.post("/i18n/setlang/", secure=True)),
    "API": (200, lambda client: client.get("/api/v1/calls/", secure=True)),
    "API, nobody": (401, lambda _client: Client().get("/api/v1/calls/", secure=True)),
    "API, nothing there": (404, lambda client: client.get("/api/v1/nothing/", secure=True)),
    "API documents": (200, lambda client: client.get("/api/v1/docs/", secure=True)),
    "API schema": (200, lambda client: client.get("/api/v1/schema/", secure=True)),
    "export": (
        200, lambda client: client.get("/admin/stats/apiusagestats/export.csv", secure=True),
    ),
    "static file": (200, lambda client: client.get("/static/stats/page.js", secure=True)),
    "alive": (200, lambda _client: Client().get("/healthz", secure=True)),
    "ready": (200, lambda _client: Client().get("/readyz", secure=True)),
    "metrics": (200, lambda _client: Client().get("/metrics", secure=True)),
    "drawing": (200, lambda client: client.get("/static/stats/icon.svg", secure=True)),
}  # fmt: skip


@pytest.fixture
def client() -> Client:
    """Of an analyst."""
    user = User.objects.create_user("analyst", is_staff=True)
    user.groups.add(Group.objects.get(name=roles.ANALYSTS))
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_answer(client: Client, kind: str) -> None:
    status, get = KINDS[kind]
    answer = get(client)
    assert answer.status_code == status
    check(answer)


@pytest.mark.parametrize("kind", ["page", "login", "API", "export"])
def test_no_cache_keeps_what_is_for_one_person(client: Client, kind: str) -> None:
    answer = KINDS[kind][1](client)
    answer.close()
    assert "no-store" in answer.headers["Cache-Control"]


def test_an_error_of_ours(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("stats.admin.pages.overview.overview")
    client.raise_request_exception = False
    answer = client.get("/admin/", secure=True)
    assert answer.status_code == 500
    check(answer)


def test_a_lockout(client: Client) -> None:
    form = {"username": "analyst", "password": "wrong"}
    answers = [Client().post("/admin/login/", form, secure=True) for _ in range(5)]
    assert answers[-1].status_code == 429
    check(answers[-1])


def check(answer: "Answer") -> None:
    answer.close()
    found = {name: answer.headers.get(name) for name in EXPECTED}
    found["Content-Security-Policy"] = "; ".join(
        sorted((found["Content-Security-Policy"] or "").split("; "))
    )
    assert found == EXPECTED
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert answer.headers["X-Request-ID"]


class TestHttpsBehindAProxy:
    @pytest.mark.parametrize(
        ("proxies", "scheme", "is_https"),
        [(0, "https", False), (1, "https", True), (1, "http", False)],
    )
    def test_is_believed_of_a_trusted_proxy_alone(
        self, settings: Any, proxies: int, scheme: str, is_https: bool
    ) -> None:
        settings.SECURE_PROXY_SSL_HEADER = given(TRUSTED_PROXIES=str(proxies))[
            "SECURE_PROXY_SSL_HEADER"
        ]
        answer = Client().get("/admin/login/", headers={"X-Forwarded-Proto": scheme})
        assert (HSTS in answer.headers) == is_https


def test_over_http_nothing_is_said_of_https() -> None:
    assert HSTS not in Client().get("/admin/login/").headers


@pytest.mark.parametrize(("seconds", "header"), [("60", "max-age=60"), ("0", None)])
def test_hsts_may_be_shorter_or_none(settings: Any, seconds: str, header: str | None) -> None:
    settings.SECURE_HSTS_SECONDS = given(HSTS_SECONDS=seconds)["SECURE_HSTS_SECONDS"]
    assert Client().get("/admin/login/", secure=True).headers.get(HSTS) == header


def given(**environment: str) -> dict[str, Any]:
    """The settings in another environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        return runpy.run_path(str(PROJECT / "usage_project/settings.py"))
