"""Closed months on any database."""

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def no_margin(settings: Any) -> None:
    """A server's ids show late; here nobody writes meanwhile."""
    settings.FOLD_MARGIN_SECONDS = 0
