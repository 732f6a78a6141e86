"""The page of the scheduled jobs, as it is read."""

import re
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from stats.core.sentences import Sentence, stored
from stats.models import FoldState, ScheduledJob
from stats.scheduled.registry import JOBS
from tests.admin.conftest import NOW
from tests.ledger import row, write
from tests.reading import html

pytestmark = pytest.mark.django_db
PAGE = "/admin/reports/scheduled/"
NAMES = [job.name for job in JOBS]
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def at(clock: Any) -> None:
    """It is `NOW`."""


def note(name: str, **columns: Any) -> None:
    ended = {
        "ended_at": NOW - 3 * MINUTE,
        "duration_ms": 1_234,
        "outcome": stored([Sentence("Refused posts removed: %(count)s.", {"count": 1234})]),
        "next_run_at": NOW + 20 * MINUTE,
    }
    ScheduledJob.objects.create(name=name, **{**ended, **columns})


def read(client: Client, language: str = "en") -> tuple[str, dict[str, tuple[str, ...]]]:
    """The sentence, and the texts of each job's row by its title."""
    client.post("/i18n/setlang/", {"language": language})
    answer = client.get(PAGE)
    assert answer.status_code == 200
    page = html.parse(answer.content.decode())
    (table,) = html.tables(page)
    status = next(node for node in page.iter("p") if node.get("role") == "status")
    return html.text_of(status), {line.texts[0]: line.texts[1:] for line in table.lines}


def test_before_the_first_run(analyst: Client) -> None:
    sentence, rows = read(analyst)
    assert sentence == "No process runs the jobs: start manage.py run_jobs --loop 10."
    assert rows["Fold new calls"] == ("late", "never", "—", "now", "")


def test_all_is_well(analyst: Client) -> None:
    for name in NAMES:
        note(name)
    sentence, rows = read(analyst)
    assert sentence == "All jobs run on time."
    assert rows["Compare rollups with calls"] == (
        "in order",
        "3\u202fmin ago",
        "1.2\u202fs",
        "16:02",
        "Refused posts removed: 1,234.",
    )


def test_a_failed_one(analyst: Client) -> None:
    outcome = stored([Sentence("%(count)s days differ.", {"count": 3})])
    for name in NAMES:
        note(name, has_failed=name == "verify", outcome=outcome)
    sentence, rows = read(analyst)
    assert sentence == "1 job needs a look."
    assert rows["Compare rollups with calls"][0] == "failed"
    assert rows["Fold new calls"][0] == "in order"


def test_a_running_and_a_late_one(analyst: Client) -> None:
    for name in NAMES:
        note(name, next_run_at=NOW - 6 * MINUTE if name in ("verify", "fold") else NOW)
    ScheduledJob.objects.filter(name="fold").update(claimed_until=NOW + MINUTE, claimed_by="a 1 b")
    sentence, rows = read(analyst)
    assert sentence == "1 job needs a look."
    assert rows["Fold new calls"][0] == "running"
    assert rows["Compare rollups with calls"][0] == "late"


def test_in_chinese(analyst: Client) -> None:
    for name in NAMES:
        note(name)
    sentence, rows = read(analyst, "zh-hant")
    assert sentence == "所有工作都準時執行。"
    assert (rows["核對彙總與呼叫"][0], rows["核對彙總與呼叫"][-1]) == (
        "正常",
        "已移除被拒的請求：1,234 個。",
    )


def test_texts_of_an_outcome_are_texts(analyst: Client) -> None:
    note("fold", outcome=stored([Sentence("<b>7</b> & more")]))
    # As an older version wrote it.
    note("verify", outcome="3 days <b>differ</b>.")
    rows = read(analyst)[1]
    assert rows["Fold new calls"][-1] == "<b>7</b> & more"
    assert rows["Compare rollups with calls"][-1] == "3 days <b>differ</b>."


@pytest.mark.django_db(transaction=True)
def test_what_each_job_says_is_translated(analyst: Client, settings: Any) -> None:
    """Run before and after the first call is folded, and once the sums are of another zone."""
    settings.FOLD_MARGIN_SECONDS = 0
    run_all()
    written_in_chinese(analyst)
    write(row())
    run_all()
    written_in_chinese(analyst)
    FoldState.objects.update(zones="Asia/Taipei UTC")
    run_all()
    written_in_chinese(analyst)
    FoldState.objects.update(purged_before=NOW.date())
    run_all()
    written_in_chinese(analyst)


def run_all() -> None:
    ScheduledJob.objects.update(next_run_at=None)
    with suppress(CommandError):
        call_command("run_jobs")


def written_in_chinese(client: Client) -> None:
    """Each sentence of each outcome, however many letters of others are in it."""
    for job, cells in read(client, "zh-hant")[1].items():
        assert cells[-1].endswith("。"), job
        assert not re.search(r"[a-z]\. ", cells[-1]), job


def test_whoever_has_no_right_sees_nothing(
    other_staff: Client, nobody: Client, client: Client
) -> None:
    assert other_staff.get(PAGE).status_code == 403
    assert nobody.get(PAGE).status_code == 302
    assert client.get(PAGE).status_code == 302
