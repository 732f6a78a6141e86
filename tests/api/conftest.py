"""People to record calls for, and services with keys to post and to read them."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoDbBlocker

from stats.models import APIKey, EndUser, TranslationJob

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

API = "/api/v1/"
USER, OTHER_USER, JOB = 7, 8, 70


@dataclass
class Service:
    """Someone who speaks to the API with a key; paths are those below /api/v1/."""

    client: Client
    key: str

    def get(self, path: str, query: Any = None, **headers: str) -> "Answer":
        return self.client.get(API + path, query, headers=self.headers(headers))

    def post(self, path: str, content: Any, **headers: str) -> "Answer":
        return self.client.post(API + path, **self.body(content, headers))

    def put(self, path: str, content: Any, **headers: str) -> "Answer":
        return self.client.put(API + path, **self.body(content, headers))

    def body(self, content: Any, headers: dict[str, str]) -> dict[str, Any]:
        """JSON of anything but bytes, which go as they are."""
        return {
            "data": content if isinstance(content, bytes) else msgspec.json.encode(content),
            "content_type": headers.pop("content_type", "application/json"),
            "headers": self.headers(headers),
        }

    def headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Api-Key {self.key}", **more}


@pytest.fixture
def people(db: None) -> None:
    for pk in (USER, OTHER_USER):
        EndUser.objects.create(pk=pk, name=f"UserReport {pk}")
    TranslationJob.objects.create(pk=JOB, name="A job", user_id=USER)


@pytest.fixture
def new_service(db: None) -> Callable[..., Service]:
    def create(**fields: Any) -> Service:
        _key, text = APIKey.objects.create_key(name="translator", **fields)
        return Service(Client(), text)

    return create


@pytest.fixture
def service(new_service: Callable[..., Service], people: None) -> Service:
    """May record and read."""
    return new_service(may_record=True, may_read=True)


@pytest.fixture
def minimal() -> dict[str, Any]:
    """The least that can be posted."""
    return {"user_id": USER, "api_endpoint": "/chat-messages"}


@pytest.fixture(scope="package", autouse=True)
def ids_as_they_were(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Generator[None]:
    """A user that was put under the largest id is rolled back, but not the counter behind it."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        if connection.vendor == "mysql":
            for table in ("dt_users", "dt_translation_jobs"):
                cursor.execute(f"ALTER TABLE {table} AUTO_INCREMENT = 1")
