"""The page of notices, and the recipients in the admin."""

import csv
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin import site
from django.test import Client
from django.urls import reverse

from stats.core.sentences import Sentence
from stats.models import Notice, Recipient
from stats.notices import outbox, recipients
from stats.notices.fact import Fact
from tests.admin.conftest import NOW, given
from tests.reading import html

pytestmark = pytest.mark.django_db
PAGE = "/admin/reports/notices/"
ADD = "/admin/stats/recipient/add/"
HOOK = "https://hooks.example.com/<script>"
GONE = Sentence("The receiver answered %(status)s.", {"status": "410"})


def notice(address: str = "ann@example.com") -> Notice:
    outbox.write_test(recipients.recipient(address), "<b>me</b>", NOW)
    return Notice.objects.get(recipient=address)


def read(client: Client) -> Any:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return html.parse(answer.content.decode())


def test_what_went_to_whom_and_what_failed(administrator: Client) -> None:
    outbox.note_sent(notice(), NOW)
    failed = notice(HOOK)
    outbox.claim(failed, NOW)
    outbox.note_failure(failed, GONE, NOW, is_final=True)
    page = read(administrator)
    (table,) = html.tables(page)
    newest, older = (line.texts for line in table.lines)
    assert newest[0].startswith("A test of the Usage Ledger")
    assert newest[1:] == (HOOK, "given up", "15:42", "—", "1", "The receiver answered 410.")
    assert older[1:5] == ("ann@example.com", "sent", "15:42", "15:42")
    # A phone has one line for all of it.
    (cell,), (older_cell,) = (line.cells["Notice"] for line in table.lines)
    assert cell.note == f"15:42, {HOOK} · The receiver answered 410."
    assert older_cell.note == "15:42, ann@example.com"
    (sentence,) = (node for node in page.iter("p") if "lead" in html.classes(node))
    assert html.text_of(sentence) == "1 notice was sent. 1 was given up."


def test_what_failed_is_said_in_the_language_of_the_page_and_its_files(
    administrator: Client,
) -> None:
    outbox.note_failure(notice(HOOK), GONE, NOW, is_final=True)
    notice()
    # As an older version wrote it.
    before = "SMTPDataError: (451, b'not <now>')"
    Notice.objects.filter(recipient="ann@example.com").update(last_failure=before)
    administrator.cookies["django_language"] = "zh-hant"
    (table,) = html.tables(read(administrator))
    assert [line.texts[-1] for line in table.lines] == [before, "接收端回應 410。"]
    rows = exported(administrator)
    assert [row["last_failure"] for row in rows] == [before, "接收端回應 410。"]


def exported(client: Client, **given: str) -> list[dict[str, str]]:
    """The lines of the file."""
    answer: Any = client.get(f"{PAGE}export.csv", given)
    return list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_of_a_period_and_as_files(administrator: Client) -> None:
    notice()
    Notice.objects.update(created_at=NOW - timedelta(days=40))
    outbox.note_sent(notice("bob@example.com"), NOW)
    assert len(html.tables(read(administrator))[0].lines) == 1
    rows = exported(administrator, period="90d")
    newest = Notice.objects.get(recipient="bob@example.com")
    assert [row["recipient"] for row in rows] == ["bob@example.com", "ann@example.com"]
    assert (rows[0]["id"], rows[0]["occasion"], rows[0]["state"]) == (
        newest.public_id,
        "test",
        "sent",
    )
    workbook: Any = administrator.get(f"{PAGE}export.xlsx")
    assert b"".join(workbook.streaming_content).startswith(b"PK")


def test_it_has_no_other_filter(administrator: Client) -> None:
    answer = administrator.get(PAGE, {"user_id": "1"})
    assert answer.status_code == 400
    assert given(answer)["errors"] == {"user_id": ["Notices have a period, and no other filter."]}


def test_nothing_was_told(administrator: Client) -> None:
    page = read(administrator)
    assert html.tables(page) == []
    assert "Nothing was to be told in this period." in html.text_of(page)


