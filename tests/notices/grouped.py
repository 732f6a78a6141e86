"""python -m tests.notices.grouped: who is told what in a ledger whose users have groups, in JSON.

Groups are a column that the model has from its settings, which are those of a process. The users
below are there.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import django

NOW = datetime(2026, 11, 24, 15, 42, tzinfo=UTC)
HEAD, ALL = "head-of-law@example.com", "all@example.com"
# Of law, of tax, of no group: users that both kinds of database have.
ANN, BOB, EVE = 1, 2, 7
WHOSE: dict[str, dict[str, Any]] = {
    "ann of law": {"user_id": ANN},
    "bob of tax": {"user_id": BOB},
    "endpoint": {"api_endpoint": "/notices"},
    "eve of none": {"user_id": EVE},
    "everybody": {},
    "law": {"group": "Law"},
    "no group": {"group": ""},
    "tax": {"group": "Tax"},
}


def main() -> None:
    django.setup()
    for user, group in ((ANN, "Law"), (BOB, "Tax"), (EVE, "")):
        put(user, group)
    print(json.dumps({step.__name__: step() for step in STEPS}))


def put(user: int, group: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE dt_users SET department = %s WHERE id = %s", [group, user])


def named_by_budgets() -> Any:
    """They are limited after the budgets have named them: a limited one is not taken."""
    from stats.budgets import crossings
    from stats.budgets.setting import Terms, Whose, set_budget
    from tests.ledger import row, write

    at = datetime(2026, 11, 3, 12)
    write(
        *(
            row(user_id=user, cost="6", api_endpoint="/notices", created_at=at)
            for user in (ANN, BOB, EVE)
        )
    )
    terms = Terms(amount=Decimal(5), thresholds=(100,), mails=[HEAD, ALL])
    for name, whose in WHOSE.items():
        set_budget(name, Whose(currency="USD", **whose), terms, NOW)
    limit()
    crossings.find(NOW)
    return {"head": told(HEAD), "all": told(ALL)}


def limited_later() -> Any:
    """All was written before: it is given up when it is due, and when it is sent again."""
    from django.core import mail
    from django.core.mail.backends.locmem import EmailBackend
    from django.test import override_settings

    from stats.core.sentences import text_of
    from stats.models import BudgetCrossing, Notice
    from stats.notices import mailing, outbox

    Notice.objects.filter(recipient=HEAD).delete()
    Notice.objects.filter(recipient=ALL).update(recipient=HEAD)
    backend = f"{EmailBackend.__module__}.{EmailBackend.__name__}"
    with override_settings(EMAIL_BACKEND=backend, MAIL_IS_SET_UP=True):
        mail.outbox = []
        mailing.send_due(lambda: NOW, lambda: None)
        for notice in Notice.objects.exclude(state="sent"):
            outbox.send_again(notice.pk, NOW)
        mailing.send_due(lambda: NOW, lambda: None)
    failed = Notice.objects.filter(state="failed")
    assert BudgetCrossing.objects.count() == len(WHOSE)
    return {
        "told": sorted(
            line for one in mail.outbox for line in one.body.splitlines() if "Budget" in line
        ),
        "given up": sorted(notice.facts["budget"] for notice in failed),
        "why": sorted({text_of(notice.last_failure) for notice in failed}),
    }


def refused() -> Any:
    """Why each budget does not take them."""
    from stats.budgets.setting import BudgetError, Terms, Whose, set_budget

    found = {}
    for name, whose in WHOSE.items():
        try:
            terms = Terms(amount=Decimal(5), mails=[ALL, HEAD])
            set_budget(f"{name} again", Whose(currency="USD", **whose), terms, NOW)
        except BudgetError as error:
            found[name] = error.errors
    return found


def unusual_days() -> Any:
    """Ten more than usual, of each kind; the calls of the months before cost less than one."""
    from stats.models import Recipient, UnusualDay
    from stats.notices.finding import find

    kinds = {"all": "", "user": str(ANN), "group": "Law", "endpoint": "/notices"}
    for kind, key in [*kinds.items(), ("user", str(BOB)), ("user", str(EVE)), ("group", "Tax")]:
        UnusualDay.objects.create(
            day=NOW.date().replace(day=23), kind=kind, key=key, measure="cost", currency="USD",
            observed=12, usual=2, found_at=NOW,
        )  # fmt: skip
    Recipient.objects.update(occasions=["day.unusual"])
    find(NOW)
    return {"head": days(HEAD), "all": len(days(ALL))}


def days(address: str) -> list[str]:
    from stats.models import Notice

    found = Notice.objects.filter(recipient=address, occasion="day.unusual")
    return sorted(f"{one.facts['kind']} {one.facts['key']}" for one in found)


def form() -> Any:
    """What an administrator may limit one to."""
    from stats.admin.models.recipients import RecipientForm

    given = {"address": "new@example.com", "language": "en"}
    groups = ("Law", "law", "Nobody's", "")
    return {group: RecipientForm({**given, "group": group}).errors for group in groups}


def told(address: str) -> list[str]:
    from stats.models import Notice

    return sorted(one.facts["budget"] for one in Notice.objects.filter(recipient=address))


def limit() -> None:
    from stats.models import Recipient

    Recipient.objects.filter(address=HEAD).update(group="Law")


STEPS = (named_by_budgets, limited_later, refused, unusual_days, form)

if __name__ == "__main__":
    main()
