"""The judgement of facts, for servers and clocks that are not at hand."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from stats.adoption import clock, rights
from stats.adoption.belongings import foreign_tables, own_tables
from stats.adoption.facts import CALLS, Facts, Server, Table
from stats.adoption.findings import Verdict
from stats.adoption.surroundings import judge_surroundings, judge_version

pytestmark = pytest.mark.once

STRICT = "STRICT_TRANS_TABLES"
UTC_NOW = datetime(2026, 11, 24, 8, 30, 10)
SERVER = Server(
    product="MariaDB",
    version=(10, 11, 6),
    version_text="10.11.6-MariaDB",
    global_sql_mode=STRICT,
    session_sql_mode=STRICT,
    is_read_only=False,
    logs_statements=False,
    utc_now=UTC_NOW,
    offset=timedelta(hours=8),
)
FACTS = Facts(
    database="translator",
    account="ledger@%",
    charset="utf8mb4",
    collation="utf8mb4_general_ci",
    server=SERVER,
    grants=(),
    tables={CALLS: Table(CALLS, "InnoDB", "utf8mb4_general_ci", 10, 3, (), ())},
    table_names=frozenset({CALLS}),
    migrated_apps=frozenset(),
    newest=None,
)


@pytest.mark.parametrize(
    ("product", "version", "verdict"),
    [
        ("MariaDB", (10, 5, 27), Verdict.BLOCKS),
        ("MariaDB", (10, 6, 0), Verdict.FITS),
        ("MariaDB", (11, 4, 2), Verdict.FITS),
        ("MySQL", (5, 7, 44), Verdict.BLOCKS),
        ("MySQL", (8, 0, 10), Verdict.BLOCKS),
        ("MySQL", (8, 0, 11), Verdict.FITS),
        ("MySQL", (8, 4, 3), Verdict.FITS),
    ],
)
def test_versions(product: str, version: tuple[int, ...], verdict: Verdict) -> None:
    found = judge_version(replace(SERVER, product=product, version=version))
    assert found.verdict == verdict
    assert bool(found.advice) == (verdict == Verdict.BLOCKS)


def verdicts(facts: Facts) -> dict[str, Verdict]:
    return {found.subject: found.verdict for found in judge_surroundings(facts)}


def test_a_server_that_is_not_strict_differs_and_a_session_that_is_not_blocks() -> None:
    lenient = replace(SERVER, global_sql_mode="")
    assert verdicts(replace(FACTS, server=lenient))["sql_mode"] == Verdict.DIFFERS
    session = replace(lenient, session_sql_mode="")
    assert verdicts(replace(FACTS, server=session))["sql_mode"] == Verdict.BLOCKS


def test_a_binary_log_of_statements_blocks() -> None:
    assert "binary log" not in verdicts(FACTS)
    server = replace(SERVER, logs_statements=True)
    assert verdicts(replace(FACTS, server=server))["binary log"] == Verdict.BLOCKS


def test_a_replica_cannot_be_adopted() -> None:
    replica = replace(FACTS, server=replace(SERVER, is_read_only=True))
    assert verdicts(FACTS)["server"] == Verdict.FITS
    assert verdicts(replica)["server"] == Verdict.BLOCKS


@pytest.mark.parametrize(
    ("newest", "idle_seconds", "hours"),
    [
        (UTC_NOW - timedelta(minutes=2), 120, 0),
        (UTC_NOW + timedelta(seconds=20), 1, 0),
        (UTC_NOW + timedelta(hours=8, seconds=-5), 5, 8),
        (UTC_NOW + timedelta(hours=5, minutes=30), 0, 5.5),
        (UTC_NOW - timedelta(hours=8), 0, -8),
        # Nobody wrote within minutes: whatever the row says, it says nothing.
        (UTC_NOW + timedelta(hours=8), 301, None),
        (UTC_NOW + timedelta(hours=8), None, None),
        # Written just now, but with a time of its own.
        (UTC_NOW - timedelta(minutes=8), 1, None),
        (UTC_NOW - timedelta(days=300), 1, None),
        (None, 1, None),
    ],
)
def test_the_zone_is_guessed_from_a_row_minutes_old(
    newest: datetime | None, idle_seconds: int | None, hours: float | None
) -> None:
    table = replace(FACTS.tables[CALLS], idle_seconds=idle_seconds)
    facts = replace(FACTS, newest=newest, tables={CALLS: table})
    expected = None if hours is None else timedelta(hours=hours)
    assert clock.guess_offset(facts) == expected


def test_another_zone_than_the_setting_s_is_told() -> None:
    facts = replace(FACTS, newest=UTC_NOW + timedelta(hours=8))
    fitting = clock.judge_clock(facts, ZoneInfo("Asia/Taipei"), "Asia/Taipei")
    wrong = clock.judge_clock(facts, ZoneInfo("UTC"), "UTC")
    assert (fitting.verdict, wrong.verdict) == (Verdict.FITS, Verdict.DIFFERS)
    assert "UTC+08:00" in wrong.advice
    unknown = clock.judge_clock(FACTS, ZoneInfo("UTC"), "UTC")
    assert unknown.sentence.startswith("Unknown")


@pytest.mark.parametrize(
    ("text", "table", "gives"),
    [
        ("GRANT ALL PRIVILEGES ON *.* TO `a`@`%` WITH GRANT OPTION", CALLS, True),
        ("GRANT SELECT, INSERT ON `translator`.* TO `a`@`%`", CALLS, True),
        ("GRANT SELECT ON `trans%`.* TO `a`@`%`", CALLS, True),
        ("GRANT SELECT ON `other`.* TO `a`@`%`", CALLS, False),
        ("GRANT SELECT ON `translator`.`dt_api_usage_stats` TO `a`@`%`", CALLS, True),
        ("GRANT SELECT ON `translator`.`dt_api_usage_stats` TO `a`@`%`", "dt_users", False),
        ("GRANT SELECT (`id`, `name`) ON `translator`.`dt_users` TO `a`@`%`", "dt_users", False),
        ("GRANT INSERT ON `translator`.* TO `a`@`%`", CALLS, False),
    ],
)
def test_grants_are_read(text: str, table: str, gives: bool) -> None:
    grant = rights.parse(text)
    assert grant is not None
    assert grant.gives("SELECT", "translator", table) == gives


def test_a_pattern_s_underscore_may_be_escaped() -> None:
    grant = rights.parse(r"GRANT SELECT ON `live\_db`.* TO `a`@`%`")
    assert grant is not None
    assert grant.gives("SELECT", "live_db", CALLS)
    assert not grant.gives("SELECT", "livexdb", CALLS)


def test_a_role_that_is_not_active_gives_nothing() -> None:
    own = "GRANT USAGE ON *.* TO `a`@`%`"
    without = list(rights.judge_rights(replace(FACTS, grants=(own,))))
    asleep = list(rights.judge_rights(replace(FACTS, grants=(own, "GRANT `reader` TO `a`@`%`"))))
    assert {found.verdict for found in without} == {Verdict.BLOCKS, Verdict.DIFFERS}
    assert asleep == without
    assert "SET DEFAULT ROLE" in asleep[0].advice


def test_tables_are_ours_if_all_that_was_migrated_is() -> None:
    present = [*own_tables(), CALLS]
    assert foreign_tables(present, {"stats", "auth"}) == []
    assert foreign_tables(present, {"stats", "shop"}) == own_tables()
    assert foreign_tables([CALLS, "auth_user"], set()) == ["auth_user"]
    assert foreign_tables([CALLS, "orders"], set()) == []
