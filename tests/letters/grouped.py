"""python -m tests.letters.grouped: letters of a ledger whose users have groups, in JSON.

Groups are a column that the model has from its settings, which are those of a process. The users
1 to 4 are there.
"""

import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import django

NOW = datetime(2026, 11, 24, 15, 42, tzinfo=UTC)
HEAD, ALL = "head-of-law@example.com", "all@example.com"
# Of law two, of tax one who was of law when the day was found, and one of no group.
GROUPS = {1: "Law", 2: "Law", 3: "Tax", 4: ""}


def main() -> None:
    django.setup()
    fill()
    print(json.dumps({"letters": letters(), "by_itself": by_itself(), "refused": refused()}))


def fill() -> None:
    """Amounts of others are of digits that occur nowhere else."""
    from django.db import connection
    from django.test import override_settings

    from stats.budgets.setting import Terms, Whose, set_budget
    from stats.models import UnusualDay
    from tests.closings.ledgers import adjust_closing, close, verified
    from tests.ledger import row, write

    with connection.cursor() as cursor:
        for user, group in GROUPS.items():
            cursor.execute("UPDATE dt_users SET department = %s WHERE id = %s", [group, user])
    for month, factor in ((8, 1), (9, 2), (10, 3)):
        at = datetime(2026, month, 3, 12)
        write(
            row(user_id=1, api_endpoint="/ask", cost=str(10 * factor), created_at=at),
            row(user_id=2, api_endpoint="/ask", cost="0.5", created_at=at),
            row(user_id=3, api_endpoint="/tax-only", cost=f"{777 * factor}.77", created_at=at),
            row(user_id=4, api_endpoint="/ask", cost=f"{555 * factor}.55", created_at=at),
        )
    with override_settings(FOLD_MARGIN_SECONDS=0):
        verified(NOW)
        adjust_closing(close(now=NOW), "666.66")
    for name, whose in (
        ("Budget of Law", {"group": "Law"}),
        ("Budget of one of Law", {"user_id": 2}),
        ("Budget of Tax", {"group": "Tax"}),
        ("Budget of one of Tax", {"user_id": 3}),
        ("Budget of everybody", {}),
        ("Budget of an endpoint", {"api_endpoint": "/ask"}),
    ):
        of: dict[str, Any] = {"currency": "USD", **whose}
        set_budget(
            name, Whose(**of), Terms(amount=Decimal("88.88")), NOW, datetime(2026, 7, 1).date()
        )
    for kind, key, made_by in (
        ("group", "Law", [["1", "30", "10"], ["3", "1666", "1"]]),
        ("group", "Tax", [["3", "1777", "1"]]),
        ("all", "", [["3", "1999", "1"]]),
    ):
        UnusualDay.objects.create(
            day=datetime(2026, 10, 3).date(),
            kind=kind,
            key=key,
            measure="cost",
            currency="USD",
            observed=Decimal(30),
            usual=Decimal(10),
            made_by=made_by,
            found_at=NOW,
        )


def letters() -> Any:
    """Text, HTML and the cells of the statement: of Law, and of everything."""
    import openpyxl  # type: ignore[import-untyped]

    from stats.letters.composing import composed
    from stats.letters.scope import scope_at
    from stats.notices.outbox import LETTER_MONTH

    found = {}
    for name, group in (("law", "Law"), ("everything", None)):
        letter = composed(scope_at(LETTER_MONTH, datetime(2026, 10, 1).date(), NOW, group), "en")
        book = openpyxl.load_workbook(io.BytesIO(letter.file))
        cells = {sheet.title: [list(map(str, row)) for row in sheet.values] for sheet in book}
        found[name] = [letter.subject, letter.text, letter.html, cells, letter.file_name]
    return found


def by_itself() -> Any:
    """What the job sends whom; one of Law went to Tax before the second attempt."""
    from django.core import mail
    from django.core.mail.backends.locmem import EmailBackend
    from django.test import override_settings

    from stats.core.sentences import text_of
    from stats.letters import sending
    from stats.models import Notice, Recipient
    from stats.notices import recipients
    from stats.notices.outbox import LETTER_MONTH

    recipients.make([HEAD, ALL])
    Recipient.objects.update(occasions=[LETTER_MONTH])
    Recipient.objects.filter(address=HEAD).update(group="Law")
    backend = f"{EmailBackend.__module__}.{EmailBackend.__name__}"
    with override_settings(EMAIL_BACKEND=backend, MAIL_IS_SET_UP=True):
        mail.outbox = []
        sending.write_due(NOW)
        sending.send_due(lambda: NOW, lambda: None)
        sent = sorted([one.to[0], one.subject] for one in mail.outbox)
        mail.outbox = []
        Recipient.objects.filter(address=HEAD).update(group="Tax")
        Notice.objects.filter(recipient=HEAD).update(state="waiting", next_attempt_at=NOW)
        sending.send_due(lambda: NOW, lambda: None)
        later = [one.subject for one in mail.outbox]
    why = text_of(Notice.objects.get(recipient=HEAD).last_failure)
    return {"sent": sent, "later": later, "why": why}


def refused() -> Any:
    """What the command says of groups that it does not take."""
    from django.core.management import CommandError, call_command

    said = []
    for group in ("law", "Nobody", ""):
        try:
            call_command("send_letter", month="2026-10", to=ALL, group=group, is_printed=True)
        except CommandError as error:
            said.append(str(error))
    return said


if __name__ == "__main__":
    main()
