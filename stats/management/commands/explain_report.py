from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.core.management.base import CommandError, CommandParser

from stats.core.periods import range_of_days
from stats.core.zones import reading_zone
from stats.db.explaining import Explained, explained
from stats.management.command import DatabaseCommand, add_days, days_between
from stats.query import engine
from stats.query.engine import TooManyCallsError
from stats.query.failures import failure_groups
from stats.query.first import first_jobs
from stats.query.latency import percentiles, percentiles_in_all_and_by_endpoint
from stats.query.selection import Selection

REPORTS: Mapping[str, Callable[[Selection], object]] = {
    "total": engine.total,
    "days": engine.by_day,
    "hours": engine.calls_by_hour,
    "users": engine.by_user,
    "top-users": engine.by_user_in_brief,
    "endpoints": engine.by_endpoint,
    "jobs": engine.by_job,
    "top-jobs": partial(first_jobs, figure="cost_units", most=100),
    "percentiles": percentiles,
    "endpoint-percentiles": percentiles_in_all_and_by_endpoint,
    "failures": failure_groups,
}


class Command(DatabaseCommand):
    help = "Prints the SQL of reports, readable, with its parameters and the database's plan."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "names", nargs="+", choices=REPORTS, metavar="NAME", help=", ".join(REPORTS)
        )
        add_days(parser)
        parser.add_argument("--user", type=int, metavar="ID")
        parser.add_argument("--job", type=int, metavar="ID")
        parser.add_argument("--endpoint")

    def handle(self, *, names: list[str], **options: Any) -> None:
        selection = _selection(options)
        for name in names:
            try:
                statements = explained(partial(REPORTS[name], selection))
            except TooManyCallsError as error:
                raise CommandError(f"{name}: more calls than a page reads; narrow it.") from error
            for number, statement in enumerate(statements, 1):
                self._write(f"{name}, statement {number} of {len(statements)}", statement)

    def _write(self, title: str, statement: Explained) -> None:
        self.stdout.write(f"-- {title}\n{statement.text}\n")
        if statement.params:
            given = ", ".join(map(repr, statement.params))
            self.stdout.write(f"-- parameters: {given}")
        for step in statement.plan:
            self.stdout.write(f"-- plan: {' | '.join(step)}")
        self.stdout.write("")


def _selection(options: Mapping[str, Any]) -> Selection:
    """The calls that the arguments select. Raises `CommandError`."""
    users = () if options["user"] is None else (options["user"],)
    selection = Selection(user_ids=users, job_id=options["job"], endpoint=options["endpoint"])
    days = days_between(options["first"], options["last"])
    return selection.during(range_of_days(*days, reading_zone())) if days else selection
