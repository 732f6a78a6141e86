"""Accounts: made with a role in one form, told why they cannot log in, a forgotten password."""

import re
import threading
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.test.signals import template_rendered
from django.urls import reverse

from stats.accounts import roles
from tests.admin.conftest import HOSTILE, given
from tests.reading import html

pytestmark = pytest.mark.once

ADD = "/admin/auth/user/add/"
RESET = "/admin/password_reset/"
PASSWORD, NEW = "correct horse battery", "staple the battery"
LINK = re.compile(r"https://ledger\.example\.com(/admin/password_reset/\S+)")


@pytest.fixture
def with_mail(settings: Any) -> None:
    settings.MAIL_IS_SET_UP = True
    settings.SITE_URL = "https://ledger.example.com"


@pytest.fixture
def ann(db: None, clock: Any) -> User:
    user = User.objects.create_user("ann", "ann@example.com", PASSWORD, is_staff=True)
    roles.give_role(user, roles.ANALYSTS)
    return user


def login(name: str, password: str, **more: Any) -> Any:
    return Client().post("/admin/login/", {"username": name, "password": password}, **more)


def page_of(client: Client, user: User, **headers: str) -> str:
    url = reverse("admin:auth_user_change", args=[user.pk])
    return client.get(url, headers=headers).content.decode()


def asked_for(address: str, client: Client | None = None, **more: Any) -> Any:
    """The answer, once the mails are sent."""
    answer = (client or Client()).post(RESET, {"email": address}, **more)
    for thread in threading.enumerate():
        if thread.name == "password mail":
            thread.join(10)
    return answer


@pytest.mark.parametrize(
    ("language", "told", "others"),
    [
        ("en", "None: a superuser sees and changes everything", "None: sees nothing"),
        ("zh-hant", "無：超級管理員可看到並變更所有內容", "無：看不到任何內容"),
    ],
)
def test_a_superuser_without_a_role_sees_everything(
    superuser: User, ann: User, client: Client, language: str, told: str, others: str
) -> None:
    client.force_login(superuser)
    client.post("/i18n/setlang/", {"language": language})
    for account, yes, no in ((superuser, told, others), (ann, others, told)):
        page = client.get(f"/admin/auth/user/{account.pk}/change/").content.decode()
        assert yes in page
        assert no not in page


def test_the_trail_calls_the_section_as_the_menu_does(superuser: User, client: Client) -> None:
    client.force_login(superuser)
    trails = {"en": "Home › Access › Accounts", "zh-hant": "首頁 › 存取權限 › 帳號"}
    for language, trail in trails.items():
        client.cookies["django_language"] = language
        page = client.get("/admin/auth/user/").content.decode()
        (found,) = re.findall(r'<div class="breadcrumbs">(.*?)</div>', page, re.DOTALL)
        assert " ".join(re.sub("<[^>]*>", " ", found).split()) == trail


class TestWords:
    """People who call are users; accounts that look are accounts, on Django's own pages too."""

    @pytest.mark.parametrize(
        ("language", "user"),
        [("en", re.compile(r"\busers?\b", re.IGNORECASE)), ("zh-hant", re.compile("使用者|用戶"))],
    )
    @pytest.mark.parametrize(
        "form", ["", "add/", "{}/change/", "{}/history/", "{}/delete/", "{}/password/"]
    )
    def test_no_account_is_called_a_user(
        self, superuser: User, form: str, language: str, user: re.Pattern[str]
    ) -> None:
        client = Client()
        client.force_login(superuser)
        path = f"/admin/auth/user/{form.format(User.objects.create_user('eve').pk)}"
        text = client.get(path, headers={"accept-language": language}).content.decode()
        (title,) = re.findall("<title>(.*?)</title>", text, re.DOTALL)
        main = html.parse(text)
        # A permission is called as Django keeps it; one sentence Django does not translate.
        for one in main.iter("select"):
            one.clear()
        told = html.text_of(main).replace("the current password for this user will be lost", "")
        assert user.findall(f"{title} {told}") == []

    def test_nobody_logs_in_as_a_user(self, db: None) -> None:
        form = {"username": "eve", "password": "wrong"}
        answer = Client().post("/admin/login/", form, headers={"accept-language": "zh-hant"})
        text = answer.content.decode()
        assert "使用者" not in text
        assert "請輸入正確的帳號與密碼" in text


