"""Fixtures of all tests. Databases are in tests/databases.py."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import settings
from pytest_django import DjangoDbBlocker

from stats.ingest import closed_months, currencies
from stats.query.group_names import forget_group_names
from tests import emptying
from tests.processes import NODE_MODULES, PROJECT, manage

# Processes that tests start import the client too.
os.environ["PYTHONPATH"] = str(PROJECT / "clients/python")

# No deadlines, since a busy machine is slow. Everything else is Hypothesis's default: in CI the
# same examples each time.
current = settings.get_profile(settings.get_current_profile_name())
settings.register_profile("patient", current, deadline=None)
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Reset the language: a thread keeps that of its last request."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def another_ledger() -> None:
    """Clear the caches of this process, since each test has another ledger."""
    currencies._found.clear()
    forget_group_names()
    closed_months.forget()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database, which tests with transactions empty but for what migrations put there."""
    with django_db_blocker.unblock():
        empty = emptying.Emptying()
    with pytest.MonkeyPatch.context() as patch:
        restart = staticmethod(emptying.restart_ids)
        patch.setattr(TransactionTestCase, "_reset_sequences", restart)
        # A function, so that it becomes a method.
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda test: empty(test))
        yield


@pytest.fixture(scope="session")
def collected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process with collected static files, as in a deployment."""
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.collected",
        "STATIC_ROOT": str(tmp_path_factory.mktemp("static")),
    }
    done = manage("collectstatic", "--noinput", "--verbosity=0", **environment)
    assert done.returncode == 0, done.stderr
    return environment


@pytest.fixture
def tools() -> dict[str, str]:
    """An environment whose PATH leads to Node and what is installed for it."""
    # npm installs all or nothing, and this came last.
    if not (NODE_MODULES / "ai").exists():
        pytest.skip("npm has not installed tests/node: its registry was not reached")
    folders = (NODE_MODULES / ".bin", Path(sys.executable).parent, os.environ["PATH"])
    return {**os.environ, "PATH": ":".join(map(str, folders)), "REDOCLY_TELEMETRY": "off"}
