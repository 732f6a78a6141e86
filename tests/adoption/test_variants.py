"""Live databases that differ from legacy.sql without being in the way: all of it works there."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.adoption.conftest import Live

pytestmark = pytest.mark.database("server")

SLOW_USERS = 3_000_000_000
IDS = ("dt_users.id", "dt_translation_jobs.id", "dt_api_usage_stats.id")
BIG_IDS = (
    "ALTER TABLE dt_api_usage_stats DROP FOREIGN KEY dt_api_usage_stats_ibfk_1, "
    "DROP FOREIGN KEY dt_api_usage_stats_ibfk_2",
    "ALTER TABLE dt_translation_jobs DROP FOREIGN KEY dt_translation_jobs_ibfk_1",
    "ALTER TABLE dt_users MODIFY id BIGINT NOT NULL AUTO_INCREMENT",
    "ALTER TABLE dt_translation_jobs MODIFY id BIGINT NOT NULL AUTO_INCREMENT",
    "ALTER TABLE dt_api_usage_stats MODIFY id BIGINT NOT NULL AUTO_INCREMENT, "
    "MODIFY user_id BIGINT NOT NULL, MODIFY job_id BIGINT",
    f"INSERT INTO dt_users (id, username, display_name, email) VALUES "
    f"({SLOW_USERS}, 'big', 'Big', 'big@example.com')",
    "INSERT INTO dt_api_usage_stats (id, user_id, api_endpoint, cost, created_at) VALUES "
    f"({SLOW_USERS}, {SLOW_USERS}, '/info', 1.5, '2024-03-03')",
)
WIDER = (
    "ALTER TABLE dt_api_usage_stats MODIFY api_endpoint VARCHAR(255) NOT NULL, "
    "ADD request_id VARCHAR(36) AFTER id, ADD model VARCHAR(50) NOT NULL DEFAULT ''",
    "ALTER TABLE dt_api_usage_stats RENAME INDEX user_id TO ix_user",
)
UTF8MB3 = (
    "ALTER TABLE dt_api_usage_stats CONVERT TO CHARACTER SET utf8mb3",
    "ALTER TABLE dt_users CONVERT TO CHARACTER SET utf8mb3",
)
CALL = {"user_id": 1, "api_endpoint": "/chat-messages", "cost": "0.5"}


def adopt(live: Live, **environment: str) -> str:
    """What adopt_database says before migrating; rows and columns are as they were after it."""
    looked = live.manage("adopt_database", **environment)
    assert looked.returncode == 0, looked.stdout + looked.stderr
    before = live.rows()
    live.adopt()
    assert live.rows() == before
    return looked.stdout


def post(live: Live, *calls: Any) -> list[tuple[int, Any]]:
    answers = live.ask(*(("POST", "/api/v1/calls/", call) for call in calls))
    return [(status, json.loads(text)) for status, text in answers]


def test_big_ids(live_database: Callable[..., Live]) -> None:
    live = live_database(*BIG_IDS)
    said = adopt(live)
    differing = re.findall(r"differs  (\S+): bigint(?:\(20\))? where int is wanted", said)
    assert set(IDS) <= set(differing)
    assert "There is no foreign key" in said
    [(status, call)] = post(live, {**CALL, "user_id": SLOW_USERS})
    assert (status, call["id"]) == (201, SLOW_USERS + 1)
    # Nothing but our own question tells of these: there are no foreign keys.
    unknown = post(live, {**CALL, "user_id": 999}, {**CALL, "job_id": 999}, [{**CALL, "job_id": 9}])
    assert [status for status, _errors in unknown] == [400, 400, 400]
    paths = (
        f"/api/v1/calls/?user_id={SLOW_USERS}",
        f"/admin/reports/users/{SLOW_USERS}/?created_at_after=2024-01-01&"
        "created_at_before=2024-03-31",
    )
    (_ok, listed), (status, page) = live.ask(*(("GET", path) for path in paths))
    assert len(json.loads(listed)["results"]) == 2
    assert (status, "Big" in page) == (200, True)


def test_wider_and_extra_columns_and_other_names(live_database: Callable[..., Live]) -> None:
    live = live_database(*WIDER)
    said = adopt(live)
    assert "differs  dt_api_usage_stats.api_endpoint: varchar(255)" in said
    assert "differs  dt_api_usage_stats.model: An extra column" in said
    assert post(live, CALL)[0][0] == 201
    assert live.execute("SELECT cost, model, request_id FROM dt_api_usage_stats WHERE id > 250")[0][
        1:
    ] == ("", None)


def test_utf8mb3_holds_what_it_can(live_database: Callable[..., Live]) -> None:
    live = live_database(*UTF8MB3)
    said = adopt(live)
    assert "differs  dt_api_usage_stats.error_message: Its character set utf8mb3" in said
    message = {**CALL, "success": False, "error_message": "失敗 𠮷 😀"}
    endpoint = {**CALL, "api_endpoint": "/😀"}
    fine, refused, batch = post(live, message, endpoint, [CALL, endpoint])
    assert (fine[0], fine[1]["error_message"]) == (201, "失敗 \ufffd \ufffd")
    assert refused[0] == 400
    assert list(refused[1]) == ["api_endpoint"]
    assert batch[0] == 400
    assert batch[1]["errors"]["1"].keys() == {"api_endpoint"}
    answers = live.ask(("GET", "/api/v1/calls/?api_endpoint=/😀"), ("GET", "/admin/?period=all"))
    assert json.loads(answers[0][1])["results"] == []


def test_a_latin1_default_is_no_matter_for_the_sums(live_database: Callable[..., Live]) -> None:
    live = live_database()
    live.execute(f"ALTER DATABASE {live.name} CHARACTER SET latin1")
    assert "New tables hold what latin1 holds" in adopt(live)
    live.execute(
        "INSERT INTO dt_api_usage_stats (user_id, api_endpoint, success, error_message, "
        "created_at) VALUES (1, '/翻譯', 0, '失敗 😀', '2024-03-02')"
    )
    done = live.manage("fold_usage", ADOPTED="1")
    assert done.returncode == 0, done.stderr


def test_sessions_are_strict_whatever_the_server_s_default(live: Live) -> None:
    [(usual,)] = live.execute("SELECT @@global.sql_mode")
    live.execute("SET GLOBAL sql_mode = ''")
    try:
        assert "differs  sql_mode: The server's default is not strict (empty)." in adopt(live)
    finally:
        live.execute(f"SET GLOBAL sql_mode = '{usual}'")


def test_the_zone_of_now_is_told_where_calls_come_in(live: Live) -> None:
    live.execute(
        "INSERT INTO dt_api_usage_stats (user_id, api_endpoint, created_at) "
        "VALUES (1, '/info', UTC_TIMESTAMP() + INTERVAL 8 HOUR)"
    )
    wrong = live.manage("adopt_database").stdout
    assert "differs  time zone of NOW(): UTC+08:00 as the newest call has it" in wrong
    right = live.manage("adopt_database", DATABASE_TIME_ZONE="Asia/Taipei").stdout
    assert "fits     time zone of NOW(): UTC+08:00" in right


def test_failed_logins_are_counted_whatever_was_sent(live_database: Callable[..., Live]) -> None:
    """A text that latin1 does not hold would otherwise be a way around the lockout."""
    live = live_database()
    live.execute(f"ALTER DATABASE {live.name} CHARACTER SET latin1")
    live.adopt()
    attempt = (
        "POST",
        "/admin/login/?next=😀",
        {"username": "adopter", "password": "密", "x": "😀"},
    )
    assert [status for status, _page in live.ask(*[attempt] * 6)] == [200] * 4 + [429] * 2
