"""Logging in and staying logged in: guesses end, and nobody can shut out anybody else."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from stats.accounts import roles
from tests.admin.conftest import HOSTILE

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

LOGIN = "/admin/login/"
PASSWORD = "correct horse battery"
HERE, ELSEWHERE, PROXY = "203.0.113.7", "198.51.100.1", "192.0.2.1"
LIMIT = settings.AXES_FAILURE_LIMIT


def login(
    password: str = PASSWORD, name: str = "ann", address: str = HERE, **more: Any
) -> "Answer":
    return Client().post(
        LOGIN, {"username": name, "password": password}, REMOTE_ADDR=address, **more
    )


def fail(times: int, name: str = "ann", address: str = HERE, **more: Any) -> list[int]:
    return [login("wrong", name, address, **more).status_code for _ in range(times)]


@pytest.fixture(autouse=True)
def ann(db: None, clock: time_machine.Traveller) -> User:
    user = User.objects.create_user("ann", password=PASSWORD, is_staff=True)
    # A test with transactions empties the tables, and with them the roles.
    user.groups.add(Group.objects.get_or_create(name=roles.ANALYSTS)[0])
    return user


class TestLockout:
    def test_too_many_failures_are_answered_with_a_page(self) -> None:
        assert fail(LIMIT) == [200] * (LIMIT - 1) + [429]
        answer = login()
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
        page = answer.content.decode()
        assert "<title>Too many failed logins | Usage Ledger</title>" in page
        assert "cannot log in to the account for 15 minutes" in page

    def test_in_the_language_that_was_chosen(self) -> None:
        fail(LIMIT)
        page = login(headers={"Accept-Language": "zh-Hant"}).content.decode()
        assert "登入失敗次數過多" in page
        assert "在 15 分鐘內無法登入這個帳號" in page

    def test_nobody_else_is_shut_out(self) -> None:
        """Neither the account elsewhere, nor others at the address."""
        User.objects.create_user("bob", password=PASSWORD, is_staff=True)
        fail(LIMIT)
        assert login(address=ELSEWHERE).status_code == 302
        assert login(name="bob").status_code == 302
        assert login().status_code == 429

    def test_it_ends_and_trying_on_does_not_prolong_it(self, clock: time_machine.Traveller) -> None:
        fail(LIMIT)
        clock.shift(timedelta(minutes=10))
        assert fail(3) == [429] * 3
        clock.shift(timedelta(minutes=4, seconds=59))
        assert login().status_code == 429
        clock.shift(timedelta(seconds=2))
        assert login().status_code == 302

    def test_a_login_forgets_the_failures_before(self) -> None:
        fail(LIMIT - 1)
        assert login().status_code == 302
        assert fail(LIMIT - 1) == [200] * (LIMIT - 1)

    def test_other_addresses_of_the_same_ipv6_network_are_no_other_attempts(self) -> None:
        for n in range(LIMIT):
            fail(1, address=f"2001:db8:0:1::{n}")
        assert login(address="2001:db8:0:1:ffff::1").status_code == 429
        assert login(address="2001:db8:0:2::1").status_code == 302

    def test_who_is_logged_in_stays_so(self, ann: User) -> None:
        client = Client(REMOTE_ADDR=HERE)
        client.force_login(ann)
        fail(LIMIT)
        assert client.get("/admin/").status_code == 200
        assert client.get("/api/v1/calls/").status_code == 200

    def test_other_browsers_are_no_other_attempts(self) -> None:
        for browser in range(LIMIT):
            fail(1, headers={"User-Agent": f"browser {browser}"})
        assert login().status_code == 429

    @pytest.mark.database("server")
    @pytest.mark.parametrize("spelling", ["Ann", "ANN", "änn"])
    def test_nor_are_other_spellings_of_the_same_account(self, spelling: str) -> None:
        """MariaDB takes them for one account."""
        assert login(name=spelling).status_code == 302
        fail(LIMIT - 1)
        fail(1, spelling)
        assert login().status_code == 429

    def test_names_that_are_none_are_refused_alike(self) -> None:
        """So that nobody learns which accounts there are."""
        assert fail(LIMIT + 1, "nobody") == fail(LIMIT + 1, "ann")


def test_the_log_says_which_account_and_from_where(caplog: pytest.LogCaptureFixture) -> None:
    """But not what was typed where no account was meant: it may be a password."""
    fail(LIMIT)
    fail(1, name="my password, by mistake")
    assert '"ann", ip_address: "203.0.113.7"' in caplog.messages[0]
    assert any(line.startswith("AXES: Locking out") for line in caplog.messages)
    assert "mistake" not in caplog.text
    assert "wrong" not in caplog.text


BURST = 16


def at_the_same_moment(attempt: Callable[[int], int]) -> list[int]:
    """The statuses of so many attempts, each in a thread of its own."""
    together = threading.Barrier(BURST)

    def one(number: int) -> int:
        together.wait()
        try:
            return attempt(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(BURST) as pool:
        return sorted(pool.map(one, range(BURST)))


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    def test_attempts_are_counted(self) -> None:
        statuses = at_the_same_moment(lambda _number: fail(1)[0])
        assert statuses == [200] * (LIMIT - 1) + [429] * (BURST - LIMIT + 1)
        assert login().status_code == 429

    def test_no_more_passwords_are_tried_than_the_limit_allows(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tried = []
        check = User.check_password

        def noted(user: User, password: str) -> bool:
            tried.append(password)
            return check(user, password)

        monkeypatch.setattr(User, "check_password", noted)
        at_the_same_moment(lambda number: login(f"guess {number}").status_code)
        assert len(tried) == LIMIT

    def test_a_right_password_within_the_limit_comes_in(self) -> None:
        """Each that comes in forgets what failed: of many right ones nobody is locked out."""
        at_the_same_moment(lambda number: login(address=f"192.0.2.{number}").status_code)
        assert not AccessAttempt.objects.exists()
        fail(LIMIT - 1)
        assert login().status_code == 302
        assert not AccessAttempt.objects.exists()

    def test_others_are_counted_for_themselves(self) -> None:
        statuses = at_the_same_moment(
            lambda number: fail(1, f"account {number // 4}", f"192.0.2.{number % 2}")[0]
        )
        assert statuses == [200] * BURST

    def test_a_count_begun_anew_is_one_count(self, clock: time_machine.Traveller) -> None:
        fail(LIMIT)
        clock.shift(timedelta(minutes=16))
        statuses = at_the_same_moment(lambda _number: fail(1)[0])
        assert statuses == [200] * (LIMIT - 1) + [429] * (BURST - LIMIT + 1)


class TestBehindProxies:
    @pytest.fixture(autouse=True)
    def one_proxy(self, settings: Any) -> None:
        settings.TRUSTED_PROXIES = 1

    def test_clients_are_told_apart(self) -> None:
        fail(LIMIT, headers={"X-Forwarded-For": HERE})
        assert login(headers={"X-Forwarded-For": HERE}).status_code == 429
        assert login(headers={"X-Forwarded-For": ELSEWHERE}).status_code == 302

    @pytest.mark.parametrize(
        "form", ["{}:51234", "[::ffff:{}]:4711", '"{}:80"', "::ffff:{}", " {}:1 "]
    )
    def test_ports_are_no_other_clients(self, form: str) -> None:
        fail(LIMIT, address=PROXY, headers={"X-Forwarded-For": form.format(HERE)})
        assert login(headers={"X-Forwarded-For": HERE}).status_code == 429
        assert login(headers={"X-Forwarded-For": form.format(ELSEWHERE)}).status_code == 302
        assert login(address=PROXY).status_code == 302

    @pytest.mark.parametrize("text", ["unknown", "_hidden:51234", "203.0.113.256", "x" * 5_000])
    def test_who_cannot_be_told_locks_nobody_else(
        self, text: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        fail(LIMIT, address=PROXY, headers={"X-Forwarded-For": text})
        assert "A client's address cannot be read: " in caplog.text
        assert login(headers={"X-Forwarded-For": text}).status_code == 429
        for other in (HERE, "[2001:db8::1]:4711", "_other"):
            assert login(headers={"X-Forwarded-For": other}).status_code == 302
        assert login(address=PROXY).status_code == 302

    def test_invented_addresses_are_no_other_attempts(self) -> None:
        for n in range(LIMIT):
            fail(1, headers={"X-Forwarded-For": f"192.0.2.{n}, {HERE}"})
        assert login(headers={"X-Forwarded-For": HERE}).status_code == 429


def test_without_proxies_the_header_is_nothing() -> None:
    for n in range(LIMIT):
        fail(1, headers={"X-Forwarded-For": f"192.0.2.{n}"})
    assert login().status_code == 429


def test_a_socket_without_an_address_counts_as_one() -> None:
    fail(LIMIT, address="")
    assert login(address="").status_code == 429


@pytest.mark.parametrize(
    "name", [HOSTILE, "' OR 1=1 --", "名😀", "{{ 7*7 }} %s {0}", "x" * 10_000, "a\u200bnn"]
)
def test_hostile_names_are_failures_and_leave_no_trace(name: str) -> None:
    answers = [
        Client().post(
            f"{LOGIN}?next=%F0%9F%98%80{HOSTILE}",
            {"username": name, "password": HOSTILE, "x": "😀"},
            headers={"User-Agent": HOSTILE, "Accept": "é" * 2000},
        )
        for _ in range(LIMIT)
    ]
    assert [answer.status_code for answer in answers] == [200] * (LIMIT - 1) + [429]
    assert not any(HOSTILE in answer.content.decode() for answer in answers)
    [attempt] = AccessAttempt.objects.values_list(
        "get_data", "post_data", "user_agent", "http_accept"
    )
    assert attempt[2:] == ("", "")
    assert "".join(attempt).replace("\n", "").strip("-") == ""


@pytest.mark.parametrize("name", ["", "a\0nn"])
def test_what_is_no_name_is_told_and_not_counted(name: str) -> None:
    assert fail(LIMIT + 1, name) == [200] * (LIMIT + 1)
    assert not AccessAttempt.objects.exists()


class TestSessions:
    @pytest.fixture
    def sessions(self, ann: User) -> list[Client]:
        clients = [Client(), Client()]
        for client in clients:
            client.force_login(ann)
        return clients

    def test_the_cookie(self, ann: User) -> None:
        cookies = login().cookies
        session = cookies["__Host-sessionid"]
        assert (session["secure"], session["httponly"], session["samesite"]) == (True, True, "Lax")
        assert (session["path"], session["domain"], session["max-age"]) == ("/", "", 12 * 3600)
        token = cookies["__Host-csrftoken"]
        assert (token["secure"], token["httponly"], token["samesite"]) == (True, True, "Lax")

    def test_a_session_ends_after_half_a_day(
        self, sessions: list[Client], clock: time_machine.Traveller
    ) -> None:
        clock.shift(timedelta(hours=11, minutes=59))
        assert sessions[0].get("/admin/").status_code == 200
        clock.shift(timedelta(minutes=2))
        assert sessions[0].get("/admin/").status_code == 302

    def test_a_login_makes_a_new_session(self) -> None:
        client = Client()
        client.cookies["__Host-sessionid"] = planted = "a" * 32
        client.post(LOGIN, {"username": "ann", "password": PASSWORD})
        assert client.cookies["__Host-sessionid"].value != planted

    def test_changing_the_password_ends_the_other_sessions(self, sessions: list[Client]) -> None:
        here, there = sessions
        new = "staple the battery"
        form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
        assert here.post("/admin/password_change/", form).status_code == 302
        assert here.get("/admin/").status_code == 200
        assert there.get("/admin/").status_code == 302

    def test_and_so_does_an_administrator_s_new_password(
        self, sessions: list[Client], administrator: Client, ann: User
    ) -> None:
        new = "staple the battery"
        form = {"password1": new, "password2": new, "usable_password": "true"}
        administrator.post(f"/admin/auth/user/{ann.pk}/password/", form)
        assert [client.get("/admin/").status_code for client in sessions] == [302, 302]

    def test_an_account_made_inactive_is_out_at_once(
        self, sessions: list[Client], ann: User
    ) -> None:
        User.objects.filter(pk=ann.pk).update(is_active=False)
        assert sessions[0].get("/admin/").status_code == 302
        assert sessions[0].get("/api/v1/calls/").status_code == 401
        assert login().status_code == 200

    def test_logging_out_ends_the_session_for_a_copied_cookie_too(
        self, sessions: list[Client]
    ) -> None:
        copy = Client()
        copy.cookies = sessions[0].cookies.copy()  # type: ignore[assignment]
        sessions[0].post("/admin/logout/")
        assert copy.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("elevenchars", "at least 12 characters"),
        ("password1234", "too common"),
        ("849302847561", "entirely numeric"),
        ("administrator", "too similar to the username"),
    ],
)
def test_weak_passwords_are_refused(administrator: Client, password: str, why: str) -> None:
    form = {"old_password": "secret", "new_password1": password, "new_password2": password}
    answer = administrator.post("/admin/password_change/", form)
    assert answer.status_code == 200
    assert why in answer.content.decode()


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_led_elsewhere(target: str) -> None:
    form = {"username": "ann", "password": PASSWORD, "next": target}
    assert Client().post(LOGIN, form).headers["Location"] == "/admin/"
    choice = {"language": "zh-hant", "next": target}
    assert Client().post("/i18n/setlang/", choice).headers["Location"] == "/"
