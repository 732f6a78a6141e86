"""The SQL of typical questions, word for word, as `manage.py explain_report` prints it.

It stands in tests/data/sql/, a file for each question and database. Whoever changes how a question
is put together reads there what came of it.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from stats.db.explaining import explained
from stats.ingest.groups import set_group
from stats.management.commands.explain_report import REPORTS
from stats.models import EndUser
from stats.query.selection import Selection
from stats.reports.statistics import range_of
from tests.ledger import row, write
from tests.rollups.folded import fold_all

pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)

SQL = Path(__file__).parents[1] / "data" / "sql"
NOW = datetime(2026, 3, 10, 15, 30, 20, tzinfo=UTC)
WHOLE = ("2026-01-15", "2026-03-04")
CUT = ("2026-01-15T07:30:01", "2026-03-04T18:29:59")
QUESTIONS: dict[str, tuple[str, Selection]] = {
    "total_of_all_time": ("total", Selection()),
    "total_of_a_user": ("total", Selection(range_of(*WHOLE), user_ids=(1,))),
    "total_of_a_currency_cut_at_both_ends": ("total", Selection(range_of(*CUT), currency="USD")),
    "days": ("days", Selection(range_of(*WHOLE))),
    "days_of_a_group": ("days", Selection(range_of(*WHOLE), groups=("law",))),
    "days_of_failures": ("days", Selection(range_of(*WHOLE), success=False)),
    "top_users": ("top-users", Selection(range_of(*WHOLE))),
    "endpoints_of_two_users": ("endpoints", Selection(range_of(*WHOLE), user_ids=(1, 2))),
    "jobs": ("jobs", Selection(range_of(*WHOLE))),
    "top_jobs": ("top-jobs", Selection(range_of(*WHOLE), currency="USD")),
    "percentiles_of_an_endpoint": ("percentiles", Selection(range_of(*WHOLE), endpoint="/a")),
    "failures": ("failures", Selection(range_of(*WHOLE))),
}


@pytest.fixture(autouse=True)
def calls(settings: Any) -> Any:
    """Folded calls of three months, two that are not."""
    settings.FOLD_MARGIN_SECONDS = 0
    times = [datetime(2026, 1, 3, 5) + timedelta(hours=47 * n) for n in range(30)]
    write(*(row(created_at=at, success=n % 5 != 0) for n, at in enumerate(times)))
    with time_machine.travel(NOW, tick=False):
        fold_all(now=NOW)
        write(row(), row(created_at=None))
        for user, since in ((1, date(2025, 1, 1)), (2, date(2026, 2, 10))):
            EndUser.objects.get_or_create(pk=user)
            set_group(user, "law", since, NOW.date())
        yield


def file(name: str) -> Path:
    return SQL / f"{name}.{connection.vendor}.sql"


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_statement_is_the_one_that_was_read(name: str) -> None:
    report, selection = QUESTIONS[name]
    *_state, statement = explained(lambda: REPORTS[report](selection))
    assert statement.text + "\n" == file(name).read_text()
    assert statement.text.count("%s") == len(statement.params)
    assert statement.plan


def test_each_file_is_asserted_on() -> None:
    vendors = ("sqlite", "mysql")
    assert {path.name for path in SQL.iterdir()} == {
        f"{name}.{vendor}.sql" for name in QUESTIONS for vendor in vendors
    }


class TestTheCommand:
    def test_prints_statement_parameters_and_plan(self, capsys: Any) -> None:
        call_command(
            "explain_report", "total", "--user", "1", "--from", "2026-01-15", "--to", "2026-03-04"
        )
        printed = capsys.readouterr().out
        assert file("total_of_a_user").read_text() in printed
        assert "-- parameters: " in printed
        assert "-- plan: " in printed

    def test_folds_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def never(*_arguments: Any) -> None:
            raise AssertionError

        monkeypatch.setattr("stats.rollups.folding.LONG_TAIL", 1)
        monkeypatch.setattr("stats.rollups.folding.fold", never)
        call_command("explain_report", "total", "failures")

    @pytest.mark.parametrize(
        "arguments",
        [
            ["none"],
            ["total", "--from", "2026-01-15"],
            ["total", "--from", "2026-01-15", "--to", "2026-01-14"],
        ],
    )
    def test_a_wrong_argument_is_a_sentence(self, arguments: list[str]) -> None:
        with pytest.raises(CommandError):
            call_command("explain_report", *arguments)
