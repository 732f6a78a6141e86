"""Guesses at the same moment, at a server of several workers: no more are tried than allowed."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings

from tests.processes import python
from tests.servers import AS_DEPLOYED, Gunicorn

pytestmark = pytest.mark.database("server")
LIMIT = settings.AXES_FAILURE_LIMIT
BURST = 16
ROUNDS = 5
PASSWORD = "correct horse battery"
MAKE = """
import django
django.setup()
from django.contrib.auth.models import User
for number in range({rounds}):
    User.objects.create_user(f"ann{{number}}", password={password!r}, is_staff=True)
"""


@pytest.fixture(scope="module")
def accounts(environment: dict[str, str]) -> None:
    """One for each round, and one more."""
    made = python("-c", MAKE.format(rounds=ROUNDS + 1, password=PASSWORD), **environment)
    assert made.returncode == 0, made.stderr


@pytest.fixture
def gunicorn(
    environment: dict[str, str], collected: dict[str, str], accounts: None, tmp_path: Path
) -> Iterator[Gunicorn]:
    """With passwords hashed as slowly as in earnest."""
    gunicorn = Gunicorn(tmp_path / "log", {**environment, **collected}, options=AS_DEPLOYED)
    gunicorn.start()
    yield gunicorn
    gunicorn.stop()


@pytest.fixture
def log_in(gunicorn: Gunicorn) -> Callable[[str, str], Any]:
    """The status and the cookies of an attempt."""
    token = gunicorn.request("GET", "/admin/login/").cookies["__Host-csrftoken"]
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"__Host-csrftoken={token}",
    }

    def attempt(name: str, password: str) -> Any:
        form = {"username": name, "password": password, "csrfmiddlewaretoken": token}
        return gunicorn.request("POST", "/admin/login/", urlencode(form).encode(), headers)

    return attempt


def test_a_burst_tries_no_more_passwords_than_the_limit(
    log_in: Callable[[str, str], Any], gunicorn: Gunicorn
) -> None:
    for number in range(ROUNDS):
        name = f"ann{number}"
        together = threading.Barrier(BURST)

        def guess(_guess: int, name: str = name, together: threading.Barrier = together) -> int:
            together.wait()
            status: int = log_in(name, "wrong").status
            return status

        with ThreadPoolExecutor(BURST) as pool:
            statuses = Counter(pool.map(guess, range(BURST)))
        assert statuses == {200: LIMIT - 1, 429: BURST - LIMIT + 1}
        # The right one comes too late.
        assert log_in(name, PASSWORD).status == 429
    told = gunicorn.log.read_text()
    assert told.count("AXES: New login failure") == ROUNDS * LIMIT
    assert told.count("AXES: Locking out") == ROUNDS


def test_of_right_passwords_within_the_limit_all_come_in(
    log_in: Callable[[str, str], Any],
) -> None:
    together = threading.Barrier(LIMIT)

    def come(_number: int) -> int:
        together.wait()
        status: int = log_in(f"ann{ROUNDS}", PASSWORD).status
        return status

    with ThreadPoolExecutor(LIMIT) as pool:
        assert set(pool.map(come, range(LIMIT))) == {302}
