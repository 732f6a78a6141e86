"""Notices as they arrive: at a mail server, and at a receiver of webhooks."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from threading import Event
from typing import Any

import pytest
from django.utils import translation

from stats.budgets import crossings
from stats.budgets.setting import Terms, Whose, set_budget
from stats.core.sentences import text_of
from stats.models import Budget, Notice, Recipient
from stats.notices import https, mailing, outbox, posting, recipients
from stats.notices.mailing import MOST_MAILS
from stats.scheduled.job import StoppedError
from tests.ledger import row, write
from tests.notices.conftest import MailServer, Receiver

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 15, 42, tzinfo=UTC)
ANN = "ann@example.com"


class Clock:
    """Stands, unless it is told to go on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def clock() -> Clock:
    return Clock()


def send(clock: Clock) -> tuple[int, int]:
    """How many were sent, and how many were not."""
    mails, posts = (way.send_due(clock, lambda: None) for way in (mailing, posting))
    return mails.sent + posts.sent, mails.failed + posts.failed


def cross(*recipients: str, percent: int = 50, name: str = "Law & <b>order</b>") -> Budget:
    """A budget of USD 20 of which more than a threshold was spent: 11.25."""
    write(row(cost="11.2500", created_at=datetime(2026, 11, 3, 12)))
    mails = [one for one in recipients if "@" in one]
    webhooks = [one for one in recipients if "@" not in one]
    terms = Terms(amount=Decimal(20), thresholds=(percent,), mails=mails, webhooks=webhooks)
    budget = set_budget(name, Whose(currency="USD"), terms, NOW)
    assert crossings.find(NOW) == 1
    return budget


def failure(**of: Any) -> str:
    """Why the last attempt failed, in the language that is active."""
    return text_of(Notice.objects.get(**of).last_failure)


def parts(mail: Any) -> tuple[str, str]:
    """Text and HTML."""
    assert isinstance(mail, EmailMessage)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content().replace("\r\n", "\n"), html.get_content()


