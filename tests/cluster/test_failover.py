"""The node that takes the writes dies under load: nothing acknowledged is lost or doubled.

What is measured is printed: `make test-cluster` keeps it in docs/cluster-test.log.
"""

import contextlib
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from tests.cluster.galera import Cluster, Node, private_cluster
from tests.databases import DATABASE_NAME, ServerMissingError
from tests.haproxy import private_haproxy
from tests.processes import manage
from tests.servers import Gunicorn, migrated, new_key
from tests.traffic import Traffic

# Seconds within which writes resume (the requirement).
LONGEST_GAP = 10
# Posts before and after something happens.
ENOUGH = 300
WHO = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT @@wsrep_node_name")
    print(cursor.fetchone()[0])
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    try:
        with private_cluster() as cluster:
            [(version,)] = cluster.nodes[0].ask("SELECT VERSION()")
            print(f"\n{datetime.now(UTC):%Y-%m-%d}, {version}, load {os.getloadavg()[0]:.1f}")
            yield cluster
    except ServerMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def environment(cluster: Cluster) -> Iterator[dict[str, str]]:
    """That of an application which reaches the cluster through HAProxy."""
    migrated(cluster.nodes[0], DATABASE_NAME)
    addresses = {
        f"NODE_{number}": f"127.0.0.1:{node.ports.clients}"
        for number, node in enumerate(cluster.nodes, 1)
    }
    try:
        with private_haproxy("haproxy-database.cfg", **addresses) as port:
            yield {"DATABASE_URL": cluster.url(port, DATABASE_NAME)}
    except ServerMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def gunicorn(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gunicorn]:
    log = tmp_path_factory.mktemp("gunicorn") / "log"
    gunicorn = Gunicorn(log, environment, options=("--workers=2", "--threads=4"))
    gunicorn.start()
    yield gunicorn
    gunicorn.stop()
    errors = Counter(re.findall(r"(?:Operational|Interface)Error: \((\d+),", log.read_text()))
    print(f"\nDatabase errors that were answered with 503, by number: {dict(errors)}")


@pytest.fixture(autouse=True)
def healthy(cluster: Cluster) -> None:
    """Whoever fell in an earlier test is back."""
    for node in cluster.nodes:
        if node.process is None:
            node.start()


@pytest.fixture
def posting(gunicorn: Gunicorn, environment: dict[str, str]) -> Callable[[], Traffic]:
    key = new_key(environment)
    return lambda: Traffic(gunicorn, key)


@contextlib.contextmanager
def folding(environment: dict[str, str]) -> Iterator[Counter[int]]:
    """The fold loop, begun anew whenever it ends, as systemd does; its exit statuses."""
    is_over, statuses = threading.Event(), Counter[int]()

    def fold() -> None:
        while not is_over.is_set():
            statuses[manage("fold_usage", **environment).returncode] += 1

    thread = threading.Thread(target=fold)
    thread.start()
    try:
        yield statuses
    finally:
        is_over.set()
        thread.join()


@pytest.fixture
def writer(cluster: Cluster) -> Node:
    """The node that HAProxy gives the writes to while it is up."""
    return cluster.nodes[0]


@pytest.fixture
def takes_writes(environment: dict[str, str]) -> Callable[[], str]:
    """Asks by way of HAProxy who answers there; it may just be changing its mind."""

    def ask() -> str:
        return manage("shell", "-v0", "-c", WHO, **environment).stdout.strip()

    return ask


def check_books(cluster: Cluster, environment: dict[str, str], traffic: Traffic) -> None:
    """Every node has what was acknowledged, once, and nothing else; the sums agree."""
    assert traffic.errors == []
    for command in ("fold_usage", "verify_usage"):
        done = manage(command, **environment)
        assert done.returncode == 0, done.stderr
        print(done.stdout.strip())
    expected = sorted(name for each in traffic.delivered for name in each.endpoints)
    first = expected[0]
    for node in cluster.nodes:
        if node.process:
            rows = node.ask(
                "SELECT api_endpoint FROM dt_api_usage_stats "
                f"WHERE api_endpoint >= '{first}' ORDER BY api_endpoint",
                DATABASE_NAME,
            )
            assert [name for (name,) in rows] == expected, node.name
            print(f"{node.name}: {len(rows)} calls, each acknowledged one once.")


def report(what: str, traffic: Traffic, moment: float) -> None:
    """Print what was measured, and hold it to the requirement."""
    gap, silence = traffic.gap_after(moment), traffic.longest_silence()
    print(
        f"\n{what}: a post that began then was acknowledged after {gap:.1f} s; the longest time "
        f"without an acknowledgement was {silence:.1f} s; {len(traffic.delivered)} posts in all."
    )
    assert max(gap, silence) <= LONGEST_GAP


def test_the_writer_is_killed(
    cluster: Cluster,
    environment: dict[str, str],
    posting: Callable[[], Traffic],
    writer: Node,
    takes_writes: Callable[[], str],
) -> None:
    assert takes_writes() == writer.name
    with posting() as traffic, folding(environment) as folds:
        traffic.wait_for(ENOUGH)
        moment = time.monotonic()
        writer.kill()
        traffic.wait_for(ENOUGH)
        assert takes_writes() != writer.name
    report(f"kill -9 of {writer.name}", traffic, moment)
    print(f"Folds meanwhile, by exit status: {dict(folds)}")
    check_books(cluster, environment, traffic)


def test_a_killed_writer_comes_back_under_load(
    cluster: Cluster,
    environment: dict[str, str],
    posting: Callable[[], Traffic],
    writer: Node,
    takes_writes: Callable[[], str],
) -> None:
    """It catches up and takes the writes again; whoever is turned away meanwhile repeats."""
    writer.kill()
    with posting() as traffic, folding(environment):
        traffic.wait_for(ENOUGH)
        moment = time.monotonic()
        writer.start()
        while takes_writes() != writer.name:
            time.sleep(0.5)
        traffic.wait_for(ENOUGH)
    report(f"return of {writer.name}", traffic, moment)
    check_books(cluster, environment, traffic)


def test_the_writer_hangs(
    cluster: Cluster,
    environment: dict[str, str],
    posting: Callable[[], Traffic],
    writer: Node,
    takes_writes: Callable[[], str],
) -> None:
    """Its ports stay open and nobody answers; when it wakes up, the others have gone on."""
    with posting() as traffic, folding(environment):
        traffic.wait_for(ENOUGH)
        moment = time.monotonic()
        writer.freeze()
        try:
            traffic.wait_for(ENOUGH)
        finally:
            writer.thaw()
        while takes_writes() != writer.name:
            time.sleep(0.5)
        traffic.wait_for(ENOUGH)
    report(f"{writer.name} hangs", traffic, moment)
    check_books(cluster, environment, traffic)
