"""What differs between databases stands in a dialect each; no other database is guessed at."""

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from stats.db.dialects import DIALECTS
from stats.db.dialects.base import Dialect
from stats.db.expressions import ExactText
from stats.db.rows import insert_rows
from stats.models import APIUsageStats


@pytest.fixture
def unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "vendor", "oracle")


@pytest.mark.usefixtures("unknown")
def test_a_check_refuses_an_unknown_database() -> None:
    (error,) = (message for message in run_checks() if message.id == "stats.E002")
    assert error.is_serious()
    assert "The database is oracle" in error.msg
    assert "MariaDB, MySQL and SQLite alone" in error.msg


def test_the_check_lets_a_known_database_pass() -> None:
    assert "stats.E002" not in {message.id for message in run_checks()}


@pytest.mark.django_db
@pytest.mark.usefixtures("unknown")
def test_its_first_statement_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="The database is oracle"):
        insert_rows("dt_users", ["id"], [[1]])
    with pytest.raises(ImproperlyConfigured, match="The database is oracle"):
        str(APIUsageStats.objects.values(text=ExactText("api_endpoint")).query)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_a_dialect_leaves_no_member_out(dialect: Dialect) -> None:
    assert [name for name in Dialect.__annotations__ if not hasattr(dialect, name)] == []
