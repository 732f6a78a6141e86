"""Adopted mode under exactly the rights that `adopt_database --grants` prints."""

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.adoption.conftest import ADOPTED, Live

pytestmark = pytest.mark.database("server")

ACCOUNT = "'ledger'@'localhost'"
CALL = {"user_id": 1, "job_id": 11, "api_endpoint": "/chat-messages", "cost": "0.5"}


@pytest.fixture
def account(live: Live) -> Iterator[None]:
    live.execute(f"CREATE USER {ACCOUNT}")
    yield
    live.execute(f"DROP USER {ACCOUNT}")


def least(live: Live) -> Live:
    """The live database, as seen by the account that has the documented rights and no others."""
    printed = live.manage("adopt_database", "--grants", ACCOUNT)
    assert printed.returncode == 0
    live.execute(*(line for line in printed.stdout.splitlines() if line.startswith("GRANT")))
    return replace(live, url=live.url.replace("root@", "ledger@"))


def runs(live: Live, *arguments: str) -> str:
    done = live.manage(*arguments, **ADOPTED)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_all_of_it_runs(live: Live, account: None) -> None:
    ledger = least(live)
    before = live.definitions(), live.tables()
    looked = runs(ledger, "adopt_database")
    assert "as ledger@localhost" in looked
    assert "differs  rights on dt_api_usage_stats: DELETE is lacking." in looked
    runs(ledger, "migrate", "-v0")
    runs(ledger, "fold_usage")
    runs(ledger, "verify_usage")
    told = ("--thresholds", "1", "--mail", "ann@example.com")
    runs(ledger, "set_budget", "all", "--amount", "0.0001", "--currency", "USD", *told)
    runs(ledger, "run_jobs")
    answers = ledger.ask(
        ("POST", "/api/v1/calls/", CALL),
        ("POST", "/api/v1/calls/", [CALL, CALL]),
        ("GET", "/api/v1/calls/"),
        ("GET", "/api/v1/statistics/top-users/"),
        ("GET", "/admin/"),
        ("GET", "/admin/stats/apiusagestats/?period=all"),
        ("GET", "/admin/stats/enduser/"),
        ("GET", "/admin/reports/notices/"),
    )
    assert [status for status, _text in answers] == [201, 201, 200, 200, 200, 200, 200, 200]
    assert len(json.loads(answers[2][1])["results"]) == 11
    closing_needs_no_more(live, ledger)
    purging_needs_one_more(live, ledger)
    runs(ledger, "release_database", "--yes")
    # The calls recorded here stay, unless somebody removes them.
    live.execute(
        "DELETE FROM dt_api_usage_stats WHERE id > 250",
        "ALTER TABLE dt_api_usage_stats AUTO_INCREMENT = 251",
    )
    assert (live.definitions(), live.tables()) == before


def closing_needs_no_more(live: Live, ledger: Live) -> None:
    """Of what is not ours, nothing is written."""
    for name in ("ann", "bob"):
        password = {"DJANGO_SUPERUSER_PASSWORD": "secret"}
        account = ("createsuperuser", "--noinput", "--username", name, "--email", "a@example.com")
        assert ledger.manage(*account, **ADOPTED, **password).returncode == 0
    runs(ledger, "verify_usage")
    before, close = live.rows(), ("close_month", "2024-01", "--by", "ann")
    refused = ledger.manage(*close, **ADOPTED)
    accepted = re.findall(r"--accept-unknown (\d+)", refused.stderr)
    closed = runs(ledger, *close, "--accept-unknown", *accepted) if accepted else refused.stdout
    assert closed.startswith("2024-01 is closed: entry 1, ")
    assert live.rows() == before
    live.execute(
        "UPDATE dt_api_usage_stats SET cost = 77 WHERE created_at LIKE '2024-01-%' LIMIT 1"
    )
    assert "Adjusted: 2024-01, " in runs(ledger, "verify_usage")
    assert runs(ledger, "verify_closings") == "2 entries: all fits.\n"
    runs(ledger, "reopen_month", "2024-01", "--by", "ann", "--reason", "a wrong price")
    runs(ledger, "reopen_month", "2024-01", "--by", "bob", "--agree")


def purging_needs_one_more(live: Live, ledger: Live) -> None:
    # Folds of the last hour are kept from purging.
    live.execute("DELETE FROM stats_foldedchunk")
    purge = ("purge_calls", "--open-months-too", "--before", "2024-02-01")
    assert ledger.manage(*purge, **ADOPTED).returncode != 0
    live.execute(f"GRANT DELETE ON `{live.name}`.dt_api_usage_stats TO {ACCOUNT}")
    assert runs(ledger, *purge) == "4 calls removed; their sums are kept.\n"


