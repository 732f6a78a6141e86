"""The page of the scheduled jobs, as it is read."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from stats.models import ScheduledJob
from stats.scheduled.registry import JOBS
from tests.admin.conftest import NOW
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
        "outcome": "7 things removed.",
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
        "7 things removed.",
    )


def test_a_failed_one(analyst: Client) -> None:
    for name in NAMES:
        note(name, has_failed=name == "verify", outcome="3 days differ.")
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
    assert rows["核對彙總與呼叫"][0] == "正常"


def test_texts_of_an_outcome_are_texts(analyst: Client) -> None:
    note("fold", outcome="<b>7</b> & more")
    assert read(analyst)[1]["Fold new calls"][-1] == "<b>7</b> & more"


def test_whoever_has_no_right_sees_nothing(
    other_staff: Client, nobody: Client, client: Client
) -> None:
    assert other_staff.get(PAGE).status_code == 403
    assert nobody.get(PAGE).status_code == 302
    assert client.get(PAGE).status_code == 302
