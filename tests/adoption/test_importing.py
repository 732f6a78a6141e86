"""Imports beside the other application: its tables get rows of calls, and nothing else is its."""

import json
from pathlib import Path

import pytest

from tests.adoption.conftest import ADOPTED, Live

pytestmark = pytest.mark.database("server")

CALL = {"user_id": 1, "api_endpoint": "/imported", "created_at": "2026-03-01T08:00:00Z"}


def test_a_file_twice_and_all_is_removed(live: Live, tmp_path: Path) -> None:
    tables, rows = live.tables(), live.rows()
    live.adopt()
    path = tmp_path / "calls.jsonl"
    path.write_text("".join(json.dumps({**CALL, "id": number}) + "\n" for number in range(3)))
    for expected in ("3 rows imported", "0 rows imported, 3 rows there before"):
        done = live.manage("import_calls", "jsonl", str(path), **ADOPTED)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        assert done.stdout.startswith(expected)
    [(count,)] = live.execute(
        "SELECT COUNT(*) FROM dt_api_usage_stats WHERE api_endpoint = '/imported'"
    )
    assert count == 3
    [(references,)] = live.execute(
        "SELECT COUNT(*) FROM information_schema.key_column_usage WHERE table_schema = "
        f"'{live.name}' AND table_name = 'stats_importedcall' "
        "AND referenced_table_name IS NOT NULL"
    )
    assert references == 0
    done = live.manage("release_database", "--yes", **ADOPTED)
    assert done.returncode == 0, done.stderr
    assert live.tables() == tables
    assert live.rows() == rows