def test_without_them_it_says_what_is_lacking(live: Live, account: None) -> None:
    live.execute(f"GRANT SELECT ON `{live.name}`.* TO {ACCOUNT}")
    ledger = replace(live, url=live.url.replace("root@", "ledger@"))
    done = ledger.manage("adopt_database")
    assert done.returncode == 1
    for sentence in (
        "rights on dt_api_usage_stats: INSERT is lacking",
        "rights on the database: CREATE TEMPORARY TABLES is lacking",
        "rights on own tables: INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES is",
    ):
        assert f"blocks   {sentence}" in done.stdout


def test_an_account_is_wanted_as_grant_wants_it(live: Live) -> None:
    done = live.manage("adopt_database", "--grants", "ledger")
    assert (done.returncode, done.stdout) == (1, "")
    assert "'name'@'host'" in done.stderr


VIEWS = ["usage_by_day", "usage_by_user_day"]


def views(live: Live) -> list[str]:
    rows = live.execute(
        "SELECT table_name FROM information_schema.views "
        f"WHERE table_schema = '{live.name}' ORDER BY 1"
    )
    return [name for (name,) in rows]


class TestTheViews:
    def test_are_made_under_these_rights_and_read_with_less(
        self, live: Live, account: None
    ) -> None:
        """A BI tool's account has a right to the views alone."""
        ledger = least(live)
        looked = runs(ledger, "adopt_database")
        assert "fits     rights on own views: SELECT, CREATE, CREATE VIEW" in looked
        runs(ledger, "migrate", "-v0")
        assert views(live) == VIEWS
        live.execute("CREATE USER 'bi'@'localhost'")
        try:
            for view in VIEWS:
                live.execute(f"GRANT SELECT ON `{live.name}`.`{view}` TO 'bi'@'localhost'")
            with contextlib.closing(live.server.connect(live.name, user="bi")) as driver:
                cursor = driver.cursor()
                cursor.execute(
                    "SELECT user_name, SUM(calls) FROM usage_by_user_day "
                    "GROUP BY user_id, user_name ORDER BY user_id"
                )
                # Call 105 has no time.
                assert cursor.fetchall() == (("陳偉", 3), ("林雅婷", 3), ("系統管理員", 1))
        finally:
            live.execute("DROP USER 'bi'@'localhost'")
        runs(ledger, "release_database", "--yes")
        assert views(live) == []

    def test_are_not_there_where_a_right_is_lacking(self, live: Live, account: None) -> None:
        ledger = least(live)
        for view in VIEWS:
            live.execute(f"REVOKE CREATE VIEW ON `{live.name}`.`{view}` FROM {ACCOUNT}")
        looked = runs(ledger, "adopt_database")
        assert "differs  rights on own views: CREATE VIEW is lacking: there will be no" in looked
        said = runs(ledger, "migrate")
        assert "The views usage_by_day and usage_by_user_day were not made: " in said
        assert "All else works without them (docs/sql.md)." in said
        assert views(live) == []
        assert [status for status, _text in ledger.ask(("GET", "/admin/"))] == [200]
        runs(ledger, "release_database", "--yes")

    def test_do_not_take_the_place_of_theirs(self, live: Live) -> None:
        live.execute("CREATE TABLE usage_by_day (day DATE)")
        looked = runs(live, "adopt_database")
        assert "differs  names of views: There is usage_by_day of another application." in looked
        before = live.tables()
        said = runs(live, "migrate")
        assert "usage_by_day in this database is not of this application." in said
        released = runs(live, "release_database", "--yes")
        assert "usage_by" not in released
        assert live.tables() == before


@pytest.fixture
def role(live: Live, account: None) -> Iterator[str]:
    """A role that has all the documented rights; the account may take it."""
    printed = live.manage("adopt_database", "--grants", ACCOUNT).stdout.splitlines()
    live.execute(
        "CREATE ROLE keeps_a_ledger",
        *(line.replace(ACCOUNT, "keeps_a_ledger") for line in printed if line.startswith("GRANT")),
        f"GRANT keeps_a_ledger TO {ACCOUNT}",
    )
    yield "keeps_a_ledger"
    live.execute("DROP ROLE keeps_a_ledger")


def test_rights_may_come_by_a_role(live: Live, role: str) -> None:
    ledger = replace(live, url=live.url.replace("root@", "ledger@"))
    asleep = ledger.manage("adopt_database", **ADOPTED)
    assert asleep.returncode != 0
    is_mariadb = "MariaDB" in live.execute("SELECT VERSION()")[0][0]
    default = "SET DEFAULT ROLE {0} FOR {1}" if is_mariadb else "SET DEFAULT ROLE {0} TO {1}"
    live.execute(default.format(role, ACCOUNT))
    looked = runs(ledger, "adopt_database")
    assert "fits     rights on own tables" in looked, looked
    assert "fits     rights on own views" in looked
    assert "DELETE is lacking" in looked
    runs(ledger, "migrate", "-v0")
    runs(ledger, "fold_usage")
    runs(ledger, "release_database", "--yes")