class TestMail:
    def test_it_says_what_was_spent_and_leads_there(
        self, mail_server: MailServer, clock: Clock
    ) -> None:
        budget = cross(ANN)
        assert send(clock) == (1, 0)
        (mail,) = mail_server.mails
        notice = Notice.objects.get()
        # A long one that is encoded begins on its second line.
        subject = "Budget “Law & <b>order</b>” has reached 50 % in November 2026"
        assert mail["Subject"].strip() == subject
        assert mail["To"] == ANN
        assert mail["Message-ID"] == f"<{notice.public_id}@ledger.example.com>"
        text, html = parts(mail)
        page = f"https://ledger.example.com/admin/reports/budgets/{budget.pk}/"
        assert f"Spent: USD\xa011.25\n  {page}" in text
        # What it says, and one link.
        assert "Amount: USD\xa020.00\nLeft: USD\xa08.75\nPeriod: 1–30 Nov 2026\n" in text
        # Every number leads there; a text says it once.
        assert (text.count(page), html.count(f'href="{page}"')) == (1, 4)
        assert "8.75</a></td>" in html
        assert "Law &amp; &lt;b&gt;order&lt;/b&gt;" in html
        # Mail programs drop what stands in the head.
        assert "<style" not in html
        assert (notice.state, notice.sent_at, notice.attempts) == ("sent", NOW, 1)
        assert send(clock) == (0, 0)

    def test_in_the_language_of_its_recipient(self, mail_server: MailServer, clock: Clock) -> None:
        cross(ANN, name="法務")
        Recipient.objects.update(language="zh-hant")
        send(clock)
        assert mail_server.mails[0]["Subject"] == "預算「法務」2026年11月已達 50%"
        text, html = parts(mail_server.mails[0])
        assert "已使用：USD\xa011.25" in text
        assert 'lang="zh-hant"' in html

    @pytest.mark.parametrize(
        ("mode", "english", "chinese"),
        [
            ("fail", "The mail server answered: 451 not now", "郵件伺服器回應：451 not now"),
            ("stall", "No answer: ", "沒有得到回應："),
            ("disconnect", "No answer: SMTP", "沒有得到回應：SMTP"),
        ],
    )
    def test_a_server_in_trouble_is_tried_again(
        self, mode: str, english: str, chinese: str, mail_server: MailServer, clock: Clock
    ) -> None:
        cross(ANN)
        mail_server.mode = mode
        assert send(clock) == (0, 1)
        notice = Notice.objects.get()
        assert (notice.state, notice.attempts, notice.sent_at) == ("waiting", 1, None)
        assert failure().startswith(english)
        with translation.override("zh-hant"):
            assert failure().startswith(chinese)
        assert send(clock) == (0, 0)
        mail_server.mode = "accept"
        clock.go_on(outbox.WAITS[0])
        assert send(clock) == (1, 0)
        assert [mail["To"] for mail in mail_server.mails] == [ANN]
        notice.refresh_from_db()
        assert (notice.state, notice.last_failure) == ("sent", "")

    def test_who_has_no_mailbox_may_hear_a_long_answer(
        self, mail_server: MailServer, clock: Clock
    ) -> None:
        """It is in one line, and no longer than a table can show."""
        cross(ANN)
        mail_server.mode = "refuse"
        assert send(clock) == (0, 1)
        said = "The mail server answered: 550 no mailbox here so sorry so sorry "
        assert failure().startswith(said)
        assert failure().count("so sorry") < 40

    def test_without_a_mail_server(self, clock: Clock, settings: Any) -> None:
        settings.MAIL_IS_SET_UP = False
        cross(ANN)
        assert send(clock) == (0, 1)
        assert failure() == "EMAIL_URL is not set."

    def test_after_three_days_it_is_given_up(self, mail_server: MailServer, clock: Clock) -> None:
        cross(ANN)
        mail_server.mode = "fail"
        for wait in (timedelta(), *outbox.WAITS):
            clock.go_on(wait)
            assert send(clock) == (0, 1)
        notice = Notice.objects.get()
        assert (notice.state, notice.next_attempt_at) == ("failed", None)
        assert clock.now - NOW > timedelta(days=3)
        mail_server.mode = "accept"
        assert outbox.send_again(notice.pk, clock.now)
        assert send(clock) == (1, 0)
        assert mail_server.mails[0]["Message-ID"].startswith(f"<{notice.public_id}@")

    def test_more_than_five_share_one(self, mail_server: MailServer, clock: Clock) -> None:
        for number in range(MOST_MAILS + 1):
            cross(ANN, name=f"budget {number}")
        assert send(clock) == (6, 0)
        (mail,) = mail_server.mails
        assert mail["Subject"] == "6 notices of the Usage Ledger"
        text, _html = parts(mail)
        assert all(f"Budget “budget {number}” has reached" in text for number in range(6))
        told = Notice.objects.order_by("pk").values_list("public_id", flat=True)
        assert mail["Notice-Ids"].split() == list(told)

    def test_no_two_mails_of_other_notices_are_the_same_to_a_server(
        self, mail_server: MailServer, clock: Clock
    ) -> None:
        """The first died after it was sent; then others share a mail with it."""
        cross(ANN, name="first")
        first = Notice.objects.get()
        send(clock)
        Notice.objects.update(state="waiting", next_attempt_at=NOW, sent_at=None)
        for number in range(MOST_MAILS):
            cross(ANN, name=f"budget {number}")
        send(clock)
        one, shared = mail_server.mails
        assert one["Notice-Ids"] == first.public_id
        assert shared["Notice-Ids"].split()[0] == first.public_id
        assert one["Message-ID"] != shared["Message-ID"]

    def test_one_is_sent_again_however_many_went_that_day(
        self, mail_server: MailServer, clock: Clock
    ) -> None:
        for number in range(MOST_MAILS):
            cross(ANN, name=f"budget {number}")
            assert send(clock) == (1, 0)
            clock.go_on(timedelta(minutes=1))
        again = Notice.objects.order_by("pk")[1]
        assert outbox.send_again(again.pk, clock.now)
        assert send(clock) == (1, 0)
        assert mail_server.mails[-1]["Notice-Ids"] == again.public_id
        assert mail_server.mails[-1]["Message-ID"] == mail_server.mails[1]["Message-ID"]

    def test_others_wait_a_minute_for_a_server_that_does_not_answer(
        self, mail_server: MailServer, clock: Clock
    ) -> None:
        cross(ANN, "bob@example.com", "cid@example.com")
        mail_server.mode = "stall"
        assert send(clock) == (0, 1)
        clock.go_on(outbox.WAITS[0])
        mail_server.mode = "accept"
        assert send(clock) == (1, 0)
        clock.go_on(outbox.PATIENCE - outbox.WAITS[0])
        assert send(clock) == (2, 0)

    def test_others_do_not_wait_for_a_mail_that_is_refused(
        self, mail_server: MailServer, clock: Clock
    ) -> None:
        cross(ANN, "bob@example.com")
        mail_server.mode = "fail"
        assert send(clock) == (0, 2)

    def test_the_sixth_of_a_day_waits_for_the_next(
        self, mail_server: MailServer, clock: Clock
    ) -> None:
        for number in range(MOST_MAILS):
            cross(ANN, name=f"budget {number}")
            assert send(clock) == (1, 0)
            clock.go_on(timedelta(minutes=1))
        for number in (5, 6, 7):
            cross(ANN, name=f"budget {number}")
            assert send(clock) == (0, 0)
        clock.now = NOW + timedelta(days=1)
        assert send(clock) == (3, 0)
        assert len(mail_server.mails) == MOST_MAILS + 1


