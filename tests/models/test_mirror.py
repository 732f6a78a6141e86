"""What the migrations create is the table that the other application created (spec §1)."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from tests import legacy
from tests.databases import PrivateServer
from tests.processes import manage

COLUMNS = """
    SELECT ordinal_position, column_name, REPLACE(column_type, 'int(11)', 'int'), data_type,
           character_maximum_length, numeric_precision, numeric_scale, datetime_precision,
           character_set_name, is_nullable, column_default, extra, column_comment
    FROM information_schema.columns
    WHERE table_schema = '{database}' AND table_name = '{table}' ORDER BY ordinal_position
"""
REFERENCES = """
    SELECT column_name, referenced_table_name, referenced_column_name
    FROM information_schema.key_column_usage
    WHERE table_schema = '{database}' AND table_name = 'dt_api_usage_stats'
    AND referenced_table_name IS NOT NULL ORDER BY 1
"""
EXPECTED = [
    ("id", "int", "NO", ""),
    ("user_id", "int", "NO", "使用者ID"),
    ("job_id", "int", "YES", "任務ID"),
    ("api_endpoint", "varchar(200)", "NO", "API端點"),
    ("prompt_tokens", "int", "YES", "Prompt token數"),
    ("completion_tokens", "int", "YES", "Completion token數"),
    ("total_tokens", "int", "YES", "總token數"),
    ("prompt_unit_price", "decimal(10,8)", "YES", "單價"),
    ("prompt_price_unit", "varchar(20)", "YES", "價格單位"),
    ("cost", "decimal(10,4)", "YES", "成本"),
    ("response_time_ms", "int", "YES", "回應時間(毫秒)"),
    ("success", "tinyint(1)", "YES", "是否成功"),
    ("error_message", "text", "YES", "錯誤訊息"),
    ("created_at", "datetime", "YES", "建立時間"),
]


@pytest.fixture(scope="module")
def legacy_server(database_server: PrivateServer) -> Iterator[PrivateServer]:
    with legacy.database(database_server, "legacy_mirror", legacy=True):
        yield database_server


def ours(query: str, table: str = "") -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query.format(database=connection.settings_dict["NAME"], table=table))
        return list(cursor.fetchall())


def theirs(server: PrivateServer, query: str, table: str = "") -> list[tuple[Any, ...]]:
    return legacy.execute(server, "", query.format(database="legacy_mirror", table=table))


@pytest.mark.django_db
@pytest.mark.database("server")
def test_the_table_is_the_legacy_one_column_by_column(legacy_server: PrivateServer) -> None:
    columns = ours(COLUMNS, "dt_api_usage_stats")
    assert columns == theirs(legacy_server, COLUMNS, "dt_api_usage_stats")
    assert [(row[1], row[2], row[9], row[12]) for row in columns] == EXPECTED


@pytest.mark.django_db
@pytest.mark.database("server")
def test_it_refers_to_the_same_tables(legacy_server: PrivateServer) -> None:
    assert ours(REFERENCES) == theirs(legacy_server, REFERENCES)


@pytest.mark.django_db
@pytest.mark.database("server")
def test_users_and_jobs_have_the_columns_of_the_standalone_mode() -> None:
    def columns(table: str) -> list[tuple[str, str, str]]:
        return [(row[1], row[2], row[9]) for row in ours(COLUMNS, table)]

    assert columns("dt_users") == [
        ("id", "int", "NO"),
        ("name", "varchar(200)", "NO"),
        ("group", "varchar(191)", "NO"),
    ]
    assert columns("dt_translation_jobs") == [
        ("id", "int", "NO"),
        ("name", "varchar(200)", "NO"),
        ("user_id", "int", "YES"),
    ]


@pytest.mark.database("sqlite")
@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"ADOPTED": "1"},
        {"ADOPTED": "1", "USER_LABEL_COLUMN": "username", "JOB_LABEL_COLUMN": "job_uuid"},
        {"ADOPTED": "1", "USER_LABEL_COLUMN": "email", "USER_GROUP_COLUMN": "department"},
        {"ADOPTED": "1", "USER_GROUP_COLUMN": "department"},
        {"ADOPTED": "1", "JOB_STATUS_COLUMN": "status", "JOB_EXTRA_COLUMNS": "language,pages"},
    ],
)
def test_models_and_migrations_agree_in_every_mode(environment: dict[str, str]) -> None:
    done = manage("makemigrations", "--check", "--dry-run", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
