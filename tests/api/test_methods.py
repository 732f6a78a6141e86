"""Every method at every address is answered as HTTP says."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from stats.api.urls import urlpatterns
from tests.api.conftest import JOB, USER, Service
from tests.api.test_access import READS, WRITES

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]
DOCUMENTS = {"schema", "documentation"}
ARGUMENTS = {"call_id": 1, "user_id": USER, "job_id": JOB}
ADDRESSES = {
    str(pattern.name): {name: ARGUMENTS[name] for name in pattern.pattern.converters}
    for pattern in urlpatterns
    if pattern.name != "nothing_here"
}


def allowed(name: str) -> set[str]:
    """The methods that an address has."""
    reads = {"GET", "HEAD"} if name in READS or name in DOCUMENTS else set()
    writes = {WRITES[name][0].upper()} if name in WRITES else set()
    return {"OPTIONS"} | reads | writes


def address(name: str, ending: str = "/") -> str:
    return reverse(f"api:{name}", kwargs=ADDRESSES[name]).rstrip("/") + ending


@pytest.mark.parametrize("ending", ["/", ""], ids=["slash", "no slash"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ADDRESSES)
def test_a_method(service: Service, name: str, method: str, ending: str) -> None:
    headers = service.headers({})
    answer = service.client.generic(method, address(name, ending), headers=headers)
    if method not in allowed(name):
        assert answer.status_code == 405
    elif method in {"POST", "PUT"}:
        # Nothing was sent.
        assert answer.status_code == 415
    elif name == "call" and method != "OPTIONS":
        assert answer.status_code == 404
    else:
        assert answer.status_code == 200
    assert set(answer["Allow"].split(", ")) == allowed(name)


@pytest.mark.parametrize("name", ADDRESSES)
def test_anybody_may_ask_for_the_methods(client: Client, db: None, name: str) -> None:
    answer = client.options(address(name))
    assert (answer.status_code, answer.content) == (200, b"")
    assert set(answer["Allow"].split(", ")) == allowed(name)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("accepted", ["text/html", "application/json", "image/png"])
@pytest.mark.parametrize("name", [*ADDRESSES, "nothing_here"])
def test_whatever_is_accepted(service: Service, name: str, method: str, accepted: str) -> None:
    path = "/api/v1/nothing/" if name == "nothing_here" else address(name)
    answer = service.client.generic(method, path, headers=service.headers({"Accept": accepted}))
    assert answer.status_code in {200, 404, 405, 406, 415}


@pytest.mark.parametrize("name", ["user", "job"])
def test_adopted_nothing_is_left_of_people(service: Service, settings: Any, name: str) -> None:
    settings.ADOPTED = True
    answer = service.client.options(address(name), headers=service.headers({}))
    assert (answer.status_code, answer["Allow"]) == (200, "OPTIONS")
