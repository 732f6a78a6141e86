"""The admin and the API over a live database, rows with NULLs and hostile texts included."""

import csv
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.adoption.conftest import ADOPTED, Live

pytestmark = pytest.mark.database("server")

PERIOD = "created_at_after=2024-01-01&created_at_before=2024-03-31"
ALL_CALLS = "/admin/stats/apiusagestats/?period=all"
SCRIPT = "<script>alert(1)</script>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"


@pytest.fixture(scope="module")
def adopted(live_database: Callable[..., Live]) -> Live:
    """For tests that leave it as it is."""
    live = live_database()
    live.adopt()
    return live


def get(live: Live, *paths: str, **environment: str) -> list[str]:
    answers = live.ask(*(("GET", path) for path in paths), **environment)
    assert [status for status, _text in answers] == [200] * len(paths)
    return [text for _status, text in answers]


def test_every_page_shows_the_rows_as_they_are(adopted: Live) -> None:
    overview, leaderboard, person, calls, call = get(
        adopted,
        f"/admin/?{PERIOD}",
        f"/admin/reports/users/?{PERIOD}",
        f"/admin/reports/users/2/?{PERIOD}",
        ALL_CALLS,
        "/admin/stats/apiusagestats/250/change/",
    )
    for page in (overview, leaderboard):
        assert "陳偉" in page
        assert "林雅婷" in page
    for page in (person, calls, call):
        assert SCRIPT not in page
        assert ESCAPED in page
    assert "without a time" in calls
    assert "系統管理員" in calls
    assert "規格書.docx" in calls


def test_every_report_and_export_takes_them(adopted: Live) -> None:
    names = ("endpoints", "errors", "daily", "cost", "changes", "jobs/12")
    *reports, rollups, exported = get(
        adopted,
        *(f"/admin/reports/{name}/?{PERIOD}" for name in names),
        "/admin/reports/rollups/",
        "/admin/stats/apiusagestats/export.csv?period=all",
    )
    assert all(SCRIPT not in page for page in (*reports, rollups))
    lines = exported.removeprefix("\ufeff").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["250", *map(str, range(107, 100, -1))]
    (row,) = (row for row in csv.reader(lines) if row[0] == "105")
    assert row[1:15] == ["7", "", "/chat-messages", *[""] * 11]


def test_the_api_lists_and_sums_them(adopted: Live) -> None:
    listed, undated, one, top = get(
        adopted,
        "/api/v1/calls/?page_size=100",
        "/api/v1/calls/105/",
        "/api/v1/calls/250/",
        "/api/v1/statistics/top-users/",
    )
    assert [call["id"] for call in json.loads(listed)["results"]] == [250, *range(107, 100, -1)]
    assert json.loads(undated)["created_at"] is None
    assert json.loads(undated)["cost"] == 0.0
    assert json.loads(undated)["prompt_tokens"] is None
    assert SCRIPT in json.loads(one)["error_message"]
    assert [row["user_id"] for row in json.loads(top)] == [1, 2, 7]


def test_the_department_is_a_filter(adopted: Live) -> None:
    page, listed = get(
        adopted,
        f"/admin/reports/users/?{PERIOD}&group=研發部",
        "/api/v1/calls/?group=研發部&page_size=100",
    )
    assert "陳偉" in page
    assert "林雅婷" not in page
    assert {call["user_id"] for call in json.loads(listed)["results"]} == {1}


def test_the_department_is_an_export_column(adopted: Live) -> None:
    users, groups, calls = (
        list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))
        for text in get(
            adopted,
            f"/admin/reports/users/export.csv?{PERIOD}",
            f"/admin/reports/groups/export.csv?{PERIOD}",
            "/admin/stats/apiusagestats/export.csv?period=all",
        )
    )
    assert {(row["user_id"], row["name"]): row["group"] for row in users}["1", "陳偉"] == "研發部"
    (of_user,) = (row["total_calls"] for row in users if row["user_id"] == "1")
    assert {row["group"]: row["total_calls"] for row in groups}["研發部"] == of_user
    assert {row["group"] for row in calls if row["user_id"] == "1"} == {"研發部"}


def test_departments_have_a_leaderboard_of_the_same_sums(adopted: Live) -> None:
    users, page, narrowed = get(
        adopted,
        f"/admin/reports/users/?{PERIOD}",
        f"/admin/reports/groups/?{PERIOD}",
        f"/admin/reports/users/?{PERIOD}&group=研發部",
    )
    assert "Group today" in users
    assert "Added up by group" in users
    groups = page.partition("users count in their group of today")[2]
    assert "group=%E7%A0%94%E7%99%BC%E9%83%A8" in groups
    assert "All groups" in groups
    assert narrowed.count("研發部") > 1


def test_without_labels_people_appear_by_number(live: Live) -> None:
    live.adopt(ADOPTED="1")
    people, jobs, calls = get(
        live, "/admin/stats/enduser/", "/admin/stats/translationjob/", ALL_CALLS, ADOPTED="1"
    )
    assert "User 7" in people
    assert "Job 12" in jobs
    assert "User 7" in calls