def test_one_is_sent_again(administrator: Client) -> None:
    failed = notice()
    outbox.note_failure(failed, GONE, NOW, is_final=True)
    assert administrator.post(PAGE, {"again": failed.pk}).status_code == 302
    failed.refresh_from_db()
    assert (failed.state, failed.next_attempt_at) == ("waiting", NOW)


def test_a_test_is_sent(administrator: Client) -> None:
    to = recipients.recipient("ann@example.com")
    for _twice in range(2):
        assert administrator.post(PAGE, {"test": to.pk}).status_code == 302
    assert [one.facts for one in Notice.objects.all()] == [{"asked_by": "administrator"}] * 2


@pytest.mark.parametrize("data", [{}, {"again": "9"}, {"again": "x"}, {"test": "-1"}, {"test": ""}])
def test_what_is_not_there(administrator: Client, data: dict[str, str]) -> None:
    assert administrator.post(PAGE, data).status_code == 404


def test_only_administrators_send(analyst: Client, other_staff: Client, nobody: Client) -> None:
    to = recipients.recipient("ann@example.com")
    found = [
        client.post(PAGE, {"test": to.pk}).status_code for client in (analyst, other_staff, nobody)
    ]
    assert found == [403, 403, 302]
    assert not Notice.objects.exists()


def test_a_recipient_is_made_and_its_secret_is_for_those_who_may_change_it(
    administrator: Client, analyst: Client
) -> None:
    given = {"address": HOOK, "language": "zh-hant", "occasions": ["key.expires"]}
    answer = administrator.post(ADD, {**given, "address": "https://hooks.example.com/x"})
    assert answer.status_code == 302
    made = Recipient.objects.get()
    assert (made.language, made.occasions) == ("zh-hant", ["key.expires"])
    path = f"/admin/stats/recipient/{made.pk}/change/"
    assert made.secret in administrator.get(path).content.decode()
    assert made.secret not in analyst.get(path).content.decode()
    listed = analyst.get("/admin/stats/recipient/").content.decode()
    assert "An API key expires soon" in listed
    for page in (listed, analyst.get(path).content.decode()):
        assert "Traditional Chinese" in page
        assert "An API key expires soon" in page
        assert "key.expires" not in page


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "http://e.com/", "HTTPS://e.com/", "https://", "https://me:secret@e.com/"],
)
def test_what_is_no_address(administrator: Client, address: str) -> None:
    answer = administrator.post(ADD, {"address": address, "language": "en"})
    assert answer.status_code == 200
    page = html.parse(answer.content.decode())
    (errors,) = (node for node in page.iter("ul") if "errorlist" in html.classes(node))
    assert errors.get("id") == "id_address_error"


def test_a_mail_address_is_one_however_it_is_written() -> None:
    limited = recipients.recipient("head@Example.COM")
    limited.group = "Law"
    limited.save()
    assert recipients.recipient("Head@example.com") == limited
    assert recipients.deaf_to(["HEAD@EXAMPLE.com", "b@example.com"], None) == {"HEAD@EXAMPLE.com"}
    assert outbox.write("key.expires", Fact("k", {}, None), ["HEAD@example.com"], NOW) == 0


@pytest.mark.parametrize("field", ["secret", "hashed_key", "password", "user__password"])
@pytest.mark.parametrize("person", ["administrator", "analyst"])
def test_no_list_tells_what_its_pages_hide(
    request: pytest.FixtureRequest, person: str, field: str
) -> None:
    """Django's lists take any lookup, with which a secret can be guessed letter by letter."""
    recipients.recipient(HOOK)
    client: Client = request.getfixturevalue(person)
    for model in site._registry:
        page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for lookup in ("startswith", "regex", "isnull"):
            answer = client.get(page, {f"{field}__{lookup}": "0"})
            assert answer.status_code in {302, 400, 403}, (page, lookup)
