"""Rollups of a next version, filled by processes that are killed, beside each other and folds."""

import os
import random
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import datetime

import pytest
from django.db import connection

from stats.query import engine
from stats.query.selection import Selection
from stats.rollups import verifying
from stats.rollups.filling import fill_month
from stats.rollups.state import read_rollup_state
from tests.databases import PrivateServer
from tests.ledger import row
from tests.oracle import Rows, Zones
from tests.rollups.added import NEW_GRAINS, migrated, version
from tests.rollups.folded import NOW, expected_tables, fold_all, tables, write_with_ids

pytestmark = [
    pytest.mark.database("server"),
    pytest.mark.django_db(transaction=True, reset_sequences=True),
    pytest.mark.usefixtures("no_margin"),
]

KILLS = 6
MONTHS = 36
# Longer than a few months take.
LONGEST = 0.3


def write_calls(each_month: int) -> Rows:
    return write_with_ids(
        row(
            created_at=datetime(2023 + month // 12, 1 + month % 12, 1 + n % 28, n % 24),
            job_id=random.choice([1, 2, None]),
            api_endpoint=random.choice(["/a", "/b"]),
            success=random.random() < 0.8,
        )
        for month in range(MONTHS)
        for n in range(each_month)
    )


def filling(url: str, stack: ExitStack) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.filling"],
        env={
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "usage_project.settings",
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    stack.enter_context(process)
    stack.callback(process.kill)
    return process


def test_fills_killed_at_random_moments(database_server: PrivateServer) -> None:
    """Two at once, and folds in between: at the end all is there, and nothing twice."""
    written = write_calls(6)
    fold_all()
    came_to = set()
    url = database_server.url(connection.settings_dict["NAME"])
    with migrated(), version(NEW_GRAINS):
        for _kill in range(KILLS):
            with ExitStack() as stack:
                for process in [filling(url, stack), filling(url, stack)]:
                    assert process.stdout
                    assert process.stdout.readline() == "ready\n"
                time.sleep(random.uniform(0, LONGEST))
                written += write_calls(1)
                fold_all()
            assert engine.total(Selection()).calls == len(written)
            assert sum(sums.calls for sums in engine.by_job(Selection()).values()) == len(written)
            came_to.add(read_rollup_state().fills.get("stats_dayjob"))
        assert len(came_to) > 1
        while read_rollup_state().tail:
            fold_all()
        while read_rollup_state().behind:
            fill_month()
        assert tables() == expected_tables(written, Zones("UTC", "UTC"))
        assert verifying.verify(NOW) == []
