from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from stats.adoption import inspection, rights
from stats.adoption.belongings import wanted_indexes
from stats.adoption.findings import Finding, Verdict
from stats.db import online
from stats.db.dialects import dialect
from stats.db.online import IndexOn

STYLES = {Verdict.FITS: "SUCCESS", Verdict.DIFFERS: "WARNING", Verdict.BLOCKS: "ERROR"}


class Command(BaseCommand):
    help = (
        "Checks the database of DATABASE_URL and lists what fits, what differs and what blocks "
        "adopting it. Changes nothing. Exit status 1 if adopting cannot work."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--grants",
            metavar="ACCOUNT",
            help="only print the least GRANTs for an account such as 'ledger'@'%%'",
        )
        parser.add_argument(
            "--indexes",
            action="store_true",
            help="only print the statements for the missing indexes",
        )
        parser.add_argument(
            "--create-indexes",
            action="store_true",
            help="only create the missing indexes, when no transaction is open; in a quiet hour",
        )

    def handle(
        self, *, grants: str | None, indexes: bool, create_indexes: bool, **_options: Any
    ) -> None:
        if grants is not None:
            self._print_grants(grants)
        elif indexes or create_indexes:
            self._add_indexes(create=create_indexes)
        else:
            self._look()

    def _look(self) -> None:
        findings = inspection.inspect()
        self._print(findings)
        if not inspection.would_work(findings):
            number = _count(findings, Verdict.BLOCKS)
            raise CommandError(f"Adopting would not work ({number} in the way).")
        number = _count(findings, Verdict.DIFFERS)
        self.stdout.write(f"Adopting works ({number} differ, none is in the way).")

    def _add_indexes(self, *, create: bool) -> None:
        if not dialect().can_be_adopted:
            raise CommandError("Only MariaDB and MySQL can be adopted.")
        wanted = online.missing(wanted_indexes())
        if not wanted:
            self.stdout.write("No index is missing.")
        elif not create:
            lines = online.statements(wanted)
            self.stdout.write("\n".join(f"{line};" for line in lines))
        else:
            self._create(wanted)

    def _create(self, wanted: Iterable[IndexOn]) -> None:
        for index in wanted:
            try:
                online.create_index(index)
            except online.NotDoneError as error:
                raise CommandError(str(error)) from error
            self.stdout.write(f"Created {index.name}.")

    def _print_grants(self, account: str) -> None:
        try:
            statements = rights.grant_statements(str(connection.settings_dict["NAME"]), account)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(statements))

    def _print(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            style = getattr(self.style, STYLES[finding.verdict])
            verdict = style(f"{finding.verdict:<8}")
            self.stdout.write(f"{verdict} {finding.subject}: {finding.sentence}")
            if finding.advice:
                self.stdout.write(f"{'':8} → {finding.advice}")


def _count(findings: Iterable[Finding], verdict: Verdict) -> int:
    return sum(finding.verdict == verdict for finding in findings)
