"""The document as it is served."""

from pathlib import Path

import pytest
from django.test import Client


@pytest.fixture
def document(client: Client, tmp_path: Path) -> Path:
    """The OpenAPI document in a file of an otherwise empty folder."""
    path = tmp_path / "ledger.json"
    path.write_bytes(client.get("/api/v1/schema/").content)
    return path
