"""A pytest plugin: the database the tests run on, and a private server to run them on.

pyproject.toml loads it with `-p`: DATABASE_URL must be in the environment before pytest-django
reads the settings, which is before any conftest.py.
"""

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from MySQLdb.connections import Connection

# Debian installs the server outside an ordinary user's PATH.
SERVER_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/usr/libexec", "/usr/local/libexec")
# sockaddr_un holds 108 bytes: the socket's folder must have a shorter path.
LONGEST_SOCKET_PATH = 100
SECONDS_TO_START = 60
# What .ci/server has unpacked; `mariadb` is the machine's own.
UNPACKED = Path(__file__).resolve().parent.parent / ".servers"
# Which server the tests run on, for those that start one of their own: a name in that folder.
SERVER_VARIABLE = "SERVER_OF_THE_TESTS"
# What a developer's shell or .env may have set, and no test wants.
TEST_ENVIRONMENT = {
    "SECRET_KEY": "for the tests alone, and so no secret at all: 0123456789abcdef",
    "DEBUG": "0",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "CSRF_TRUSTED_ORIGINS": "",
    "CACHE_URL": "locmem://",
    "NORMALIZE_ENDPOINTS": "0",
    "API_RATE": "1000000",
    "LOG_FORMAT": "json",
    "IDEMPOTENCY_KEEP_HOURS": "72",
    "ADOPTED": "0",
    "TIME_ZONE": "UTC",
    "DATABASE_TIME_ZONE": "UTC",
    "USER_LABEL_COLUMN": "",
    "JOB_LABEL_COLUMN": "",
    "USER_GROUP_COLUMN": "",
    "JOB_STATUS_COLUMN": "",
    "JOB_EXTRA_COLUMNS": "",
}
DATABASE_NAME = "usage_ledger"
# What a definition of a table or a view waits for is the disk, and a server that is killed loses
# nothing of what it has written. MySQL has no such option.
WITHOUT_DISK = ("--loose-debug-no-sync",)


class ServerMissingError(Exception):
    """The server, or the driver for it, is not installed."""


def server_of_the_tests() -> str:
    """`mariadb`, `mysql`, or another name in `UNPACKED`; MariaDB where they run on SQLite."""
    return os.environ.get(SERVER_VARIABLE, "mariadb")


def program(name: str, server: str = "mariadb") -> str:
    """The path of a program of the machine's own, or of an unpacked server."""
    usr = UNPACKED / server / "usr"
    if server == "mariadb":
        folders = [os.environ.get("PATH", os.defpath), *SERVER_FOLDERS]
    elif usr.exists():
        folders = [str(usr / "sbin"), str(usr / "bin")]
    else:
        raise ServerMissingError(f"{usr.parent} is missing: .ci/server fetches it")
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        raise ServerMissingError(
            f"{name} is not installed (Debian: apt-get install mariadb-server)"
        )
    return found


class PrivateServer:
    """A server of our own: its data, socket and log in a temporary folder, no TCP port.

    It never touches another server of the machine: it reads no configuration file, and only its
    socket leads to it.
    """

    client, dumper = "mariadb", "mariadb-dump"
    # The variable by which it takes no table without a primary key.
    wants_keys = "innodb_force_primary_key"
    # The tests' data may be lost with the server; fault tests ask for 1.
    memory: tuple[str, ...] = (
        "--innodb-buffer-pool-size=512M",
        "--innodb-flush-log-at-trx-commit=0",
    )

    def __init__(self, options: Sequence[str] = (), name: str = "mariadb") -> None:
        self.options = tuple(options)
        self.name = name
        self.process: subprocess.Popen[bytes] | None = None
        self.folder = temporary_folder()
        atexit.register(self.remove)

    @property
    def socket(self) -> Path:
        return self.folder / "s.sock"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def start(self) -> None:
        """Start the server, with its earlier data if there is any, and wait until it answers."""
        if not self.data.exists():
            self.install()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *self.command(),
                    "--skip-networking",
                    f"--socket={self.socket}",
                    f"--datadir={self.data}",
                    f"--pid-file={self.folder / 'server.pid'}",
                    f"--tmpdir={self.folder}",
                    *self.memory,
                    *as_current_user(),
                    *self.options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C must reach only the tests, which then stop the server.
                start_new_session=True,
            )
        self.wait_until_ready()

    def command(self) -> list[str]:
        """What starts the server, less where its data lies."""
        return [program("mariadbd", self.name), "--no-defaults"]

    def installer(self) -> list[str]:
        """What makes the system tables; root has no password, as nobody else reaches the socket."""
        return [
            program("mariadb-install-db", self.name),
            "--no-defaults",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ]

    def install(self) -> None:
        """Make the system tables."""
        installed = subprocess.run(
            [*self.installer(), f"--datadir={self.data}", *as_current_user()],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if installed.returncode:
            raise RuntimeError(f"No system tables:\n{installed.stdout}{installed.stderr}")

    def wait_until_ready(self) -> None:
        import MySQLdb

        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                break
            with contextlib.suppress(MySQLdb.OperationalError):
                self.connect().close()
                return
            time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"The private server did not start:\n{self.log.read_text()}")

    def stop(self) -> None:
        """Shut the server down. Its data stays for the next `start`."""
        self.end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the server like a power cut: unwritten data is lost."""
        self.end(signal.SIGKILL)

    def end(self, how: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(SECONDS_TO_START)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def remove(self) -> None:
        """Kill the server and delete its data."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.remove)

    def connect(self, database: str = "", user: str = "root") -> "Connection":
        """A connection of the database driver, without Django."""
        import MySQLdb

        return MySQLdb.connect(
            user=user, unix_socket=str(self.socket), database=database, charset="utf8mb4"
        )

    def create_database(self, name: str, charset: str = "utf8mb4") -> None:
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET {charset}")

    def url(self, database: str) -> str:
        """The DATABASE_URL of a database of this server."""
        return f"mysql://root@/{database}?unix_socket={self.socket}"


