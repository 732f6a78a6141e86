"""Judges the three tables: engine, columns, indexes, foreign keys, labels, size."""

from collections.abc import Iterator, Sequence

from stats.adoption.belongings import wanted_indexes
from stats.adoption.expected import NO_ADVICE, WANTED, judge
from stats.adoption.facts import CALLS, JOBS, TABLES, USERS, Column, Facts, Table
from stats.adoption.findings import Finding, blocks, differs, fits
from stats.db.dialects.base import MANY_IDS_USED

TEXTS = ("varchar", "char", "tinytext", "text", "mediumtext", "longtext")
# Types of columns with a few values.
STATES = (*TEXTS, "enum")
# Seconds per million calls and index, on a fast and on a slow machine.
SECONDS_PER_MILLION = (2, 20)
ADD_INDEXES = "Nothing; or in a quiet hour what adopt_database --indexes prints."
# What is slower without the index that begins with this column.
SLOWER = {
    "created_at": "lists, exports and parts of days read the whole table",
    "user_id": "the page and list of one user read all of their calls",
    "job_id": "the page and list of one job read all of its calls",
}
REFERENCES = {"user_id": USERS, "job_id": JOBS}


def judge_tables(facts: Facts) -> Iterator[Finding]:
    """Findings on each table and its columns."""
    for name in TABLES:
        table = facts.tables.get(name)
        if table is None:
            yield blocks(
                name,
                "There is no such table, or this account has no right to it.",
                "Check the name of the database in DATABASE_URL, and the rights.",
            )
        else:
            yield from _table(table)
            yield from _columns(table)


def judge_labels(facts: Facts, columns: dict[str, tuple[str, str]]) -> Iterator[Finding]:
    """Findings on label columns; `columns` maps a setting to its table and value."""
    for setting, (table_name, value) in columns.items():
        table = facts.tables.get(table_name)
        if table is not None:
            yield _label(setting, value, table)


def judge_job_columns(
    facts: Facts, label: str, status: str, extra: Sequence[str]
) -> Iterator[Finding]:
    """JOB_STATUS_COLUMN and JOB_EXTRA_COLUMNS, whose values are shown as they are."""
    table = facts.tables.get(JOBS)
    if table is None:
        return
    known = {"id", label.lower(), status.lower(), *map(str.lower, extra)}
    others = [
        column
        for column in table.columns
        if column.is_readable and column.name.lower() not in known
    ]
    states = [column.name for column in others if column.data_type in STATES]
    names = [column.name for column in others]
    yield from _shown("JOB_STATUS_COLUMN", [status] if status else [], table, states)
    yield from _shown("JOB_EXTRA_COLUMNS", extra, table, names)


def judge_rows(facts: Facts) -> Iterator[Finding]:
    """Findings on odd values, and on ids that run out."""
    if facts.odd is None:
        yield differs(CALLS, "Its rows could not be looked through.", NO_ADVICE)
        return
    if facts.odd.times:
        yield differs(
            f"{CALLS}.created_at",
            f"{facts.odd.times:,} calls have a time that no calendar has, such as 0000-00-00.",
            f"{NO_ADVICE} They count in all-time figures and in no dated one.",
        )
    if facts.odd.successes:
        yield differs(
            f"{CALLS}.success",
            f"{facts.odd.successes:,} calls have another value than 0 and 1.",
            f"{NO_ADVICE} They count as failed.",
        )
    if facts.ids_used >= MANY_IDS_USED:
        yield differs(
            f"{CALLS}.id",
            f"{facts.ids_used:.0%} of its ids are used: at the end of them no call can be written.",
            "Let the application that owns the table make it BIGINT in time.",
        )


def judge_indexes(facts: Facts) -> Iterator[Finding]:
    """Findings on the indexes that lists and reports need, and the time to create them."""
    table = facts.tables.get(CALLS)
    if table is None:
        return
    missing = 0
    for wanted in wanted_indexes():
        subject = f"index {wanted.name}"
        columns = ", ".join(wanted.columns)
        same = [
            index for index in table.indexes if index.is_plain and index.columns == wanted.columns
        ]
        if same:
            yield fits(subject, f"({columns}) is there, as {same[0].name}.")
            continue
        missing += 1
        if any(index.name == wanted.name for index in table.indexes):
            yield blocks(subject, "An index of this name has other columns.", "Rename that index.")
        else:
            yield differs(
                subject, f"({columns}) is missing: {SLOWER[wanted.columns[0]]}.", ADD_INDEXES
            )
    yield from _silent(facts)
    yield _size(table, missing + len(facts.silent_indexes))


