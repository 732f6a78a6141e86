"""How the browser is started: Debian's own chromium, never one that Playwright downloads."""

import os
import shutil
from typing import Any

ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


class ChromiumMissingError(Exception):
    """It is not installed."""


def launch_arguments() -> dict[str, Any]:
    """For Playwright's `launch`. Raises `ChromiumMissingError`."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise ChromiumMissingError("chromium is not installed (Debian: apt-get install chromium)")
    # Chromium's sandbox refuses to run as root.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": path, "args": [*ARGUMENTS, *sandbox]}
