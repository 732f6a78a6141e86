"""What docs/deploy/ and usage_project/gunicorn.py say is understood by those it is said to."""

import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import PROJECT, Done, manage, python

# Nothing here depends on the database.
pytestmark = pytest.mark.database("sqlite")
DEPLOY = PROJECT / "docs/deploy"
INSTALLED = "/srv/usage-ledger"
UNITS = sorted(path.name for path in DEPLOY.glob("usage-ledger*.[!e]*"))


def gunicorn(*options: str, **environment: str) -> Done:
    return python("-m", "gunicorn", "-c", "usage_project/gunicorn.py", *options, **environment)


def test_gunicorn_takes_the_configuration() -> None:
    done = gunicorn("--check-config")
    assert done.returncode == 0, done.stderr


def test_gunicorn_knows_each_name_of_it() -> None:
    """One that it does not know it would pass over in silence."""
    printed = gunicorn("--print-config", PORT="8123", WEB_CONCURRENCY="3").stdout.splitlines()
    made_of_it = dict(line.replace(" ", "").split("=", 1) for line in printed if " = " in line)
    assert {name: made_of_it.get(name) for name in EXPECTED} == EXPECTED


EXPECTED = {
    "wsgi_app": "usage_project.wsgi",
    "bind": "['127.0.0.1:8123']",
    "workers": "3",
    "worker_class": "gthread",
    "threads": "4",
    "timeout": "60",
    "graceful_timeout": "30",
    "keepalive": "75",
    "limit_request_line": "8190",
    "max_requests": "50000",
    "max_requests_jitter": "5000",
    "preload_app": "True",
    "control_socket_disable": "True",
    "accesslog": "None",
    "forwarded_allow_ips": "[]",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "changeme"),
        ("ALLOWED_HOSTS", "*"),
        ("PORT", "http"),
        ("WEB_CONCURRENCY", "0"),
    ],
)
@pytest.mark.parametrize("options", [(), ("--check-config",)])
def test_a_wrong_setting_ends_the_start_with_one_sentence(
    name: str, value: str, options: tuple[str, ...]
) -> None:
    done = gunicorn(*options, **{name: value})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Usage Ledger does not start: {name}")
    assert done.stderr.count("\n") == 1


def test_the_environment_of_the_example_starts_once_it_has_a_key(
    collected: dict[str, str],
) -> None:
    pytest.importorskip("MySQLdb", reason="mysqlclient is not installed in this environment")
    example = (DEPLOY / "usage-ledger.env").read_text().splitlines()
    settings = dict(line.split("=", 1) for line in example if line and line[0] != "#")
    assert "SECRET_KEY" in manage("check", **settings).stderr
    settings["SECRET_KEY"] = secrets.token_urlsafe(50)
    done = manage("check", "--deploy", "--fail-level", "WARNING", **settings, **collected)
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (Debian: apt-get install systemd)")
    # It looks whether programs are there.
    programs = tmp_path / "installed/.venv/bin"
    programs.mkdir(parents=True)
    for name in ("gunicorn", "python"):
        (programs / name).symlink_to(sys.executable)
    units = [tmp_path / name for name in UNITS]
    for unit in units:
        text = (DEPLOY / unit.name).read_text()
        unit.write_text(text.replace(INSTALLED, str(tmp_path / "installed")))
    verified = subprocess.run(
        ["systemd-analyze", "verify", *map(str, units)], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("unit", [name for name in UNITS if name.endswith(".service")])
def test_the_commands_of_the_units_exist(unit: str) -> None:
    lines = (DEPLOY / unit).read_text().splitlines()
    commands = [line.removeprefix("ExecStart=") for line in lines if line.startswith("ExecStart=")]
    assert commands
    for command in commands:
        program, *arguments = command.removeprefix(f"{INSTALLED}/").split()
        assert program in {".venv/bin/gunicorn", ".venv/bin/python"}
        asked = (
            gunicorn("--check-config")
            if program.endswith("gunicorn")
            else python(*arguments, "--help")
        )
        assert asked.returncode == 0, asked.stderr
