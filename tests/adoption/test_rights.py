"""Adopted mode under exactly the rights that `adopt_database --grants` prints."""

import json
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
    answers = ledger.ask(
        ("POST", "/api/v1/calls/", CALL),
        ("POST", "/api/v1/calls/", [CALL, CALL]),
        ("GET", "/api/v1/calls/"),
        ("GET", "/api/v1/statistics/top-users/"),
        ("GET", "/admin/"),
        ("GET", "/admin/stats/apiusagestats/?period=all"),
        ("GET", "/admin/stats/enduser/"),
    )
    assert [status for status, _text in answers] == [201, 201, 200, 200, 200, 200, 200]
    assert len(json.loads(answers[2][1])["results"]) == 11
    purging_needs_one_more(live, ledger)
    runs(ledger, "release_database", "--yes")
    # The calls recorded here stay, unless somebody removes them.
    live.execute(
        "DELETE FROM dt_api_usage_stats WHERE id > 250",
        "ALTER TABLE dt_api_usage_stats AUTO_INCREMENT = 251",
    )
    assert (live.definitions(), live.tables()) == before


def purging_needs_one_more(live: Live, ledger: Live) -> None:
    # Folds of the last hour are kept from purging.
    live.execute("DELETE FROM stats_foldedchunk")
    purge = ("purge_calls", "--before", "2024-02-01")
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
