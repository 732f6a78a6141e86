"""Where no page is: people get one all the same, in their language, and programs get JSON."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

CSP = "default-src 'self'"
LOGIN = "/admin/login/?next=/admin/reports/users/"
HEADINGS = {
    "en": {
        400: "Invalid request",
        403: "No access",
        404: "Page not found",
        500: "Something went wrong",
        503: "The database is read-only",
        "csrf": "This form has expired",
    },
    "zh-hant": {
        400: "請求無效",
        403: "沒有權限",
        404: "找不到這個頁面",
        500: "系統發生錯誤",
        503: "資料庫目前為唯讀",
        "csrf": "這份表單已過期",
    },
}


def client(language: str = "en", **how: Any) -> Client:
    made = Client(raise_request_exception=False, **how)
    made.cookies["django_language"] = language
    return made


def is_our_page(answer: Any, status: int, heading: str, language: str) -> str:
    page: str = answer.content.decode()
    assert answer.status_code == status
    assert re.findall("<h1[^>]*>(.*?)</h1>", page) == [heading]
    assert f"<title>{heading} | Usage Ledger</title>" in page
    assert f'<html lang="{language}"' in page
    assert "stats/usage.css" in page
    assert CSP in answer.headers["Content-Security-Policy"]
    assert not re.findall(r"<style|style=|<script(?! src=)", page)
    return page


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_user("ann", password="secret", is_staff=True)


@pytest.fixture
def without_built_files(settings: Any) -> None:
    """As where collectstatic was forgotten: each name of a file is an error."""
    manifest = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": manifest}}


@pytest.fixture
def only_reading(transactional_db: None) -> Iterator[None]:
    """As where the server only reads; the account of `staff` is there."""
    User.objects.create_user("ann", password="secret", is_staff=True)
    on, off = (
        ("PRAGMA query_only = ON", "PRAGMA query_only = OFF")
        if connection.vendor == "sqlite"
        else ("SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE")
    )
    with connection.cursor() as cursor:
        cursor.execute(on)
        yield
        cursor.execute(off)


@pytest.mark.parametrize("language", HEADINGS)
class TestPages:
    def test_of_a_request_for_another_host(self, db: None, language: str) -> None:
        answer = client(language).get("/admin/", headers={"Host": "evil.example"})
        is_our_page(answer, 400, HEADINGS[language][400], language)

    def test_of_no_address(self, db: None, language: str) -> None:
        answer = client(language).get("/nothing/here/")
        page = is_our_page(answer, 404, HEADINGS[language][404], language)
        assert 'class="button" href="/admin/"' in page

    def test_of_no_access(self, staff: User, language: str) -> None:
        visitor = client(language)
        visitor.force_login(staff)
        is_our_page(visitor.get("/admin/"), 403, HEADINGS[language][403], language)

    def test_of_a_fault_without_built_files(
        self, db: None, without_built_files: None, language: str
    ) -> None:
        answer = client(language).get("/admin/login/")
        page = is_our_page(answer, 500, HEADINGS[language][500], language)
        assert answer.headers["X-Request-ID"] in page

    def test_of_a_fault_without_a_database(self, language: str) -> None:
        """pytest-django lets a test that asks for none have none."""
        visitor = client(language)
        visitor.cookies["sessionid"] = "a" * 32
        visitor.cookies["__Host-sessionid"] = "a" * 32
        is_our_page(visitor.get("/admin/"), 500, HEADINGS[language][500], language)

    def test_of_a_login_that_cannot_be_kept(self, only_reading: None, language: str) -> None:
        for password in ("secret", "wrong"):
            answer = client(language).post(LOGIN, {"username": "ann", "password": password})
            page = is_our_page(answer, 503, HEADINGS[language][503], language)
            assert 'class="button" href="/admin/login/"' in page
            assert "Retry-After" in answer.headers

    def test_of_a_form_that_is_out_of_date(self, db: None, language: str) -> None:
        answer = client(language, enforce_csrf_checks=True).post(LOGIN, {"username": "ann"})
        page = is_our_page(answer, 403, HEADINGS[language]["csrf"], language)
        assert f'class="button" href="{LOGIN}"' in unescape(page)


def test_a_second_tab_with_the_login_leads_on(staff: User) -> None:
    """The first tab has logged in since: the token of the second is of before."""
    first = client(enforce_csrf_checks=True)
    token = first.get("/admin/login/").cookies["__Host-csrftoken"].value
    form = {"username": "ann", "password": "secret", "csrfmiddlewaretoken": token}
    assert first.post(LOGIN, form, secure=True, headers={"Referer": "https://testserver/"})
    answer = first.post(LOGIN, form, secure=True, headers={"Referer": "https://testserver/"})
    page = is_our_page(answer, 403, HEADINGS["en"]["csrf"], "en")
    (way,) = re.findall(r'class="button" href="([^"]*)"', page)
    assert "you are logged in" in page
    assert way == "/admin/reports/users/"
    outside = first.post(f"{LOGIN.partition('=')[0]}=//evil.example/", form)
    assert 'class="button" href="/admin/"' in outside.content.decode()


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/api/v1/nothing", "testserver", 404),
        ("/api/v1/nothing/", "testserver", 404),
        ("/api/v2/calls/", "testserver", 404),
        ("/api/", "testserver", 404),
        ("/api/v1/calls/", "evil.example", 400),
    ],
)
def test_programs_get_json(db: None, path: str, host: str, status: int) -> None:
    answer = client("zh-hant").get(path, headers={"Host": host})
    assert answer.status_code == status
    assert list(json.loads(answer.content)) == ["detail"]


def test_programs_get_json_of_a_fault() -> None:
    """Without a database again."""
    answer = client().get("/api/v1/calls/", headers={"Authorization": "Api-Key abcdefgh.x"})
    assert answer.status_code == 500
    assert "X-Request-ID" in json.loads(answer.content)["detail"]