class TestMaking:
    @pytest.mark.parametrize("role", roles.NAMES)
    def test_one_form_makes_an_account_that_can_log_in(
        self, administrator: Client, role: str
    ) -> None:
        form = {"username": "eve", "email": "eve@example.com", "role": role}
        answer = administrator.post(ADD, {**form, "password1": NEW, "password2": NEW}, follow=True)
        assert "Nothing is in the way." in answer.content.decode()
        eve = User.objects.get(username="eve")
        assert (eve.email, roles.role_of(eve)) == ("eve@example.com", role)
        client = Client()
        client.post("/admin/login/", {"username": "eve", "password": NEW})
        assert client.get("/admin/").status_code == 200

    def test_a_password_is_needed_and_an_address_only_for_an_invitation(
        self, administrator: Client, with_mail: None
    ) -> None:
        for form, wrong in (
            ({"password1": NEW}, {"password2"}),
            ({"password1": "short", "password2": "short"}, {"password2"}),
            ({"is_invited": "on"}, {"email"}),
            ({"is_invited": "on", "email": "no address"}, {"email"}),
            ({"role": "no role", "is_invited": "on", "email": "e@example.com"}, {"role"}),
        ):
            answer = administrator.post(ADD, {"username": "eve", **form})
            assert given(answer)["adminform"].form.errors.keys() == wrong
        assert not User.objects.filter(username="eve").exists()
        assert mail.outbox == []

    def test_an_invited_account_sets_its_password_by_the_link(
        self,
        administrator: Client,
        with_mail: None,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        form = {"username": "eve", "email": "eve@example.com", "role": roles.ANALYSTS}
        with django_capture_on_commit_callbacks(execute=True):
            administrator.post(ADD, {**form, "is_invited": "on"}, headers={"Host": "localhost"})
        [message] = mail.outbox
        assert message.to == ["eve@example.com"]
        assert "administrator has made the account eve for you" in message.body
        set_password(str(message.body))
        assert login("eve", NEW).status_code == 302

    def test_without_mail_nobody_is_invited(self, administrator: Client) -> None:
        assert "is_invited" not in administrator.get(ADD).content.decode()
        administrator.post(ADD, {"username": "eve", "is_invited": "on", "email": "e@example.com"})
        assert not User.objects.filter(username="eve").exists()
        assert "send_link" not in administrator.get("/admin/auth/user/").content.decode()

    def test_a_mail_that_fails_leaves_the_account_and_says_so(
        self, transactional_db: None, superuser: User, with_mail: None, settings: Any
    ) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        client = Client()
        client.force_login(superuser)
        form = {"username": "eve", "email": "eve@example.com", "is_invited": "on"}
        answer = client.post(ADD, form, follow=True)
        assert User.objects.filter(username="eve").exists()
        assert "The mail was not sent: " in answer.content.decode()

    def test_a_link_is_sent_again(
        self, administrator: Client, superuser: User, ann: User, with_mail: None
    ) -> None:
        """Not to who has more rights than who sends it."""
        User.objects.filter(pk=superuser.pk).update(email="root@example.com")
        form = {"action": "send_link", "_selected_action": [ann.pk, superuser.pk]}
        administrator.post("/admin/auth/user/", form)
        assert [message.to for message in mail.outbox] == [["ann@example.com"]]


class TestReasons:
    @pytest.mark.parametrize(
        ("field", "english", "chinese"),
        [
            ("is_active", "This account is not active.", "這個帳號已停用。"),
            ("is_staff", "This account has no role.", "這個帳號沒有角色。"),
        ],
    )
    def test_are_told_after_the_right_password_alone(
        self, administrator: Client, ann: User, field: str, english: str, chinese: str
    ) -> None:
        User.objects.filter(pk=ann.pk).update(**{field: False})
        assert english in login("ann", PASSWORD).content.decode()
        in_chinese = login("ann", PASSWORD, headers={"Accept-Language": "zh-Hant"})
        assert chinese in in_chinese.content.decode()
        assert english not in login("ann", NEW).content.decode()
        assert english in page_of(administrator, ann)

    def test_a_role_missing_and_a_lock_are_on_the_account_s_page(
        self, administrator: Client, ann: User, settings: Any
    ) -> None:
        assert "Nothing is in the way." in page_of(administrator, ann)
        roles.give_role(ann, "")
        for _attempt in range(settings.AXES_FAILURE_LIMIT):
            login("ann", "wrong", REMOTE_ADDR="203.0.113.7")
        page = page_of(administrator, ann)
        assert "This account has no role: it can log in, and sees nothing." in page
        assert "Too many failed logins from 203.0.113.7: locked there until 15:57." in page

    def test_a_deactivated_account_is_out_at_once(self, ann: User) -> None:
        client = Client()
        client.force_login(ann)
        assert client.get("/admin/").status_code == 200
        User.objects.filter(pk=ann.pk).update(is_active=False)
        assert client.get("/admin/").status_code == 302


def set_password(text: str) -> None:
    [link] = LINK.findall(text)
    client = Client()
    form = client.get(link, follow=True).redirect_chain[-1][0]
    assert LINK.search(text)
    assert link.rsplit("/", 2)[1] not in form
    answer = client.post(form, {"new_password1": NEW, "new_password2": NEW})
    assert answer.status_code == 302
    # It works once.
    assert given(Client().get(link, follow=True))["validlink"] is False


@pytest.mark.usefixtures("with_mail")
class TestForgotten:
    @pytest.fixture(autouse=True)
    def _known(self, ann: User) -> None:
        """An account to forget the password of."""

    def test_a_link_leads_to_a_new_password(self) -> None:
        page = Client().get("/admin/login/").content.decode()
        assert f'<a href="{RESET}">Forgotten your password?</a>' in page
        answer = asked_for("ANN@example.com", headers={"Host": "localhost"})
        assert answer.status_code == 302
        [message] = mail.outbox
        assert message.to == ["ann@example.com"]
        assert "a new password for the account ann" in message.body
        set_password(str(message.body))
        assert login("ann", NEW).status_code == 302
        [entry] = LogEntry.objects.all()
        assert entry.user.username == entry.object_repr == "ann"

    @pytest.mark.parametrize("address", ["nobody@example.com", "off@example.com"])
    def test_nobody_learns_who_has_an_account(self, address: str) -> None:
        User.objects.create_user("off", "off@example.com", PASSWORD, is_active=False)
        unknown, known = asked_for(address), asked_for("ann@example.com")
        assert (unknown.status_code, unknown.headers["Location"]) == (
            known.status_code,
            known.headers["Location"],
        )
        assert [message.to for message in mail.outbox] == [["ann@example.com"]]

    @pytest.mark.parametrize(("address", "made"), [("ann@example.com", 1), ("x@example.com", 0)])
    def test_nor_from_the_time_an_answer_takes(self, address: str, made: int) -> None:
        """Of a mail nothing is made before the answer is."""
        makers: list[str] = []

        def note(template: Any, **_more: Any) -> None:
            if template.name == "stats/mail/password.txt":
                makers.append(threading.current_thread().name)

        template_rendered.connect(note)
        try:
            asked_for(address)
        finally:
            template_rendered.disconnect(note)
        assert makers == ["password mail"] * made

    def test_in_chinese(self) -> None:
        asked_for("ann@example.com", headers={"Accept-Language": "zh-Hant"})
        [message] = mail.outbox
        assert message.subject == "重設密碼"
        assert "有人要求重設" in message.body

    @pytest.mark.parametrize("known", ["ann", "nobody"])
    def test_too_many_are_refused(self, known: str, settings: Any) -> None:
        """Of one address of the network, and for one mailbox."""
        limit = settings.AXES_FAILURE_LIMIT
        address = f"{known}@example.com"
        for number in range(limit):
            answer = asked_for(address, REMOTE_ADDR=f"203.0.113.{number}")
            assert answer.status_code == 302
        answer = asked_for(address, REMOTE_ADDR="203.0.113.99")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
        assert "Too many mails were asked for. Try again in 15 minutes." in answer.content.decode()
        for number in range(limit):
            asked_for(f"{number}@example.com", REMOTE_ADDR="198.51.100.1")
        assert asked_for("x@example.com", REMOTE_ADDR="198.51.100.1").status_code == 429

    def test_any_text_is_answered(self) -> None:
        for text in (HOSTILE, "a\r\nBcc: b@example.com", "陳@例子.台灣", "x" * 5_000, ""):
            assert asked_for(text).status_code in (200, 302)
        answer = Client().get(f"{RESET}{HOSTILE.replace('/', '')}/set-password/")
        assert given(answer)["validlink"] is False
        assert mail.outbox == []
