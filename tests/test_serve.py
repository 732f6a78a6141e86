"""What make run tells the server it starts: its settings, without installing anything."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.processes import PROJECT

# Nothing here depends on the database.
pytestmark = pytest.mark.database("sqlite")
# In place of Python: everything is installed, and what is started notes where mails lead.
PYTHON = """#!/bin/sh
case "$*" in *runserver*) echo "$SITE_URL" >served ;; esac
"""


@pytest.mark.parametrize(
    ("environment", "dotenv", "site"),
    [
        ({}, "", "http://localhost:8000"),
        ({"PORT": "8765"}, "", "http://localhost:8765"),
        ({}, "PORT=8766", "http://localhost:8766"),
        (
            {"PORT": "8765", "SITE_URL": "https://given.example.com"},
            "",
            "https://given.example.com",
        ),
        ({"PORT": "8765"}, "SITE_URL=https://kept.example.com", "https://kept.example.com"),
        # The settings know it from ALLOWED_HOSTS.
        ({"PORT": "8765", "DEBUG": "0"}, "", ""),
    ],
)
def test_mails_lead_to_the_port_it_serves(
    tmp_path: Path, environment: dict[str, str], dotenv: str, site: str
) -> None:
    shutil.copytree(PROJECT / ".ci", tmp_path / ".ci")
    shutil.copy(PROJECT / "requirements.txt", tmp_path)
    (tmp_path / ".env").write_text(f"{dotenv}\n")
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(PYTHON)
    python.chmod(0o755)
    subprocess.run(
        [tmp_path / ".ci/serve"],
        env={"PATH": os.environ["PATH"], "SECRET_KEY": "x", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (tmp_path / "served").read_text() == f"{site}\n"
