"""Letters in the admin: who chooses them, and what was sent."""

from typing import Any

import pytest
from django.test import Client

from stats.letters import sending
from stats.models import Notice, Recipient
from stats.notices import outbox
from tests.admin.conftest import NOW
from tests.reading import html

pytestmark = pytest.mark.django_db
ADD = "/admin/stats/recipient/add/"


def choose(client: Client, address: str) -> Any:
    letters = {"address": address, "language": "en", "occasions": list(outbox.LETTERS)}
    return html.parse(client.post(ADD, letters, follow=True).content.decode())


def test_a_recipient_chooses_both(administrator: Client) -> None:
    choose(administrator, "ann@example.com")
    assert Recipient.objects.get().occasions == list(outbox.LETTERS)
    assert sending.write_due(NOW) == 2
    page = html.parse(administrator.get("/admin/reports/notices/").content.decode())
    (table,) = html.tables(page)
    subjects = sorted(line.texts[0].splitlines()[0] for line in table.lines)
    assert subjects[0].startswith("LLM costs, 16–22 Nov 2026")
    assert subjects[1].startswith("LLM costs, October 2026")


def test_a_webhook_gets_none(administrator: Client) -> None:
    page = choose(administrator, "https://hooks.example.com/x")
    assert not Recipient.objects.exists()
    (errors,) = (node for node in page.iter("ul") if "errorlist" in html.classes(node))
    assert html.text_of(errors) == "Letters go to mail addresses alone."


def test_it_is_sent_again(administrator: Client) -> None:
    choose(administrator, "ann@example.com")
    sending.write_due(NOW)
    Notice.objects.update(state="sent", sent_at=NOW, next_attempt_at=None)
    number = Notice.objects.get(occasion=outbox.LETTER_MONTH).pk
    assert administrator.post("/admin/reports/notices/", {"again": number}).status_code == 302
    assert [one.occasion for one in outbox.due_letters(NOW, 9)] == [outbox.LETTER_MONTH]
