"""What all tests share; the databases come from tests/databases.py."""

import os
from collections.abc import Iterator

import pytest
from django.utils import translation
from hypothesis import settings

from stats.ingest import currencies
from tests.processes import PROJECT, manage

# Processes that tests start import the client as well.
os.environ["PYTHONPATH"] = str(PROJECT / "clients/python")

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


@pytest.fixture(autouse=True)
def another_ledger() -> None:
    """What this process has seen in the ledger of one test is not in that of the next."""
    currencies.forget()


@pytest.fixture(scope="session")
def collected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process whose static files are collected, as where it is deployed."""
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.collected",
        "STATIC_ROOT": str(tmp_path_factory.mktemp("static")),
    }
    done = manage("collectstatic", "--noinput", "--verbosity=0", **environment)
    assert done.returncode == 0, done.stderr
    return environment
