"""Inspects a live database, from the connection to the clock. Changes nothing."""

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.db import DatabaseError, NotSupportedError

from stats.adoption.clock import judge_clock, judge_zone
from stats.adoption.facts import JOBS, USERS, Facts
from stats.adoption.findings import Finding, Verdict, blocks
from stats.adoption.reading import read_facts
from stats.adoption.rights import judge_rights
from stats.adoption.surroundings import judge_surroundings
from stats.adoption.tables import (
    judge_indexes,
    judge_job_columns,
    judge_labels,
    judge_rows,
    judge_tables,
)
from stats.core.zones import column_zone
from stats.db.dialects import dialect


def inspect() -> list[Finding]:
    """Inspect the database of DATABASE_URL, adopted or not."""
    try:
        if not dialect().can_be_adopted:
            advice = "Set DATABASE_URL to mysql://user:password@host/name of the live database."
            return [blocks("connection", "Only MariaDB and MySQL can be adopted.", advice)]
        facts = read_facts()
    except NotSupportedError as error:
        return [blocks("server", f"{error}.", "MariaDB 10.6 or MySQL 8.0.11 and later will do.")]
    except DatabaseError as error:
        return [blocks("connection", f"The server says: {error}.", "Check DATABASE_URL.")]
    return list(judge(facts))


def judge(facts: Facts) -> Iterator[Finding]:
    """All findings, in the order in which an operator works."""
    yield from judge_surroundings(facts)
    yield from judge_rights(facts)
    yield from judge_tables(facts)
    yield from judge_labels(
        facts,
        {
            "USER_LABEL_COLUMN": (USERS, settings.USER_LABEL_COLUMN),
            "USER_GROUP_COLUMN": (USERS, settings.USER_GROUP_COLUMN),
            "JOB_LABEL_COLUMN": (JOBS, settings.JOB_LABEL_COLUMN),
        },
    )
    yield from judge_job_columns(
        facts, settings.JOB_LABEL_COLUMN, settings.JOB_STATUS_COLUMN, settings.JOB_EXTRA_COLUMNS
    )
    yield from judge_rows(facts)
    yield from judge_indexes(facts)
    yield from judge_zone(facts, settings.DATABASE_TIME_ZONE)
    yield judge_clock(facts, column_zone(), settings.DATABASE_TIME_ZONE)


def would_work(findings: Iterable[Finding]) -> bool:
    """True if no finding blocks adopting."""
    return all(finding.verdict != Verdict.BLOCKS for finding in findings)
