"""Runs manage.py in a separate process."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# What `make test` installs with npm.
NODE_MODULES = PROJECT / "tests/node/node_modules"
Done = subprocess.CompletedProcess[str]


def manage(*arguments: str, **environment: str) -> Done:
    """Run manage.py in the tests' environment, with `environment` on top."""
    return python("manage.py", *arguments, **environment)


def python(*arguments: str, **environment: str) -> Done:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "usage_project.settings", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
