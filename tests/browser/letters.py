"""`make letters`: examples of letters, as text and as pictures, into docs/letters/.

Demo data of a fixed seed under a clock that stands, of users who have groups: the same letters each
time. Groups are a column that the model has from its settings, so the data is made by a process
that has none.
"""

import os
import sqlite3
import sys
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.databases import TEST_ENVIRONMENT
from tests.processes import python

EXAMPLES = Path(__file__).parents[2] / "docs" / "letters"
# A Tuesday afternoon in Taipei.
NOW = datetime(2026, 11, 24, 7, 42, tzinfo=UTC)
CALLS, DAYS, SEED = 60_000, 120, 1
OCTOBER, WEEK = date(2026, 10, 1), date(2026, 11, 16)
GROUPS = ("Sales", "Law", "R&D")
ENVIRONMENT = {
    **TEST_ENVIRONMENT,
    "DEBUG": "1",
    "ALLOWED_HOSTS": "localhost",
    "TIME_ZONE": "Asia/Taipei",
    "SITE_URL": "https://ledger.example.com",
    "DJANGO_SETTINGS_MODULE": "tests.settings",
}
WITH_GROUPS = {
    "ADOPTED": "1",
    "USER_LABEL_COLUMN": "name",
    "JOB_LABEL_COLUMN": "name",
    "USER_GROUP_COLUMN": "department",
}


@dataclass(frozen=True)
class Example:
    """A letter, by the name of its files."""

    name: str
    occasion: str
    day: date
    group: str | None = None


def main() -> None:
    """Runs itself twice: to make the ledger, and to read it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ledger.sqlite3"
        url = {"DATABASE_URL": f"sqlite:///{file}"}
        _run("ledger", **ENVIRONMENT | url)
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("ALTER TABLE dt_users ADD COLUMN department VARCHAR(200)")
            for place, group in enumerate(GROUPS):
                connection.execute(
                    "UPDATE dt_users SET department = ? WHERE id % ? = ?",
                    (group, len(GROUPS), place),
                )
            connection.commit()
        _run("letters", **ENVIRONMENT | url | WITH_GROUPS)


def _run(step: str, **environment: str) -> None:
    done = python("-m", "tests.browser.letters", step, **environment)
    assert done.returncode == 0, done.stderr


def ledger() -> None:
    """Demo data, summed up."""
    from django.core.management import call_command

    from stats.models import DemoRows

    call_command("migrate", verbosity=0)
    call_command("demo_data", calls=CALLS, days=DAYS, seed=SEED)
    DemoRows.objects.all().delete()
    call_command("fold_usage")


def letters() -> None:
    """Budgets and unusual days, then each letter in both languages."""
    from playwright.sync_api import sync_playwright

    from tests.browser import chromium

    watch()
    for old in (*EXAMPLES.glob("*.txt"), *EXAMPLES.glob("*.webp")):
        old.unlink()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.launch_arguments())
        page = browser.new_page(viewport={"width": 720, "height": 600})
        for example in examples():
            for language in ("en", "zh-hant"):
                write(example, language, page)
        browser.close()
    (EXAMPLES / "README.md").write_text("\n".join(gallery()), "utf-8")


def examples() -> Iterator[Example]:
    """Everything and one group of a month, and everything of a week."""
    from stats.notices.outbox import LETTER_MONTH, LETTER_WEEK

    yield Example("month", LETTER_MONTH, OCTOBER)
    yield Example("month-of-a-group", LETTER_MONTH, OCTOBER, "Law")
    yield Example("week", LETTER_WEEK, WEEK)


def watch() -> None:
    """Of everybody and of two groups, one of them exceeded."""
    from stats.budgets.setting import Terms, Whose, set_budget
    from stats.unusual import keeping

    for name, amount, whose in (
        ("All of us", "250", {}),
        ("Law", "60", {"group": "Law"}),
        ("Sales", "120", {"group": "Sales"}),
    ):
        of: dict[str, Any] = {"currency": "USD", **whose}
        terms = Terms(amount=Decimal(amount))
        set_budget(name, Whose(**of), terms, NOW, date(2026, 7, 1))
    for moment in (datetime(2026, 11, 1, tzinfo=UTC), NOW):
        keeping.find_and_keep(moment)


def write(example: Example, language: str, page: Any) -> None:
    """As its recipient has it."""
    from stats.letters.composing import composed
    from stats.letters.scope import scope_at
    from stats.models import Notice

    letter = composed(scope_at(example.occasion, example.day, NOW, example.group), language)
    name = f"{example.name}.{language}"
    (EXAMPLES / f"{name}.txt").write_text(f"{letter.subject}\n\n{letter.text}", "utf-8")
    mail = letter.mail_of(Notice(public_id="example", recipient="a@example.com"))
    page.set_content(mail.alternatives[0][0])
    wire = page.context.new_cdp_session(page)
    how = {"format": "webp", "quality": 90, "captureBeyondViewport": True}
    picture = wire.send("Page.captureScreenshot", how | {"clip": _whole(page)})
    (EXAMPLES / f"{name}.webp").write_bytes(b64decode(picture["data"]))


def _whole(page: Any) -> dict[str, int]:
    height = page.evaluate("document.documentElement.scrollHeight")
    return {"x": 0, "y": 0, "width": 720, "height": height, "scale": 1}


def gallery() -> Iterator[str]:
    """The page that shows them."""
    yield "# Letters\n"
    yield "Written by `make letters`: demo data of a fixed seed. What a letter is, and who gets it,"
    yield "is in [letters.md](../letters.md).\n"
    for example in examples():
        yield f"## {example.name}\n"
        for language in ("en", "zh-hant"):
            name = f"{example.name}.{language}"
            yield f"[As text]({name}.txt)\n\n![{example.name}, {language}]({name}.webp)\n"


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        import django
        import time_machine

        # Playwright's event loop runs in this thread, where Django would refuse the ORM.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        django.setup()
        with time_machine.travel(NOW, tick=False):
            {"ledger": ledger, "letters": letters}[sys.argv[1]]()