def test_calls_of_users_who_are_not_there_are_not_lost(live: Live) -> None:
    live.adopt()
    live.execute(
        "ALTER TABLE dt_api_usage_stats DROP FOREIGN KEY dt_api_usage_stats_ibfk_1",
        "INSERT INTO dt_api_usage_stats (user_id, api_endpoint, prompt_price_unit, cost, "
        "created_at) VALUES (99, '/chat-messages', 'USD', 0.5, '2024-03-02')",
    )
    page, person, listed, leaderboard, exported = get(
        live,
        ALL_CALLS,
        f"/admin/reports/users/99/?{PERIOD}",
        "/api/v1/calls/?user_id=99",
        f"/admin/reports/users/?{PERIOD}",
        f"{ALL_CALLS.replace('?', 'export.csv?')}&user_id=99",
    )
    (without,) = get(live, "/api/v1/calls/?group=-")
    assert {call["user_id"] for call in json.loads(without)["results"]} == {7, 99}
    assert ["User 99" in text for text in (page, person, leaderboard)] == [True] * 3
    assert len(exported.splitlines()) == 2
    assert len(json.loads(listed)["results"]) == 1


WRITES: list[tuple[Any, ...]] = [
    ("GET", "/admin/stats/enduser/add/"),
    ("POST", "/admin/stats/enduser/add/", {"name": "Eve"}),
    ("POST", "/admin/stats/enduser/1/change/", {"name": "Eve"}),
    ("POST", "/admin/stats/enduser/1/delete/", {"post": "yes"}),
    ("POST", "/admin/stats/translationjob/add/", {"name": "Eve"}),
    ("POST", "/admin/stats/translationjob/11/change/", {"name": "Eve"}),
    ("POST", "/admin/stats/translationjob/11/delete/", {"post": "yes"}),
    ("POST", "/admin/stats/apiusagestats/250/delete/", {"post": "yes"}),
]
ACTION = {"action": "delete_selected", "_selected_action": ["1"], "post": "yes"}
PUTS = [
    ("PUT", "/api/v1/users/1/", {"name": "Eve"}),
    ("PUT", "/api/v1/users/900/", {"name": "Eve"}),
    ("PUT", "/api/v1/jobs/11/", {"name": "Eve"}),
]


def test_users_and_jobs_are_read_only(adopted: Live) -> None:
    before = adopted.rows()
    answers = adopted.ask(*WRITES, ("POST", "/admin/stats/enduser/", ACTION), *PUTS)
    statuses = [status for status, _text in answers]
    assert statuses[: len(WRITES)] == [403] * len(WRITES)
    assert statuses[-len(PUTS) :] == [405] * len(PUTS)
    assert all("ADOPTED=1" in text for _status, text in answers[-len(PUTS) :])
    for command in (["demo_data", "--calls", "5"], ["demo_data", "--clear"], ["first_run"]):
        adopted.manage(*command, **ADOPTED)
    assert adopted.rows() == before


@pytest.fixture(scope="module")
def some_without(live_database: Callable[..., Live]) -> Live:
    """Department NULL, empty, and one that is called as those without one are in an address."""
    live = live_database(
        "UPDATE dt_users SET department = NULL WHERE id = 1",
        "UPDATE dt_users SET department = '' WHERE id = 2",
        "UPDATE dt_users SET department = '-' WHERE id = 7",
        "UPDATE dt_api_usage_stats SET created_at = '2024-02-01' WHERE user_id = 7",
    )
    live.adopt()
    return live


class TestUsersWithoutADepartment:
    def users(self, live: Live, group: str) -> set[int]:
        (listed,) = get(live, f"/api/v1/calls/?group={group}&page_size=1000")
        return {call["user_id"] for call in json.loads(listed)["results"]}

    def test_are_those_of_a_value_of_their_own(self, some_without: Live) -> None:
        assert self.users(some_without, "-") == {1, 2}
        assert self.users(some_without, "--") == {7}
        assert self.users(some_without, "-&group=--") == {1, 2, 7}

    def test_are_summed_as_they_are_listed(self, some_without: Live) -> None:
        some_without.manage("fold_usage", **ADOPTED)
        path = "/admin/reports/users/export.csv"
        folded, none, groups = (
            list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))
            for text in get(
                some_without,
                f"{path}?{PERIOD}",
                f"{path}?{PERIOD}&group=-",
                f"/admin/reports/groups/export.csv?{PERIOD}",
            )
        )
        assert {row["user_id"] for row in none} == {"1", "2"}
        calls = {row["user_id"]: int(row["total_calls"]) for row in folded}
        of_group = {row["group"]: int(row["total_calls"]) for row in groups}
        assert of_group[""] == calls["1"] + calls["2"] == sum(int(r["total_calls"]) for r in none)

    def test_lead_on_from_the_leaderboard_and_stand_in_the_filter(self, some_without: Live) -> None:
        page, narrowed, wrong = some_without.ask(
            ("GET", f"/admin/reports/groups/?{PERIOD}&rank=calls"),
            ("GET", f"/admin/reports/users/?{PERIOD}&group=-"),
            ("GET", f"/admin/reports/users/?{PERIOD}&group=-x"),
        )
        assert (page[0], narrowed[0], wrong[0]) == (200, 200, 400)
        groups = page[1].partition("users count in")[2]
        assert "group=-&quot;" in groups or 'group=-"' in groups
        assert "group=--" in groups
        assert '<option value="-">no group</option>' in page[1]
        assert '<option value="--">-</option>' in page[1]
        assert '<option value="-" selected>no group</option>' in narrowed[1]
        assert '<strong title="no group">' in narrowed[1]
