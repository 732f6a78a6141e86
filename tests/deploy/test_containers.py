"""The Dockerfile and compose.yaml, as far as that goes without a container engine."""

import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from tests.processes import PROJECT

# Nothing here depends on the database.
pytestmark = pytest.mark.database("sqlite")
DEPLOY = PROJECT / "docs/deploy"
INSTRUCTIONS = {"FROM", "RUN", "COPY", "ENV", "WORKDIR", "USER", "EXPOSE", "CMD"}


def instructions() -> list[tuple[str, str]]:
    """Those of the Dockerfile with their arguments, continued lines joined."""
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, rest) for name, _blank, rest in (line.partition(" ") for line in lines)]


def copied() -> list[tuple[str, str]]:
    """What the image gets from the project's folder: source and destination."""
    copies = [rest.split() for name, rest in instructions() if name == "COPY"]
    return [(source, target) for source, target in (each for each in copies if len(each) == 2)]


def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return content


def ours() -> dict[str, Any]:
    """The services that run this application."""
    return {name: service for name, service in compose()["services"].items() if "build" in service}


def test_the_dockerfile_has_instructions_alone() -> None:
    assert {name for name, _rest in instructions()} == INSTRUCTIONS


def test_what_is_copied_is_let_through_and_nothing_else() -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == {
        source for source, _target in copied()
    }


@pytest.mark.slow
def test_what_is_copied_is_enough_to_start_from(tmp_path: Path) -> None:
    """The step that collects static files, and the checks, in a folder that has only that."""
    for source, target in copied():
        original = PROJECT / source
        if original.is_dir():
            shutil.copytree(original, tmp_path / target)
        else:
            shutil.copy(original, tmp_path / target)
    environment = {"SECRET_KEY": secrets.token_urlsafe(50), "PATH": "/usr/bin:/bin"}
    for command in (("collectstatic", "--noinput"), ("check",)):
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "staticfiles/staticfiles.json").exists()


def test_the_services_are_ours_and_those_we_need() -> None:
    assert set(compose()["services"]) == {"web", "jobs", "migrate", "database", "redis"}
    assert set(ours()) == {"web", "jobs", "migrate"}


def test_the_build_finds_its_files() -> None:
    for service in ours().values():
        context = (DEPLOY / service["build"]["context"]).resolve()
        assert context == PROJECT
        assert (context / service["build"]["dockerfile"]).exists()


def test_every_variable_is_one_that_the_settings_read() -> None:
    known = (PROJECT / "usage_project/settings.py").read_text()
    known += (PROJECT / "usage_project/environment.py").read_text()
    for service in ours().values():
        for name in service["environment"]:
            assert f'"{name}"' in known


def test_secrets_have_no_defaults() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    for name in ("SECRET_KEY", "DATABASE_PASSWORD"):
        uses = re.findall(rf"\$\{{{name}(.*?)\}}", text)
        assert uses
        assert all(use.startswith(":?") for use in uses)


def test_every_command_is_one_of_ours() -> None:
    commands = [service["command"] for service in ours().values() if "command" in service]
    assert commands
    for python, script, command, *_options in commands:
        assert (python, script) == ("python", "manage.py")
        assert command in get_commands()


def test_only_this_machine_reaches_it() -> None:
    """A proxy with TLS stands before it."""
    for service in compose()["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_whoever_waits_for_another_waits_for_one_that_is_there() -> None:
    services = compose()["services"]
    for service in services.values():
        for name, condition in service.get("depends_on", {}).items():
            is_checked = condition["condition"] == "service_healthy"
            assert is_checked == ("healthcheck" in services[name])
