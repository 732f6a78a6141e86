"""/metrics of several workers is one: whoever is asked tells the sum, of the dead as well."""

import operator
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.multiprocess import MultiProcessCollector

from tests.databases import PrivateServer
from tests.ops.test_metrics import Metrics
from tests.servers import AS_DEPLOYED, Gunicorn, migrated

pytestmark = pytest.mark.database("server")
MOST_POSTS = 500


@pytest.fixture(scope="module")
def environment(database_server: PrivateServer) -> dict[str, str]:
    return migrated(database_server, "workers")


@pytest.fixture
def gunicorn(environment: dict[str, str], tmp_path: Path) -> Iterator[Gunicorn]:
    gunicorn = Gunicorn(tmp_path / "log", environment, options=AS_DEPLOYED)
    gunicorn.start()
    yield gunicorn
    gunicorn.stop()


def counted(folder: Path) -> list[int]:
    """The rows that each slot has counted."""
    files = sorted(folder.glob("usage-ledger-metrics-*/counter_[0-9]*.db"))
    return [_rows_in(file) for file in files]


def _rows_in(file: Path) -> int:
    metrics = MultiProcessCollector.merge([str(file)])  # type: ignore[no-untyped-call]
    name = "usage_ledger_recorded_rows_total"
    return int(sum(each.value for found in metrics for each in found.samples if each.name == name))


def post_until_both_have_counted(gunicorn: Gunicorn, key: str, folder: Path) -> int:
    """How many calls that took, three in each POST."""
    before = [*counted(folder), 0, 0][:2]
    for posts in range(1, MOST_POSTS):
        answer = gunicorn.post_calls(key, [{"user_id": 7, "api_endpoint": "/x"}] * 3)
        assert answer.status == 201
        now = counted(folder)
        if len(now) == 2 and all(map(operator.gt, now, before)):
            return 3 * posts
    raise AssertionError("One worker served all")


def scraped_rows(gunicorn: Gunicorn) -> set[float]:
    """What several scrapes in a row say, of whichever worker."""
    answers = [gunicorn.request("GET", "/metrics") for _scrape in range(10)]
    return {Metrics(each.body.decode()).get("recorded_rows_total") for each in answers}


def test_they_add_up(gunicorn: Gunicorn, key: str, tmp_path: Path) -> None:
    rows = post_until_both_have_counted(gunicorn, key, tmp_path)
    assert scraped_rows(gunicorn) == {rows}
    [victim, survivor] = gunicorn.workers()
    os.kill(victim, signal.SIGKILL)
    while len(now := gunicorn.workers()) < 2 or victim in now:
        time.sleep(0.02)
    assert survivor in now
    assert scraped_rows(gunicorn) == {rows}
    # The new worker goes on in the file of the dead one, and nobody else's.
    rows += post_until_both_have_counted(gunicorn, key, tmp_path)
    assert scraped_rows(gunicorn) == {rows}
    assert sum(counted(tmp_path)) == rows
    assert len(counted(tmp_path)) == 2


def test_the_counts_are_gone_with_the_server(gunicorn: Gunicorn, tmp_path: Path) -> None:
    assert list(tmp_path.glob("usage-ledger-metrics-*"))
    gunicorn.terminate()
    assert gunicorn.exit_status() == 0
    assert not list(tmp_path.glob("usage-ledger-metrics-*"))
