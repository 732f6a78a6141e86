"""PUT users/<id>/ and jobs/<id>/: created or renamed, again and again; never when adopted."""

from typing import Any

import pytest

from stats.ingest.users_and_jobs import NotOursError, save_job, save_user
from stats.models import EndUser, TranslationJob
from tests.api.conftest import JOB, OTHER_USER, USER, Service

PATHS = ["users/100/", "jobs/100/"]


def test_a_user_is_created_then_renamed_then_left(service: Service) -> None:
    answers = [service.put("users/100/", {"name": name}) for name in ("Ann", "Bea", "Bea")]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert answers[1].json() == {"id": 100, "name": "Bea"}
    assert EndUser.objects.get(pk=100).name == "Bea"


def test_a_new_user_can_have_calls(service: Service, minimal: dict[str, Any]) -> None:
    service.put("users/100/", {"name": "Ann"})
    assert service.post("calls/", minimal | {"user_id": 100}).status_code == 201


def test_a_job_names_its_user(service: Service) -> None:
    answer = service.put("jobs/100/", {"name": "A book", "user_id": USER})
    assert answer.status_code == 201
    assert answer.json() == {"id": 100, "name": "A book", "user_id": USER}
    answer = service.put("jobs/100/", {"name": "A book", "user_id": OTHER_USER})
    assert (answer.status_code, answer.json()["user_id"]) == (200, OTHER_USER)


def test_renaming_a_job_leaves_its_user(service: Service) -> None:
    assert service.put(f"jobs/{JOB}/", {"name": "Renamed"}).json()["user_id"] == USER
    assert TranslationJob.objects.get(pk=JOB).user_id == USER


def test_null_takes_the_user_of_a_job(service: Service) -> None:
    assert service.put(f"jobs/{JOB}/", {"name": "A job", "user_id": None}).status_code == 200
    assert TranslationJob.objects.get(pk=JOB).user_id is None


@pytest.mark.parametrize("user_id", [999, 0, "7", 7.0, True, 2**31, 2**70])
def test_a_job_of_nobody(service: Service, user_id: Any) -> None:
    answer = service.put("jobs/100/", {"name": "A book", "user_id": user_id})
    assert (answer.status_code, answer.json().keys()) == (400, {"user_id"})
    assert not TranslationJob.objects.filter(pk=100).exists()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", ["", " \n", "x" * 201, None, 5, ["x"], "a\0b"])
def test_names_that_are_none(service: Service, path: str, name: Any) -> None:
    answer = service.put(path, {"name": name})
    assert (answer.status_code, answer.json().keys()) == (400, {"name"})


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", ["x" * 200, "𠮷" * 200])
def test_the_longest_name(service: Service, path: str, name: str) -> None:
    assert service.put(path, {"name": f"  {name} "}).json()["name"] == name


@pytest.mark.parametrize("path", PATHS)
def test_the_name_is_needed_and_no_other_key(service: Service, path: str) -> None:
    answer = service.put(path, {"id": 5, "group": "x"})
    assert (answer.status_code, answer.json().keys()) == (400, {"id", "group", "name"})


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("content", [[], [{"name": "x"}], "x", None])
def test_only_an_object_will_do(service: Service, path: str, content: Any) -> None:
    answer = service.put(path, content)
    assert (answer.status_code, answer.json().keys()) == (400, {"non_field_errors"})


@pytest.mark.parametrize("kind", ["users", "jobs"])
@pytest.mark.parametrize("number", [0, 2**31, 2**63, 10**40])
def test_ids_that_no_row_can_have(service: Service, kind: str, number: int) -> None:
    answer = service.put(f"{kind}/{number}/", {"name": "x"})
    assert (answer.status_code, answer.json().keys()) == (400, {"id"})


def test_the_largest_id(service: Service) -> None:
    assert service.put(f"users/{2**31 - 1}/", {"name": "x"}).status_code == 201


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", [b'{"name": "x"}', b"no JSON"])
def test_adopted_they_belong_to_others(
    service: Service, settings: Any, path: str, body: bytes
) -> None:
    settings.ADOPTED = True
    answer = service.put(path, body)
    assert answer.status_code == 405
    assert "ADOPTED" in answer.json()["detail"]
    assert answer["Allow"] == "OPTIONS"
    assert not EndUser.objects.filter(pk=100).exists()


@pytest.mark.parametrize("save", [save_user, save_job])
def test_adopted_their_writer_refuses_too(people: None, settings: Any, save: Any) -> None:
    settings.ADOPTED = True
    with pytest.raises(NotOursError):
        save(100, {"name": "x"})


@pytest.mark.parametrize("path", PATHS)
def test_they_are_not_read_here(service: Service, path: str) -> None:
    answer = service.get(path)
    assert (answer.status_code, answer["Allow"]) == (405, "PUT, OPTIONS")
