"""Three MariaDB servers in one Galera cluster, on loopback ports and in temporary folders."""

import contextlib
import secrets
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.databases import PrivateServer
from tests.ports import free_ports

PROVIDER = Path("/usr/lib/galera/libgalera_smm.so")
NODES = 3
SECONDS_TO_JOIN = 120
# The application's account, and the one that HAProxy asks with; over TCP there is no other.
ACCOUNT, HEALTH_CHECK = "ledger", "haproxy"


@dataclass(frozen=True)
class Ports:
    """Where one node listens: for clients, for the other nodes, and for what it missed."""

    clients: int
    group: int
    increments: int
    snapshots: int


class Node(PrivateServer):
    """One server of a cluster, which joins the others when it starts."""

    # A snapshot's receiver starts mariadb-backup with the server's options, and that knows few.
    memory = ("--innodb-flush-log-at-trx-commit=1",)

    def __init__(self, number: int, everybody: Sequence[Ports]) -> None:
        super().__init__()
        self.ports = everybody[number]
        self.name = f"node{number + 1}"
        members = ",".join(f"127.0.0.1:{each.group}" for each in everybody)
        self.options = self.joining(f"gcomm://{members}")

    def joining(self, cluster: str) -> tuple[str, ...]:
        """Options to join a cluster, or with an empty address to found one."""
        provider = {
            "base_host": "127.0.0.1",
            "base_port": self.ports.group,
            "gmcast.listen_addr": f"tcp://127.0.0.1:{self.ports.group}",
            "ist.recv_addr": f"127.0.0.1:{self.ports.increments}",
            "gcache.size": "64M",
        }
        return (
            "--skip-networking=0",
            "--skip-name-resolve",
            "--bind-address=127.0.0.1",
            f"--port={self.ports.clients}",
            "--binlog-format=ROW",
            "--innodb-autoinc-lock-mode=2",
            "--wsrep-on=ON",
            f"--wsrep-provider={PROVIDER}",
            f"--wsrep-provider-options={';'.join(f'{k}={v}' for k, v in provider.items())}",
            f"--wsrep-cluster-address={cluster}",
            f"--wsrep-node-name={self.name}",
            f"--wsrep-node-address=127.0.0.1:{self.ports.group}",
            "--wsrep-sst-method=mariabackup",
            "--wsrep-sst-auth=root:",
            f"--wsrep-sst-receive-address=127.0.0.1:{self.ports.snapshots}",
        )

    def start(self) -> None:
        """Returns when it has joined, with all that the others have."""
        super().start()
        self.wait_until_synced()

    def found(self) -> None:
        """Start as the first of a new cluster."""
        self.options, joining = self.joining("gcomm://"), self.options
        self.start()
        self.options = joining

    @property
    def is_synced(self) -> bool:
        """Whether it is one of a majority and has all that the others have."""
        return bool(self.ask("SHOW STATUS LIKE 'wsrep_local_state_comment'")[0][1] == "Synced")

    def wait_until_synced(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_JOIN
        while not self.is_synced:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not join:\n{self.log.read_text()}")
            time.sleep(0.1)

    def ask(self, query: str, database: str = "") -> list[tuple[Any, ...]]:
        """The rows of a query, by the node's own socket."""
        with contextlib.closing(self.connect(database)) as driver, driver.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    def freeze(self) -> None:
        """It hangs: its ports stay open, and nobody answers."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)


@dataclass(frozen=True)
class Cluster:
    """Three nodes, and the password of the application's account."""

    nodes: list[Node]
    password: str

    def url(self, port: int, database: str) -> str:
        """DATABASE_URL by way of a port of 127.0.0.1: a node's or HAProxy's."""
        return f"mysql://{ACCOUNT}:{self.password}@127.0.0.1:{port}/{database}"


@contextlib.contextmanager
def private_cluster() -> Iterator[Cluster]:
    """A cluster of three, with the accounts it needs. Raises `ServerMissingError`."""
    ports = [Ports(*free_ports(4)) for _node in range(NODES)]
    nodes = [Node(number, ports) for number in range(NODES)]
    cluster = Cluster(nodes, secrets.token_hex(16))
    try:
        nodes[0].found()
        make_accounts(cluster)
        # One after the other: the first is to give each its snapshot.
        for node in nodes[1:]:
            node.start()
        yield cluster
    finally:
        for node in nodes:
            node.remove()


def make_accounts(cluster: Cluster) -> None:
    with contextlib.closing(cluster.nodes[0].connect()) as driver, driver.cursor() as cursor:
        cursor.execute("DROP USER root@127.0.0.1")
        cursor.execute(f"CREATE USER {HEALTH_CHECK}@127.0.0.1")
        cursor.execute(f"CREATE USER {ACCOUNT}@127.0.0.1 IDENTIFIED BY '{cluster.password}'")
        cursor.execute(f"GRANT ALL ON *.* TO {ACCOUNT}@127.0.0.1")
