"""Node's tools, which `make test` puts into tests/node, and the document as it is served."""

import os
import sys
from pathlib import Path

import pytest
from django.test import Client

NODE_MODULES = Path(__file__).parents[1] / "node/node_modules"


@pytest.fixture
def tools() -> dict[str, str]:
    """An environment whose PATH leads to the generators, the linters and the compiler."""
    if not (NODE_MODULES / ".bin/tsc").exists():
        pytest.skip("npm has not installed tests/node: its registry was not reached")
    folders = (NODE_MODULES / ".bin", Path(sys.executable).parent, os.environ["PATH"])
    return {**os.environ, "PATH": ":".join(map(str, folders)), "REDOCLY_TELEMETRY": "off"}


@pytest.fixture
def document(client: Client, tmp_path: Path) -> Path:
    """The OpenAPI document in a file of an otherwise empty folder."""
    path = tmp_path / "ledger.json"
    path.write_bytes(client.get("/api/v1/schema/").content)
    return path