class MysqlServer(PrivateServer):
    """Oracle's MySQL, as .ci/server has unpacked it."""

    client, dumper = "mysql", "mysqldump"
    wants_keys = "sql_require_primary_key"
    memory = (*PrivateServer.memory, "--sync-binlog=0")

    def command(self) -> list[str]:
        server = program("mysqld", self.name)
        usr = Path(server).parent.parent
        # Two folders and a socket that are not ours.
        elsewhere = ("--secure-file-priv=NULL", "--mysqlx=OFF")
        return [server, "--no-defaults", f"--basedir={usr}", *elsewhere]

    def installer(self) -> list[str]:
        # How names are compared is settled there, once for all.
        return [*self.command(), "--initialize-insecure", *self.options]


def temporary_folder() -> Path:
    """A new folder with a path short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="ledger-"))
    if len(str(folder / "s.sock")) > LONGEST_SOCKET_PATH:
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix="ledger-", dir="/tmp"))
    return folder


def as_current_user() -> tuple[str, ...]:
    """A server refuses to run as root unless told to, and cannot become anyone else if not."""
    return ("--user=root",) if os.geteuid() == 0 else ()


def new_server(options: Sequence[str] = (), name: str = "") -> PrivateServer:
    """A started private server of the kind that the tests run on, or of the one named; or
    ServerMissingError with what there is to install."""
    try:
        import MySQLdb  # noqa: F401
    except ImportError as error:
        raise ServerMissingError("mysqlclient is not installed in this environment") from error
    name = name or server_of_the_tests()
    kind = MysqlServer if name.startswith("mysql") else PrivateServer
    server = kind(options, name)
    server.start()
    return server


# The plugin: options, environment, markers, and in CI the rule that nothing is skipped.

running = pytest.StashKey[PrivateServer]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("databases").addoption(
        "--database",
        default="sqlite",
        help="the database to test on: a SQLite file (sqlite), or a private server: mariadb, "
        "mysql or another name in .servers/",
    )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, Any]:
    """Set the environment. A wrapper, so that it runs before pytest-django's setup."""
    # A worker of pytest-xdist inherits its controller's environment.
    if "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ.update(TEST_ENVIRONMENT)
        os.environ["DATABASE_URL"] = prepare_database(early_config)
    return (yield)


def prepare_database(config: pytest.Config) -> str:
    """Make the database of the options, removed at the end of the session; returns its URL."""
    # End on SIGTERM as on Ctrl-C, so that no server is left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if config.known_args_namespace.database == "sqlite":
        folder = temporary_folder()
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        return f"sqlite:///{folder / DATABASE_NAME}.sqlite3"
    os.environ[SERVER_VARIABLE] = config.known_args_namespace.database
    try:
        server = config.stash[running] = new_server(WITHOUT_DISK)
    except ServerMissingError as error:
        raise pytest.UsageError(str(error)) from error
    config.add_cleanup(server.remove)
    server.create_database(DATABASE_NAME)
    return server.url(DATABASE_NAME)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: in tests/browser, needs a real browser")
    config.addinivalue_line("markers", "faults: in tests/faults, slow, kills servers and processes")
    config.addinivalue_line("markers", "cluster: in tests/cluster, for `make test-cluster` alone")
    config.addinivalue_line("markers", "slow: many examples or processes, left out of `make check`")
    config.addinivalue_line("markers", "once: other tests ask the same of each database")
    config.addinivalue_line(
        "markers", "database(kind): for sqlite, mariadb, mysql or any server, left out elsewhere"
    )
    if os.environ.get("CI") == "true" and "PYTEST_XDIST_WORKER" not in os.environ:
        config.pluginmanager.register(NothingSkipped())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by their folder, and deselect those of the other database."""
    for item in items:
        for folder in {"browser", "faults", "cluster"} & {
            parent.name for parent in item.path.parents
        }:
            item.add_marker(folder)
    if nowhere := [item.nodeid for item in items if runs_nowhere(item)]:
        raise pytest.UsageError(f"`once` is on SQLite, which these are not for: {nowhere}")
    found: dict[bool, list[pytest.Item]] = {True: [], False: []}
    for item in items:
        found[is_meant_for(config.option.database, item)].append(item)
    config.hook.pytest_deselected(items=found[False])
    items[:] = found[True]


def runs_nowhere(item: pytest.Item) -> bool:
    """`make test` runs what is `once` on SQLite alone."""
    return item.get_closest_marker("once") is not None and not is_meant_for("sqlite", item)


def is_meant_for(database: str, item: pytest.Item) -> bool:
    marker = item.get_closest_marker("database")
    kind, *_more = database.split("-")
    kinds = {kind} if kind == "sqlite" else {kind, "server"}
    return marker is None or not kinds.isdisjoint(marker.args)


@pytest.fixture(scope="session")
def database_server(pytestconfig: pytest.Config) -> Iterator[PrivateServer]:
    """The server that the tests run on, on SQLite a MariaDB; not to be killed: others share it."""
    server = pytestconfig.stash.get(running, None)
    if server is not None:
        yield server
        return
    try:
        server = new_server(WITHOUT_DISK)
    except ServerMissingError as error:
        pytest.skip(str(error))
    yield server
    server.remove()


class NothingSkipped:
    """In CI, skipped tests and expected failures count as failures."""

    def __init__(self) -> None:
        self.skipped: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.skipped and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.skipped:
            terminalreporter.line(f"CI=true lets nothing be skipped: {', '.join(self.skipped)}")
