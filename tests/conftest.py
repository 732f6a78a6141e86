"""What all tests share; the databases come from tests/databases.py."""

from collections.abc import Iterator

import pytest
from django.utils import translation
from hypothesis import settings

# A busy machine is slow, and that is no finding. The rest stays as Hypothesis chose it: in CI
# the same examples each time.
current = settings.get_profile(settings.get_current_profile_name())
settings.register_profile("patient", current, deadline=None)
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """The last request of a test may have been in another language, which its thread keeps."""
    with translation.override("en"):
        yield
