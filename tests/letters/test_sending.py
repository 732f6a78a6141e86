"""Letters as they arrive at a mail server: once for each recipient and period."""

import io
import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from io import StringIO
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import translation

from stats.core.sentences import text_of
from stats.letters import sending
from stats.letters.composing import XLSX
from stats.models import APIUsageStats, Notice, Recipient
from stats.notices import mailing, outbox, recipients
from tests.letters.conftest import NOW
from tests.notices.conftest import MailServer
from tests.rollups.folded import fold_all

pytestmark = pytest.mark.django_db
ANN, BOB = "ann@example.com", "bob@example.com"
# On the day after October, in the morning.
MORNING = datetime(2026, 11, 1, 7, 0, tzinfo=UTC)


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def choose(*occasions: str, address: str = ANN, **values: Any) -> None:
    recipients.make([address])
    Recipient.objects.filter(address=address).update(occasions=list(occasions), **values)


def run(now: datetime) -> tuple[int, int, int]:
    """As the job does: newly written, sent, failed."""
    new = sending.write_due(now)
    tally = sending.send_due(Clock(now), lambda: None)
    return new, tally.sent, tally.failed


def send(*arguments: str) -> str:
    out = StringIO()
    with time_machine.travel(NOW, tick=False):
        call_command("send_letter", *arguments, stdout=out)
    return out.getvalue()


def subjects(server: MailServer) -> list[str]:
    return [str(mail["Subject"]) for mail in server.mails]


