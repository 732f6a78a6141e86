"""Folding at once: what is committed need not have been there for some seconds."""

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def no_margin(settings: Any) -> None:
    settings.FOLD_MARGIN_SECONDS = 0
