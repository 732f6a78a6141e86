"""PUT users/<id>/ and jobs/<id>/: created or renamed, again and again; never when adopted."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from stats.ingest.users_and_jobs import NotOursError, save_job, save_user
from stats.models import EndUser, Membership, TranslationJob
from tests.api.conftest import JOB, OTHER_USER, USER, Service
from tests.closings.ledgers import close, verified
from tests.ledger import row, write

TODAY = date(2026, 11, 24)
PATHS = ["users/100/", "jobs/100/"]


def test_a_user_is_created_then_renamed_then_left(service: Service) -> None:
    answers = [service.put("users/100/", {"name": name}) for name in ("Ann", "Bea", "Bea")]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert answers[1].json() == {"id": 100, "name": "Bea", "group": ""}
    assert EndUser.objects.get(pk=100).name == "Bea"


def test_a_new_user_can_have_calls(service: Service, minimal: dict[str, Any]) -> None:
    service.put("users/100/", {"name": "Ann"})
    assert service.post("calls/", minimal | {"user_id": 100}).status_code == 201


class TestGroups:
    """Each holds from a local day on: 07:30 in UTC is 15:30 in Taipei, 20:00 is the next day."""

    @pytest.fixture(autouse=True)
    def in_taipei(self, settings: Any) -> Iterator[None]:
        settings.TIME_ZONE = "Asia/Taipei"
        with time_machine.travel("2026-11-24T20:00:00Z", tick=False):
            yield

    def kept(self) -> list[tuple[str, str, str]]:
        found = Membership.objects.filter(user_id=USER).order_by("since")
        return [(one.group, f"{one.since}", f"{one.until}") for one in found]

    def put(self, service: Service, **given: Any) -> Any:
        return service.put(f"users/{USER}/", {"name": "Ann", **given})

    def test_from_today_on_unless_a_day_is_given(self, service: Service) -> None:
        assert self.put(service, group=" Sales ").json()["group"] == "Sales"
        assert self.kept() == [("Sales", "2026-11-25", "9999-12-31")]
        assert self.put(service, group="Sales", group_since="2026-03-01").status_code == 200
        assert self.kept() == [("Sales", "2026-03-01", "9999-12-31")]
        self.put(service, group="法務", group_since="2026-10-16")
        assert self.kept() == [
            ("Sales", "2026-03-01", "2026-10-16"),
            ("法務", "2026-10-16", "9999-12-31"),
        ]

    def test_what_is_said_again_changes_nothing(self, service: Service) -> None:
        self.put(service, group="Sales", group_since="2026-03-01")
        self.put(service, group="Sales")
        assert self.put(service).json()["group"] == "Sales"
        assert self.kept() == [("Sales", "2026-03-01", "9999-12-31")]

    def test_later_days_are_said_anew(self, service: Service) -> None:
        for group, since in (("A", "2026-01-01"), ("B", "2026-06-01"), ("A", "2026-03-01")):
            self.put(service, group=group, group_since=since)
        assert self.kept() == [("A", "2026-01-01", "9999-12-31")]

    @pytest.mark.django_db(transaction=True)
    def test_closed_months_that_change_are_named(self, service: Service, settings: Any) -> None:
        settings.FOLD_MARGIN_SECONDS = 0
        months = [date(2026, month, 1) for month in (8, 9, 10)]
        days = [date(2026, 8, 1), date(2026, 9, 30), date(2026, 10, 15), date(2026, 11, 1)]
        write(*(row(user_id=USER, created_at=datetime(*day.timetuple()[:5])) for day in days))
        write(row(user_id=OTHER_USER, created_at=datetime(2026, 10, 20)))
        verified(datetime(2026, 11, 24, 20, tzinfo=UTC))
        for month in months[1:]:
            close(month)
        for since, told in (
            ("2026-10-16", ""),
            ("2026-10-15", 'closed-month;months="2026-10"'),
            ("2026-09-30", 'closed-month;months="2026-09 2026-10"'),
            ("2026-08-02", 'closed-month;months="2026-09 2026-10"'),
        ):
            answer = self.put(service, group=f"Since {since}", group_since=since)
            assert answer.status_code == 200
            assert answer.headers.get("Usage-Warnings", "") == told, since
            again = self.put(service, group=f"Since {since}", group_since=since)
            assert "Usage-Warnings" not in again

    def test_out_of_all_groups(self, service: Service) -> None:
        self.put(service, group="A", group_since="2026-01-01")
        assert self.put(service, group="", group_since="2026-02-01").json()["group"] == ""
        assert self.kept() == [("A", "2026-01-01", "2026-02-01")]

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"group": None}, "group"),
            ({"group": 7}, "group"),
            ({"group": "x" * 192}, "group"),
            ({"group": "a\0b"}, "group"),
            ({"group": "a\nb"}, "group"),
            ({"group": "a\u202eb"}, "group"),
            ({"group": "a\u2028b", "group_since": "2026-01-01"}, "group"),
            ({"group_since": "2026-01-01"}, "group_since"),
            ({"group": "A", "group_since": "2026-11-26"}, "group_since"),
            ({"group": "A", "group_since": "1999-12-31"}, "group_since"),
            ({"group": "A", "group_since": "2026-02-30"}, "group_since"),
            ({"group": "A", "group_since": None}, "group_since"),
            ({"group": "A", "group_since": 20260101}, "group_since"),
            ({"group": "A", "group_since": "2026-01-01T00:00"}, "group_since"),
        ],
    )
    def test_what_is_none(self, service: Service, given: dict[str, Any], field: str) -> None:
        answer = self.put(service, **given)
        assert (answer.status_code, answer.json().keys()) == (400, {field})
        assert self.kept() == []


@pytest.mark.parametrize(
    ("path", "given"), [(f"users/{USER}/", {"group": "Sales"}), (f"jobs/{JOB}/", {"user_id": USER})]
)
def test_a_name_is_needed_and_why(service: Service, path: str, given: dict[str, Any]) -> None:
    answer = service.put(path, given)
    assert (answer.status_code, answer.json()) == (
        400,
        {"name": ["This field is required: a PUT creates what does not exist yet."]},
    )
    assert not Membership.objects.exists()


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
    answer = service.put(path, {"id": 5, "department": "x"})
    assert (answer.status_code, answer.json().keys()) == (400, {"id", "department", "name"})


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


def test_adopted_their_writer_refuses_too(people: None, settings: Any) -> None:
    settings.ADOPTED = True
    with pytest.raises(NotOursError):
        save_user(100, {"name": "x"}, TODAY)
    with pytest.raises(NotOursError):
        save_job(100, {"name": "x"})


@pytest.mark.parametrize("path", PATHS)
def test_they_are_not_read_here(service: Service, path: str) -> None:
    answer = service.get(path)
    assert (answer.status_code, answer["Allow"]) == (405, "PUT, OPTIONS")
