"""Judges the server, the database and names of tables."""

from collections.abc import Iterator

from stats.adoption.belongings import foreign_tables
from stats.adoption.facts import Facts, Server
from stats.adoption.findings import Finding, blocks, differs, fits
from stats.db.dialects import DIALECTS
from stats.ops.checks import LOGS_STATEMENTS, ROW_BASED_LOG
from stats.query.sql_views import VIEWS

STRICT = ("STRICT_ALL_TABLES", "STRICT_TRANS_TABLES")


def judge_surroundings(facts: Facts) -> Iterator[Finding]:
    """Findings from the server to the names of tables."""
    yield fits("connection", f"to database {facts.database} as {facts.account}")
    yield judge_version(facts.server)
    yield _sql_mode(facts.server)
    if facts.server.is_read_only:
        yield blocks(
            "server",
            "It is read-only, as a replica is.",
            "Point DATABASE_URL at the primary server.",
        )
    if facts.server.logs_statements:
        yield blocks("binary log", LOGS_STATEMENTS, ROW_BASED_LOG)
    yield _charset(facts)
    yield from _names(facts)


def judge_version(server: Server) -> Finding:
    """Blocks a server that is too old."""
    name = f"{server.product} {server.version_text}"
    oldest = DIALECTS[server.product].oldest_version
    if server.version >= oldest:
        return fits("server", name)
    wanted = ".".join(str(part) for part in oldest)
    return blocks("server", f"{name} is too old.", f"Upgrade it to {wanted} or later.")


def _sql_mode(server: Server) -> Finding:
    subject = "sql_mode"
    if not any(mode in server.session_sql_mode for mode in STRICT):
        return blocks(
            subject, "This session is not strict.", "Leave init_command out of DATABASE_URL."
        )
    if any(mode in server.global_sql_mode for mode in STRICT):
        return fits(subject, f"strict by default: {server.global_sql_mode}")
    return differs(
        subject,
        f"The server's default is not strict ({server.global_sql_mode or 'empty'}).",
        "Nothing: sessions of this application are.",
    )


def _charset(facts: Facts) -> Finding:
    subject = "character set"
    if facts.charset == "utf8mb4":
        return fits(subject, f"{facts.charset}, {facts.collation}")
    return differs(
        subject,
        f"New tables hold what {facts.charset} holds: names of accounts and keys may not fit.",
        f"ALTER DATABASE {facts.database} CHARACTER SET utf8mb4, which changes no table.",
    )


def _names(facts: Facts) -> Iterator[Finding]:
    foreign = foreign_tables(facts.table_names, facts.migrated_apps)
    if foreign:
        yield blocks(
            "names of tables",
            f"There are tables of another application with names of ours: {', '.join(foreign)}.",
            "This application cannot live in a database with another Django application.",
        )
    elif facts.migrated_apps:
        yield fits("names of tables", "This application's own tables are there already.")
    else:
        yield fits("names of tables", "None clashes with this application's own.")
        taken = sorted(facts.table_names & set(VIEWS))
        if taken:
            yield differs(
                "names of views",
                f"There is {', '.join(taken)} of another application.",
                "Nothing: it stays, and there will be no views of this one.",
            )
