"""Two gunicorns behind HAProxy are one: nothing is kept in a process that another would need."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings

from tests.databases import PrivateServer, ServerMissingError
from tests.haproxy import private_haproxy
from tests.processes import manage
from tests.redis import private_redis
from tests.servers import Answer, Client, Gunicorn, migrated, new_key

pytestmark = pytest.mark.database("server")

THREADS = 20
CALL = {"user_id": 7, "api_endpoint": "/x"}
PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def environment(
    database_server: PrivateServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    try:
        with private_redis(tmp_path_factory.mktemp("redis")) as url:
            yield migrated(database_server, "two_servers") | {"CACHE_URL": url}
    except FileNotFoundError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def instances(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Gunicorn]]:
    folder = tmp_path_factory.mktemp("gunicorn")
    instances = [Gunicorn(folder / name, environment) for name in ("web1", "web2")]
    with ExitStack() as stack:
        for instance in instances:
            stack.callback(instance.stop)
            instance.start()
        yield instances


@pytest.fixture(scope="module")
def front(instances: list[Gunicorn]) -> Iterator[Client]:
    """HAProxy before both, each in its turn."""
    addresses = {
        f"WEB_{number}": f"127.0.0.1:{each.port}" for number, each in enumerate(instances, 1)
    }
    try:
        with private_haproxy("haproxy-web.cfg", **addresses) as port:
            yield Client(port)
    except ServerMissingError as error:
        pytest.skip(str(error))


def at_once(number: int, post: Any) -> list[Answer]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(post, range(number)))


def served_by(answers: list[Answer]) -> set[str]:
    return {answer.headers["x-served-by"] for answer in answers}


def calls_at(front: Client, key: str, endpoint: str) -> int:
    query = urlencode({"api_endpoint": endpoint, "page_size": 200})
    answer = front.request(
        "GET", f"/api/v1/calls/?{query}", headers={"Authorization": f"Api-Key {key}"}
    )
    return len(answer.json()["results"])


class TestIdempotency:
    @pytest.mark.parametrize("size", [1, 3])
    def test_a_key_used_on_one_is_used_on_the_other(
        self, instances: list[Gunicorn], front: Client, key: str, size: int
    ) -> None:
        endpoint = f"/in turn/{size}"
        call = CALL | {"api_endpoint": endpoint}
        content = [call] * size if size > 1 else call
        answers = [
            instance.post_calls(key, content, **{"Idempotency-Key": f"in turn {size}"})
            for instance in instances * 3
        ]
        assert {answer.status for answer in answers} == {201}
        assert len({answer.body for answer in answers}) == 1
        replayed = ["idempotency-replayed" in answer.headers for answer in answers]
        assert replayed == [False, True, True, True, True, True]
        assert calls_at(front, key, endpoint) == size

    def test_another_body_is_refused_by_the_other(
        self, instances: list[Gunicorn], key: str
    ) -> None:
        one, other = instances
        repeatable = {"Idempotency-Key": "two bodies"}
        assert one.post_calls(key, CALL, **repeatable).status == 201
        assert other.post_calls(key, CALL | {"user_id": 8}, **repeatable).status == 422

    def test_200_requests_with_10_keys_are_10(self, front: Client, key: str) -> None:
        def post(number: int) -> Answer:
            name = f"at once {number % 10}"
            return front.post_calls(
                key, CALL | {"api_endpoint": f"/{name}"}, **{"Idempotency-Key": name}
            )

        answers = at_once(200, post)
        assert Counter(answer.status for answer in answers) == {201: 200}
        assert len({answer.body for answer in answers}) == 10
        assert len(served_by(answers)) == 2
        for number in range(10):
            assert calls_at(front, key, f"/at once {number}") == 1


def test_a_rate_is_that_of_both_together(environment: dict[str, str], front: Client) -> None:
    key = new_key(environment, "--rate", "30")
    wait_for_room_in_the_minute()
    answers = at_once(60, lambda _number: front.post_calls(key, CALL))
    assert Counter(answer.status for answer in answers) == {201: 30, 429: 30}
    written = [answer for answer in answers if answer.status == 201]
    assert len(served_by(written)) == 2
    remaining = sorted(int(answer.headers["ratelimit-remaining"]) for answer in written)
    assert remaining == list(range(30))


def wait_for_room_in_the_minute() -> None:
    """Rates are counted by the minutes of the clock, and this one shall not end too soon."""
    left = 60 - time.time() % 60
    if left < 20:
        time.sleep(left)


class Browser:
    """Someone with cookies."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}

    def get(self, client: Client, path: str) -> Answer:
        return self.send(client, "GET", path)

    def post(self, client: Client, path: str, **form: str) -> Answer:
        form["csrfmiddlewaretoken"] = self.cookies[settings.CSRF_COOKIE_NAME]
        return self.send(client, "POST", path, urlencode(form).encode())

    def send(self, client: Client, method: str, path: str, body: bytes | None = None) -> Answer:
        headers = {"Cookie": "; ".join(f"{name}={text}" for name, text in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer = client.request(method, path, body, headers)
        self.cookies |= answer.cookies
        return answer


@pytest.fixture(scope="module")
def account(environment: dict[str, str]) -> dict[str, str]:
    """What an administrator writes into the form."""
    more = {"DJANGO_SETTINGS_MODULE": "tests.settings", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    names = ("--username", "ann", "--email", "ann@example.com")
    done = manage("createsuperuser", "--noinput", *names, **environment, **more)
    assert done.returncode == 0, done.stderr
    return {"username": "ann", "password": PASSWORD}


class TestSessions:
    def test_a_login_on_one_is_a_login_on_the_other_until_the_logout(
        self, instances: list[Gunicorn], account: dict[str, str]
    ) -> None:
        one, other = instances
        browser = Browser()
        assert browser.get(one, "/admin/").status == 302
        # The form of one, sent to the other.
        browser.get(one, "/admin/login/")
        assert browser.post(other, "/admin/login/", **account).status == 302
        for path in ("/admin/", "/api/v1/calls/"):
            assert [browser.get(each, path).status for each in instances] == [200, 200]
        assert browser.post(one, "/admin/logout/").status == 200
        assert [browser.get(each, "/admin/").status for each in instances] == [302, 302]

    def test_a_session_behind_haproxy(self, front: Client, account: dict[str, str]) -> None:
        browser = Browser()
        browser.get(front, "/admin/login/")
        assert browser.post(front, "/admin/login/", **account).status == 302
        answers = [browser.get(front, "/admin/reports/users/") for _time in range(6)]
        assert [answer.status for answer in answers] == [200] * 6
        assert len(served_by(answers)) == 2


def test_one_that_dies_is_not_missed(
    environment: dict[str, str], instances: list[Gunicorn], front: Client, key: str
) -> None:
    """Under its Idempotency-Key every call gets there, and once."""
    dying = instances[0]
    dying.stop()
    try:
        for number in range(20):
            call = CALL | {"api_endpoint": "/one is dead"}
            answer = front.post_until_created(key, f"one is dead {number}", call)
            assert answer.headers["x-served-by"] == "web2"
    finally:
        dying.start()
    assert calls_at(front, key, "/one is dead") == 20
