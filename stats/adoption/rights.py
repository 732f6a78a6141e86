"""The rights that adopted mode needs: checks SHOW GRANTS, writes GRANTs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stats.adoption.belongings import own_tables
from stats.adoption.facts import CALLS, JOBS, USERS, Facts
from stats.adoption.findings import Finding, blocks, differs, fits
from stats.query.sql_views import VIEWS

GRANT = re.compile(r"GRANT (?P<rights>.+?) ON (?:TABLE )?(?P<place>\S+) TO ", re.DOTALL)
OWN = ("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "INDEX", "REFERENCES")
# Of CREATE, only so that a right can be given before there is the view.
ON_VIEWS = ("SELECT", "CREATE", "CREATE VIEW", "SHOW VIEW", "DROP")
TEMPORARY = "CREATE TEMPORARY TABLES"
# An account in a GRANT: 'name'@'host'.
ACCOUNT = re.compile(r"'[^'\\]+'@'[^'\\]+'")
ADVICE = (
    "manage.py adopt_database --grants ACCOUNT prints what to grant. Rights of a role count while "
    "it is active (SET DEFAULT ROLE)."
)


@dataclass(frozen=True, slots=True)
class Grant:
    """Rights on a table, a database (`table` is `*`) or all (both are `*`). `database` is a LIKE
    pattern."""

    rights: frozenset[str]
    database: str
    table: str

    def gives(self, right: str, database: str, table: str) -> bool:
        """True if this grant gives a right on a table, or on the whole database (`*`)."""
        if not {right, "ALL PRIVILEGES"} & self.rights:
            return False
        if self.table == "*":
            return self.database == "*" or _is_like(database, self.database)
        return (self.database, self.table) == (database, table)


@dataclass(frozen=True, slots=True)
class Need:
    """Rights that are needed on tables, or on the database (`*`), and what fails without them."""

    subject: str
    rights: tuple[str, ...]
    tables: tuple[str, ...]
    why: str


def judge_rights(facts: Facts) -> Iterator[Finding]:
    """What the account may do, and what it lacks."""
    grants = [grant for text in facts.grants if (grant := parse(text))]
    for need in _needs():
        lacking = [
            (right, table)
            for table in need.tables
            for right in need.rights
            if not any(grant.gives(right, facts.database, table) for grant in grants)
        ]
        yield _rights(need, lacking)
    yield _viewing(grants, facts.database)
    yield _purging(grants, facts.database)


def grant_statements(database: str, account: str) -> list[str]:
    """The GRANTs for an account such as `'ledger'@'10.0.0.%'`.

    Raises `ValueError` for what is no account in quotation marks.
    """
    if not ACCOUNT.fullmatch(account):
        raise ValueError(
            f"{account} is no account: write it 'name'@'host', quotation marks included."
        )
    pattern = re.sub("([_%])", r"\\\1", database)
    return [
        f"GRANT SELECT ON `{database}`.`{USERS}` TO {account};",
        f"GRANT SELECT ON `{database}`.`{JOBS}` TO {account};",
        f"GRANT SELECT, INSERT ON `{database}`.`{CALLS}` TO {account};",
        f"GRANT {TEMPORARY} ON `{pattern}`.* TO {account};",
        *(
            f"GRANT {', '.join(OWN)} ON `{database}`.`{table}` TO {account};"
            for table in own_tables()
        ),
        *(f"GRANT {', '.join(ON_VIEWS)} ON `{database}`.`{view}` TO {account};" for view in VIEWS),
        "-- For adopt_database --create-indexes and release_database --drop-indexes alone:",
        f"-- GRANT INDEX ON `{database}`.`{CALLS}` TO {account};",
        "-- For purge_calls alone:",
        f"-- GRANT DELETE ON `{database}`.`{CALLS}` TO {account};",
    ]


def parse(text: str) -> Grant | None:
    """Parse a line of SHOW GRANTS; None if it gives no rights on tables."""
    match = GRANT.match(text)
    if match is None or "." not in match["place"]:
        return None
    # Rights on single columns are no right on the table.
    rights = re.sub(r"\w+ \([^)]*\)", "", match["rights"]).split(",")
    database, table = (part.strip("`") for part in match["place"].split(".", 1))
    return Grant(frozenset(right.strip() for right in rights), database, table)


def _needs() -> Iterator[Need]:
    for table in (USERS, JOBS):
        yield Need(f"rights on {table}", ("SELECT",), (table,), "it cannot be read.")
    subject = f"rights on {CALLS}"
    yield Need(subject, ("SELECT", "INSERT"), (CALLS,), "calls cannot be read and recorded.")
    yield Need("rights on the database", (TEMPORARY,), ("*",), "calls cannot be summed up.")
    yield Need("rights on own tables", OWN, tuple(own_tables()), "migrate cannot make them.")


def _rights(need: Need, lacking: list[tuple[str, str]]) -> Finding:
    if not lacking:
        return fits(need.subject, ", ".join(need.rights))
    rights = ", ".join(dict.fromkeys(right for right, _table in lacking))
    return blocks(need.subject, f"{rights} is lacking: {need.why}", ADVICE)


def _purging(grants: list[Grant], database: str) -> Finding:
    subject = f"rights on {CALLS}"
    if any(grant.gives("DELETE", database, CALLS) for grant in grants):
        return fits(subject, "DELETE, for purge_calls")
    return differs(
        subject, "DELETE is lacking.", "Nothing, unless purge_calls is to remove old calls."
    )


def _viewing(grants: list[Grant], database: str) -> Finding:
    subject = "rights on own views"
    lacking = [
        right
        for right in ON_VIEWS
        if not all(any(grant.gives(right, database, view) for grant in grants) for view in VIEWS)
    ]
    if not lacking:
        return fits(subject, f"{', '.join(ON_VIEWS)}, for {' and '.join(VIEWS)}")
    return differs(
        subject,
        f"{', '.join(lacking)} is lacking: there will be no {' and '.join(VIEWS)}.",
        f"Nothing, unless people are to read them with SQL; {ADVICE}",
    )


def _is_like(name: str, pattern: str) -> bool:
    wildcards = {"%": ".*", "_": "."}
    parts = re.findall(r"\\.|.", pattern)
    regex = "".join(wildcards.get(part) or re.escape(part.removeprefix("\\")) for part in parts)
    return re.fullmatch(regex, name) is not None
