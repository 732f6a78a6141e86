"""What adopt_database and migrate refuse, before anything is changed."""

from collections.abc import Callable

import pytest

from tests.adoption.conftest import ADOPTED, Live

pytestmark = pytest.mark.database("server")

CALLS = "dt_api_usage_stats"
UNFIT = (
    f"UPDATE {CALLS} SET prompt_tokens = 0 WHERE prompt_tokens IS NULL",
    f"ALTER TABLE {CALLS} DROP response_time_ms, MODIFY cost FLOAT, "
    "MODIFY created_at DATETIME(3), MODIFY success BIT(1), MODIFY total_tokens SMALLINT, "
    "MODIFY error_message VARCHAR(1000), MODIFY prompt_unit_price DECIMAL(10,4), "
    "MODIFY api_endpoint VARCHAR(100), MODIFY prompt_tokens INT NOT NULL DEFAULT 0, "
    "ADD tenant INT NOT NULL",
    f"ALTER TABLE {CALLS} ADD INDEX usage_created_at (created_at, success)",
)
SENTENCES = (
    "response_time_ms: There is no such column",
    "cost: float where decimal(10,4) is wanted",
    "created_at: datetime(3) where datetime is wanted",
    "success: bit(1)",
    "total_tokens: smallint",
    "error_message: varchar(1000)",
    "prompt_unit_price: decimal(10,4)",
    "api_endpoint: varchar(100)",
    "api_endpoint: It is NULL",
    "prompt_tokens: It is NOT NULL",
    "tenant: An extra column",
)


def test_every_unfit_column_is_named_with_what_to_do(live_database: Callable[..., Live]) -> None:
    live = live_database(*UNFIT)
    before = live.definitions(), live.rows()
    done = live.manage("adopt_database")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    for sentence in SENTENCES:
        [number] = [n for n, line in enumerate(lines) if f"{CALLS}.{sentence}" in line]
        assert lines[number].startswith("blocks ")
        assert lines[number + 1].startswith("         → ")
    assert "blocks   index usage_created_at: An index of this name has other columns." in lines
    assert f"{len(SENTENCES) + 1} in the way" in done.stderr
    assert (live.definitions(), live.rows()) == before


def test_myisam_and_label_columns_that_are_not_there(live_database: Callable[..., Live]) -> None:
    live = live_database(
        f"ALTER TABLE {CALLS} DROP FOREIGN KEY dt_api_usage_stats_ibfk_1, "
        "DROP FOREIGN KEY dt_api_usage_stats_ibfk_2",
        f"ALTER TABLE {CALLS} ENGINE=MyISAM",
    )
    environment = {"USER_LABEL_COLUMN": "nickname", "USER_GROUP_COLUMN": "is_admin"}
    done = live.manage("adopt_database", ADOPTED="1", **environment)
    assert done.returncode == 1
    assert f"blocks   {CALLS}: Its engine is MyISAM" in done.stdout
    assert "blocks   USER_LABEL_COLUMN: dt_users.nickname is not there." in done.stdout
    assert "blocks   USER_GROUP_COLUMN: dt_users.is_admin is no text." in done.stdout


def test_tables_of_another_django_application(live: Live) -> None:
    live.execute(
        "CREATE TABLE auth_user (id INT PRIMARY KEY)",
        "CREATE TABLE django_migrations (id BIGINT AUTO_INCREMENT PRIMARY KEY, "
        "app VARCHAR(255), name VARCHAR(255), applied DATETIME(6))",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0001_initial', NOW())",
    )
    before = live.tables(), live.definitions()
    looked = live.manage("adopt_database")
    assert looked.returncode == 1
    assert "blocks   names of tables" in looked.stdout
    for command in (["migrate"], ["release_database", "--yes"]):
        done = live.manage(*command, **ADOPTED)
        assert done.returncode == 1
        assert "auth_user, django_migrations" in done.stderr
    assert (live.tables(), live.definitions()) == before


def test_a_database_without_the_tables(live: Live) -> None:
    live.execute(f"DROP TABLE {CALLS}")
    looked = live.manage("adopt_database")
    assert looked.returncode == 1
    assert f"blocks   {CALLS}: There is no such table" in looked.stdout
    migrated = live.manage("migrate", **ADOPTED)
    assert migrated.returncode == 1
    assert migrated.stderr.count("\n") == 1
    assert f"ADOPTED=1, but this database has no {CALLS}" in migrated.stderr


def test_no_server_and_no_mysql_are_findings_too(live: Live) -> None:
    done = live.manage("adopt_database", DATABASE_URL="mysql://root@/x?unix_socket=/nowhere.sock")
    assert (done.returncode, done.stdout.startswith("blocks   connection")) == (1, True)
    done = live.manage("adopt_database", DATABASE_URL="sqlite://:memory:")
    assert (done.returncode, "Only MariaDB and MySQL" in done.stdout) == (1, True)


def test_a_standalone_ledger_is_not_released(live: Live) -> None:
    done = live.manage("release_database", "--yes")
    assert done.returncode == 1
    assert "ADOPTED=1" in done.stderr