class TestWebhook:
    def test_it_is_signed(self, receiver: Receiver, clock: Clock) -> None:
        """Checked by the specification alone, without the library that signs."""
        budget = cross(receiver.url)
        assert send(clock) == (1, 0)
        ((path, headers, body),) = receiver.requests
        assert path == "/hook?of=ledger"
        notice = Notice.objects.get()
        assert headers["webhook-id"] == notice.public_id
        assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
        secret = Recipient.objects.get().secret
        assert secret.startswith("whsec_")
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        assert headers["webhook-signature"] == f"v1,{digest}"
        assert json.loads(body) == {
            "type": "budget.crossed",
            "timestamp": "2026-11-24T15:42:00+00:00",
            "data": {
                "budget": budget.name,
                "budget_id": budget.pk,
                "currency": "USD",
                "period": "2026-11-01",
                "kind": "spent",
                "threshold": 50,
                "reached": "11.2500",
                "amount": "20.0000",
                "left": "8.7500",
                "last_day": "2026-11-30",
            },
        }

    @pytest.mark.parametrize("status", [302, 400, 500])
    def test_what_is_no_success_is_tried_again(
        self, status: int, receiver: Receiver, clock: Clock
    ) -> None:
        """A redirect too: nobody is sent elsewhere."""
        cross(receiver.url)
        receiver.status = status
        assert send(clock) == (0, 1)
        assert failure() == f"The receiver answered {status}."
        receiver.status = 200
        clock.go_on(outbox.WAITS[0])
        assert send(clock) == (1, 0)
        first, second = receiver.requests
        assert first[0] == second[0]
        assert first[1]["webhook-id"] == second[1]["webhook-id"]
        assert first[2] == second[2]

    def test_gone_is_gone(self, receiver: Receiver, clock: Clock) -> None:
        cross(receiver.url)
        receiver.status = 410
        send(clock)
        assert Notice.objects.get().state == "failed"

    @pytest.mark.parametrize("tail", [":0/hook", ":65536/hook", ":99999/hook", "/h\xe9"])
    def test_an_address_that_was_taken_once_and_can_never_work_is_given_up(
        self, tail: str, receiver: Receiver, clock: Clock
    ) -> None:
        cross(receiver.url)
        address = f"https://localhost{tail}"
        Recipient.objects.update(address=address)
        Notice.objects.update(recipient=address)
        assert send(clock) == (0, 1)
        assert failure(state="failed") == "This is no https address."

    @pytest.mark.parametrize("port", ["", ":1", ":65535"])
    def test_a_port_that_may_be(self, port: str) -> None:
        assert recipients.is_webhook(f"https://example.com{port}/hook")

    def test_a_certificate_that_nobody_trusts(
        self, receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cross(receiver.url)
        monkeypatch.delenv("SSL_CERT_FILE")
        assert send(clock) == (0, 1)
        assert failure().startswith("No answer: SSLCertVerificationError: ")
        assert receiver.requests == []

    def test_private_networks_get_nothing(
        self, receiver: Receiver, clock: Clock, settings: Any
    ) -> None:
        settings.WEBHOOK_PRIVATE = False
        cross(receiver.url)
        assert send(clock) == (0, 1)
        assert failure() == "localhost lies in a private network (WEBHOOK_PRIVATE)."
        assert receiver.requests == []

    @pytest.mark.parametrize(
        ("address", "is_public"),
        [
            ("93.184.215.14", True),
            ("2606:4700::1111", True),
            ("127.0.0.1", False),
            ("10.1.2.3", False),
            ("172.16.0.1", False),
            ("192.168.1.1", False),
            ("169.254.169.254", False),
            ("100.64.0.1", False),
            ("0.0.0.0", False),
            ("224.0.0.1", False),
            ("::1", False),
            ("::", False),
            ("fe80::1%eth0", False),
            ("fd00::1", False),
            ("ff02::1", False),
            ("::ffff:127.0.0.1", False),
            ("::ffff:224.0.0.1", False),
            ("::ffff:8.8.8.8", True),
            ("64:ff9b::a00:1", False),
            ("64:ff9b::808:808", True),
            ("2002:a00:1::", False),
            ("fec0::1", False),
            ("feff::1", False),
            ("64:ff9b:1::7f00:1", False),
            ("64:ff9b:1::808:808", False),
            ("::127.0.0.1", False),
            ("::8.8.8.8", False),
            ("::ffff:0:7f00:1", False),
            ("240.0.0.1", False),
            ("2001:db8::1", False),
        ],
    )
    def test_which_addresses_are_public(self, address: str, is_public: bool) -> None:
        assert https.is_public(address) is is_public


def test_of_two_who_found_it_due_one_has_it(clock: Clock) -> None:
    """The other had looked before it was claimed; after the claim's time it is free again."""
    cross(ANN)
    (one,), (other,) = outbox.due_mails(NOW, 9), outbox.due_mails(NOW, 9)
    assert [outbox.claim(one, NOW), outbox.claim(other, NOW)] == [True, False]
    assert outbox.due_mails(NOW + outbox.CLAIM - timedelta(seconds=1), 9) == []
    (again,) = outbox.due_mails(NOW + outbox.CLAIM, 9)
    assert outbox.claim(again, NOW + outbox.CLAIM)


def test_both_kinds_each_their_own(
    mail_server: MailServer, receiver: Receiver, clock: Clock
) -> None:
    """One that fails holds up nobody else."""
    cross(ANN, "bob@example.com", receiver.url)
    receiver.status = 500
    assert send(clock) == (2, 1)
    assert {mail["To"] for mail in mail_server.mails} == {ANN, "bob@example.com"}


class TestManyReceivers:
    def test_who_does_not_answer_holds_up_nobody(
        self, receiver: Receiver, other_receiver: Receiver, clock: Clock
    ) -> None:
        """The first answers only once the other has all of its own."""
        receiver.hold = Event()
        cross(*(f"{receiver.url}&a={number}" for number in range(3)))
        cross(*(f"{other_receiver.url}&b={number}" for number in range(9)), name="other")
        other_receiver.after(9, receiver.hold.set)
        assert send(clock) == (12, 0)
        assert len(other_receiver.requests) == 9

    def test_the_others_of_one_that_does_not_answer_wait(
        self, receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(https, "SECONDS", 0.3)
        receiver.hold = Event()
        cross(*(f"{receiver.url}&a={number}" for number in range(3)))
        assert send(clock) == (0, 1)
        assert len(receiver.requests) == 1
        receiver.hold.set()
        clock.go_on(outbox.PATIENCE)
        assert send(clock) == (3, 0)

    def test_who_hears_of_a_group_gets_nothing_of_everybody_s(
        self, receiver: Receiver, clock: Clock
    ) -> None:
        cross(receiver.url)
        Recipient.objects.update(group="Law")
        assert send(clock) == (0, 1)
        assert receiver.requests == []

    def test_a_slow_one_is_left_to_the_next_run(self, receiver: Receiver, clock: Clock) -> None:
        cross(*(f"{receiver.url}&a={number}" for number in range(3)))
        receiver.after(2, lambda: clock.go_on(posting.ROUND))
        assert send(clock) == (2, 0)
        assert send(clock) == (1, 0)

    def test_a_process_that_is_to_end_notes_what_it_has_sent(
        self, receiver: Receiver, clock: Clock
    ) -> None:
        cross(*(f"{receiver.url}&a={number}" for number in range(2)))

        def go_on() -> None:
            if receiver.requests:
                raise StoppedError

        with pytest.raises(StoppedError):
            posting.send_due(clock, go_on)
        states = Notice.objects.order_by("pk").values_list("state", "attempts")
        assert list(states) == [("sent", 1), ("waiting", 0)]

    def test_what_cannot_be_told_holds_up_nobody(
        self, mail_server: MailServer, clock: Clock
    ) -> None:
        cross(ANN, "bob@example.com")
        Notice.objects.filter(recipient=ANN).update(facts={})
        assert send(clock) == (1, 1)
        assert failure(recipient=ANN) == "KeyError: see the log."
