"""The OpenAPI document has nothing that the usual linters call an error."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.database("sqlite")]


def complaints(command: list[str], document: Path, tools: dict[str, str]) -> str:
    """What the linter prints when it fails; nothing where it finds no error."""
    done = subprocess.run(
        [*command, document.name],
        cwd=document.parent,
        env=tools,
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stdout + done.stderr) if done.returncode else ""


def redocly(document: Path, tools: dict[str, str]) -> str:
    return complaints(["redocly", "lint", "--extends=recommended"], document, tools)


def spectral(document: Path, tools: dict[str, str]) -> str:
    (document.parent / "rules.yaml").write_text('extends: ["spectral:oas"]\n')
    return complaints(["spectral", "lint", "--ruleset=rules.yaml"], document, tools)


Linter = Callable[[Path, dict[str, str]], str]


@pytest.mark.parametrize("linter", [redocly, spectral])
def test_there_is_no_error(document: Path, tools: dict[str, str], linter: Linter) -> None:
    assert linter(document, tools) == ""


@pytest.mark.parametrize("linter", [redocly, spectral])
def test_an_error_would_be_found(document: Path, tools: dict[str, str], linter: Linter) -> None:
    document.write_text(document.read_text().replace('"operationId"', '"name"'))
    assert "users/{user_id}" in linter(document, tools).replace("~1", "/")