class TestByItself:
    def test_in_the_morning_after_the_last_day(self, ledger: None, mail_server: MailServer) -> None:
        choose(outbox.LETTER_MONTH)
        # What was last over before.
        assert run(MORNING - timedelta(seconds=1)) == (1, 1, 0)
        assert run(MORNING) == (1, 1, 0)
        assert run(MORNING) == (0, 0, 0)
        assert run(MORNING + timedelta(days=29)) == (0, 0, 0)
        assert run(MORNING + timedelta(days=30)) == (1, 1, 0)
        assert subjects(mail_server) == [
            f"LLM costs, {month} 2026" for month in ("September", "October", "November")
        ]

    def test_each_week(self, ledger: None, mail_server: MailServer) -> None:
        choose(outbox.LETTER_WEEK)
        monday = datetime(2026, 11, 23, 7, tzinfo=UTC)
        assert run(monday) == (1, 1, 0)
        for hours in range(1, 7 * 24, 5):
            assert run(monday + timedelta(hours=hours)) == (0, 0, 0)
        assert run(monday + timedelta(days=7)) == (1, 1, 0)
        assert subjects(mail_server) == [
            "LLM costs, 16–22 Nov 2026",
            "LLM costs, 23–29 Nov 2026",
        ]

    def test_to_those_who_chose_it_in_their_language(
        self, ledger: None, mail_server: MailServer
    ) -> None:
        choose(outbox.LETTER_MONTH, outbox.LETTER_WEEK)
        choose(outbox.LETTER_MONTH, address=BOB, language="zh-hant")
        choose("key.expires", address="eve@example.com")
        choose(outbox.LETTER_MONTH, address="https://example.com/hook")
        assert run(NOW) == (3, 3, 0)
        assert sorted((mail["To"], mail["Subject"]) for mail in mail_server.mails) == [
            (ANN, "LLM costs, 16–22 Nov 2026"),
            (ANN, "LLM costs, October 2026"),
            (BOB, "2026年10月的 LLM 成本"),
        ]

    def test_of_a_group_that_nobody_knows_any_more_nothing_goes_out(
        self, ledger: None, mail_server: MailServer
    ) -> None:
        """Everything in place of the group would be too much."""
        choose(outbox.LETTER_MONTH, group="Law")
        assert run(NOW) == (0, 0, 0)

    @pytest.mark.parametrize("mode", ["fail", "stall", "disconnect"])
    def test_a_server_in_trouble_is_tried_again(
        self, mode: str, ledger: None, mail_server: MailServer
    ) -> None:
        choose(outbox.LETTER_MONTH)
        mail_server.mode = mode
        assert run(NOW) == (1, 0, 1)
        assert run(NOW) == (0, 0, 0)
        mail_server.mode = "accept"
        assert run(NOW + timedelta(minutes=2)) == (0, 1, 0)
        assert len(mail_server.mails) == 1
        assert Notice.objects.get().last_failure == ""

    @pytest.mark.django_db(transaction=True)
    def test_why_it_cannot_be_told_is_said_to_whoever_reads_it(
        self, ledger: None, mail_server: MailServer, settings: Any
    ) -> None:
        """The table was restored. The recipient's language is not that of who looks."""
        settings.FOLD_MARGIN_SECONDS = 0
        choose(outbox.LETTER_MONTH, language="zh-hant")
        fold_all(now=NOW)
        APIUsageStats.objects.all()._raw_delete("default")
        assert run(NOW) == (1, 0, 1)
        failure = Notice.objects.get().last_failure
        assert text_of(failure).startswith("The table of calls ends before its sums do: run ")
        with translation.override("zh-hant"):
            assert text_of(failure).startswith("呼叫的資料表比彙總更早結束：")

    def test_who_dies_after_sending_has_it_sent_again_under_its_id(
        self, ledger: None, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class KilledError(BaseException):
            pass

        def die(*_arguments: Any) -> None:
            raise KilledError

        choose(outbox.LETTER_MONTH)
        with monkeypatch.context() as killing:
            killing.setattr(outbox, "note_sent", die)
            with pytest.raises(KilledError):
                run(NOW)
        assert run(NOW + outbox.CLAIM - timedelta(seconds=1)) == (0, 0, 0)
        assert run(NOW + outbox.CLAIM) == (0, 1, 0)
        assert run(NOW + timedelta(days=1)) == (0, 0, 0)
        first, second = mail_server.mails
        assert first["Message-ID"] == second["Message-ID"]
        assert parts(first) == parts(second)

    def test_of_two_processes_one_sends_it(self, ledger: None, mail_server: MailServer) -> None:
        """The other looks while the first one sends."""
        choose(outbox.LETTER_MONTH)
        choose(outbox.LETTER_MONTH, address=BOB)
        found: list[Any] = []
        assert sending.write_due(NOW) == 2
        tally = sending.send_due(Clock(NOW), lambda: found.append(run(NOW)))
        assert (tally.sent, found) == (0, [(0, 2, 0), (0, 0, 0)])
        assert sorted(mail["To"] for mail in mail_server.mails) == [ANN, BOB]

    def test_the_job_of_notices_leaves_it_alone(
        self, ledger: None, mail_server: MailServer
    ) -> None:
        choose(outbox.LETTER_MONTH)
        sending.write_due(NOW)
        assert mailing.send_due(Clock(NOW), lambda: None).sent == 0
        assert mail_server.mails == []

    def test_it_takes_no_room_of_notices(self, ledger: None, mail_server: MailServer) -> None:
        choose(outbox.LETTER_MONTH)
        run(NOW)
        assert outbox.mails_since(ANN, NOW - timedelta(days=1)) == []


def parts(mail: Any) -> tuple[str, str, bytes]:
    """Text, HTML and the attached file."""
    assert isinstance(mail, EmailMessage)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    (file,) = mail.iter_attachments()
    assert file.get_content_type() == XLSX
    return text.get_content(), html.get_content(), file.get_content()


class TestCommand:
    def test_it_sends_text_html_and_the_statement(
        self, ledger: None, mail_server: MailServer
    ) -> None:
        assert send("--month", "2026-10", "--to", ANN) == f"Sent to {ANN}.\n"
        (mail,) = mail_server.mails
        assert mail["To"] == ANN
        notice = Notice.objects.get()
        assert mail["Message-ID"] == f"<{notice.public_id}@ledger.example.com>"
        text, html, file = parts(mail)
        assert "In October 2026 we spent USD\xa066.02." in text
        assert "[1] https://ledger.example.com/admin/?created_at_after=2026-10-01" in text
        assert re.search("USD(\xa0|&nbsp;)66.02</a>", html)
        # Mail programs drop what stands in the head.
        assert "<style" not in html
        book = openpyxl.load_workbook(io.BytesIO(file))
        assert book.sheetnames == ["sums", "groups", "users", "lines", "About this file"]
        (attached,) = mail.iter_attachments()  # type: ignore[attr-defined]
        assert attached.get_filename() == "usage-statement_2026-10-01_2026-10-31.xlsx"

    def test_it_sends_again_under_the_same_id(self, ledger: None, mail_server: MailServer) -> None:
        send("--month", "2026-10", "--to", ANN)
        send("--month", "2026-10", "--to", ANN)
        first, second = mail_server.mails
        assert first["Message-ID"] == second["Message-ID"]
        choose(outbox.LETTER_MONTH)
        assert run(NOW) == (0, 0, 0)

    def test_of_a_month_that_runs_it_is_another_letter(
        self, ledger: None, mail_server: MailServer
    ) -> None:
        """The one that is sent by itself is still to come."""
        send("--month", "2026-11", "--to", ANN)
        choose(outbox.LETTER_MONTH)
        assert run(datetime(2026, 12, 1, 8, tzinfo=UTC)) == (1, 1, 0)
        assert subjects(mail_server) == ["LLM costs, 1–24 Nov 2026", "LLM costs, November 2026"]

    @pytest.mark.parametrize("week", ["2026-11-16", "2026-11-22", "2026-W47"])
    def test_a_week_by_any_of_its_days(self, week: str, ledger: None) -> None:
        assert send("--week", week, "--to", ANN, "--print").startswith("LLM costs, 16–22 Nov 2026")

    def test_printing_sends_and_keeps_nothing(self, ledger: None, mail_server: MailServer) -> None:
        printed = send("--month", "2026-10", "--to", ANN, "--print")
        assert printed.startswith("LLM costs, October 2026\n\nIn October 2026 we spent")
        assert mail_server.mails == []
        assert not Notice.objects.exists()
        assert not Recipient.objects.exists()

    def test_a_recipient_of_a_group_gets_nothing_else(
        self, ledger: None, mail_server: MailServer
    ) -> None:
        choose(group="Law")
        for printing in ([], ["--print"]):
            with pytest.raises(CommandError, match="hears of group Law alone"):
                send("--month", "2026-10", "--to", ANN, *printing)
        assert mail_server.mails == []

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["--month", "2026-13"], "A month is needed, like 2026-10."),
            (["--month", "october"], "A month is needed, like 2026-10."),
            (["--month", "2026-12"], "2026-12-01 lies ahead."),
            (["--month", "1990-01"], "A month is needed, like 2026-10."),
            (["--week", "soon"], "soon"),
            (["--month", "2026-10", "--week", "2026-11-16"], "not allowed with"),
            ([], "one of the arguments --month --week is required"),
            (["--month", "2026-10", "--group", "Law"], "no user is in this group"),
        ],
    )
    def test_what_it_does_not_take(self, arguments: list[str], sentence: str, db: None) -> None:
        with pytest.raises(CommandError, match=sentence):
            send(*arguments, "--to", ANN)

    def test_no_address(self, db: None) -> None:
        with pytest.raises(CommandError, match="--to: ann is no mail address"):
            send("--month", "2026-10", "--to", "ann")

    def test_without_a_mail_server(self, ledger: None, settings: Any) -> None:
        settings.MAIL_IS_SET_UP = False
        with pytest.raises(CommandError, match="EMAIL_URL is not set"):
            send("--month", "2026-10", "--to", ANN)
        assert Notice.objects.get().state == "waiting"