def _table(table: Table) -> Iterator[Finding]:
    if table.engine.upper() == "INNODB":
        yield fits(table.name, f"{table.engine}, {table.collation}")
    elif table.engine == "VIEW":
        yield blocks(
            table.name,
            "It is a view.",
            "Point DATABASE_URL at the database that has the table itself.",
        )
    else:
        yield blocks(
            table.name,
            f"Its engine is {table.engine}: rows would be read while they are half written.",
            f"ALTER TABLE {table.name} ENGINE=InnoDB, by the application that owns it.",
        )
    if table.name == CALLS:
        yield from _references(table)


def _references(table: Table) -> Iterator[Finding]:
    there = {(column, target) for column, target, _id in table.references}
    for column, target in REFERENCES.items():
        subject = f"{table.name}.{column} → {target}"
        if (column, target) in there:
            yield fits(subject, "foreign key")
        else:
            yield differs(
                subject,
                f"There is no foreign key: calls may name a row that {target} does not have.",
                f"{NO_ADVICE} Such calls are shown by number.",
            )


def _columns(table: Table) -> Iterator[Finding]:
    wanted = [column for column in WANTED if column.table == table.name]
    for column in wanted:
        yield from judge(column, table.column(column.name))
    yield from _key(table)
    if table.name == CALLS:
        known = {column.name for column in wanted}
        yield from _extra([column for column in table.columns if column.name not in known])


def _key(table: Table) -> Iterator[Finding]:
    """Calls are inserted without an id, and lists read by the primary key."""
    subject = f"{table.name}.id"
    column = table.column("id")
    is_primary = any(
        index.name == "PRIMARY" and index.columns == ("id",) for index in table.indexes
    )
    if column and not is_primary:
        yield blocks(subject, "It is not the primary key.", f"Make id the key of {table.name}.")
    if column and table.name == CALLS and "auto_increment" not in column.extra.lower():
        yield blocks(subject, "It does not count by itself.", "Make it AUTO_INCREMENT.")


def _extra(columns: list[Column]) -> Iterator[Finding]:
    for column in columns:
        subject = f"{CALLS}.{column.name}"
        if column.is_filled_in:
            yield differs(subject, f"An extra column, {column.kind}.", "Nothing: it is left alone.")
        else:
            yield blocks(
                subject,
                f"An extra column, {column.kind}, NOT NULL and without a default: no call can be "
                "recorded here.",
                "Give the column a default.",
            )


def _label(setting: str, value: str, table: Table) -> Finding:
    texts = [column.name for column in table.columns if column.data_type in TEXTS]
    choice = ", ".join(texts) or "none"
    if not value:
        shown = "There are no groups" if "GROUP" in setting else "They are shown by number"
        return differs(
            setting, f"Not set. {shown}.", f"Set it to a text column of {table.name}: {choice}."
        )
    column = table.column(value)
    if column is not None and value in texts:
        return fits(setting, f"{table.name}.{value}, {column.kind}")
    what = "is no text" if column else "is not there"
    return blocks(setting, f"{table.name}.{value} {what}.", f"Set it to one of: {choice}.")


def _shown(
    setting: str, values: Sequence[str], table: Table, choice: Sequence[str]
) -> Iterator[Finding]:
    """Of a setting that names columns to show; `choice` are others that it could name."""
    choices = ", ".join(choice) or "none"
    for value in values:
        column = table.column(value)
        if column is not None and column.is_readable:
            yield fits(setting, f"{table.name}.{column.name}, {column.kind}")
        else:
            what = "is nothing to read" if column else "is not there"
            yield blocks(setting, f"{table.name}.{value} {what}.", f"There are also: {choices}.")
    if not values:
        columns = "columns" if setting.endswith("S") else "a column"
        advice = f"Set it to {columns} of {table.name}, if you like: {choices}."
        yield differs(setting, "Not set. Nothing is shown.", advice)


def _silent(facts: Facts) -> Iterator[Finding]:
    for name in facts.silent_indexes:
        yield differs(
            f"index {name}",
            "The server made it for a foreign key, and would drop it in silence for one of ours.",
            "adopt_database --indexes prints what first makes it one that stays.",
        )


def _size(table: Table, builds: int) -> Finding:
    subject = f"{table.name}, size"
    rows = f"About {table.rows:,} calls"
    if not builds:
        return fits(subject, f"{rows}; no index is to be built.")
    times = (_duration(table.rows * builds * seconds / 1e6) for seconds in SECONDS_PER_MILLION)
    roughly = " to ".join(dict.fromkeys(times))
    return fits(subject, f"{rows}; building {builds} indexes takes roughly {roughly}.")


def _duration(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"
