"""Records of users and jobs, and accounts: what may be changed, and by whom."""

from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from stats.ingest import groups
from stats.models import APIUsageStats, ClosingEntry, EndUser, Membership, TranslationJob
from stats.models.users_and_jobs import NO_END
from tests.admin.conftest import ANN, DAN, NOW, at, given
from tests.closings.ledgers import close, verified
from tests.ledger import row, write
from tests.reading import html

URL = f"/admin/stats/enduser/{ANN}/change/"


def shown(client: Client) -> dict[str, str]:
    """What the fields of Ann's form hold; nothing to whom it shows none."""
    page = html.parse(client.get(URL).content.decode())
    return {
        node.get("name", ""): node.get("value", "")
        for node in page.iter("input")
        if node.get("name") in ("name", "group", "group_since", "seen")
    }


def messages(client: Client) -> list[str]:
    page = html.parse(client.get(URL).content.decode())
    return [html.text_of(item) for found in html.having(page, "messagelist") for item in found]


def test_users_are_named_here(administrator: Client) -> None:
    administrator.post("/admin/stats/enduser/add/", {"name": "Eve"})
    assert EndUser.objects.get().name == "Eve"


class TestGroups:
    """A user's group holds from a day on."""

    def change(self, client: Client, **form: str) -> Any:
        """As a browser does: with what the form shows now."""
        return client.post(URL, {**shown(client), "name": "Ann", **form})

    def test_from_a_day_or_from_today(self, administrator: Client, people: None) -> None:
        self.change(administrator, group="Sales", group_since="2026-03-01")
        self.change(administrator, group="Law")
        found = Membership.objects.order_by("since").values_list("group", "since", "until")
        assert list(found) == [
            ("Sales", date(2026, 3, 1), date(2026, 11, 24)),
            ("Law", date(2026, 11, 24), NO_END),
        ]
        page = administrator.get(URL).content.decode()
        assert "Law: since 24 Nov 2026<br>Sales: 1 Mar–23 Nov 2026" in page
        assert 'value="Law"' in page

    def test_a_new_user_has_one_at_once(self, administrator: Client, people: None) -> None:
        administrator.post("/admin/stats/enduser/add/", {"name": "Eve", "group": "Law"})
        eve = EndUser.objects.get(name="Eve")
        assert (eve.group, eve.memberships.get().since) == ("Law", date(2026, 11, 24))

    def test_renaming_leaves_it(self, administrator: Client, people: None) -> None:
        self.change(administrator, group="Sales", group_since="2026-03-01")
        self.change(administrator, name="Anne")
        assert EndUser.objects.get(pk=ANN).name == "Anne"
        assert Membership.objects.get().since == date(2026, 3, 1)

    @pytest.mark.parametrize(
        ("name", "since"),
        [("Legal", date(2026, 11, 2)), ("Sales", date(2026, 2, 1)), ("", date(2026, 11, 2))],
    )
    @pytest.mark.parametrize("given", [{"name": "Anne"}, {"group": "Law"}])
    def test_nobody_undoes_a_group_that_they_never_saw(
        self,
        administrator: Client,
        people: None,
        name: str,
        since: date,
        given: dict[str, str],
    ) -> None:
        """The API has set it while the form was open."""
        self.change(administrator, group="Sales", group_since="2026-03-01")
        form = {**shown(administrator), **given}
        groups.set_group(ANN, name, since, date(2026, 11, 24))
        held = [*Membership.objects.order_by("since").values_list("group", "since", "until")]
        page = administrator.post(URL, form).content.decode()
        assert "Somebody has changed the group of this user meanwhile: look at it anew." in page
        in_chinese = administrator.post(URL, form, headers={"Accept-Language": "zh-Hant"})
        assert "剛才已被他人修改" in in_chinese.content.decode()
        found = Membership.objects.order_by("since").values_list("group", "since", "until")
        assert [*found] == held
        assert EndUser.objects.get(pk=ANN).name == "Ann"
        assert administrator.post(URL, {**shown(administrator), **given}).status_code == 302

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize(
        ("since", "months"),
        [("2026-11-01", ""), ("2026-10-02", "October 2026"), ("2026-10-03", "")],
    )
    def test_that_a_closed_month_changes_is_told(
        self, administrator: Client, open_month: None, since: str, months: str
    ) -> None:
        """Ann's only call of October is on the 2nd."""
        close(now=NOW)
        self.change(administrator, group="Sales", group_since=since)
        told = messages(administrator)
        sentence = f"{months} is closed. The next verification writes an adjustment"
        assert [one.startswith(sentence) for one in told[:-1]] == [True] * bool(months)
        verified(NOW)
        assert ClosingEntry.objects.count() == (2 if months else 1)

    @pytest.mark.django_db(transaction=True)
    def test_it_is_told_in_chinese(self, administrator: Client, open_month: None) -> None:
        close(now=NOW)
        administrator.post("/i18n/setlang/", {"language": "zh-hant"})
        self.change(administrator, group="Sales", group_since="2026-10-02")
        assert any("2026年10月已經結帳。這名使用者的呼叫" in one for one in messages(administrator))

    @pytest.mark.parametrize("day", ["2026-11-25", "1999-12-31", "then"])
    def test_no_such_day(self, administrator: Client, people: None, day: str) -> None:
        page = self.change(administrator, group="Sales", group_since=day).content.decode()
        assert "errorlist" in page
        assert not Membership.objects.exists()

    @pytest.mark.parametrize("name", ["Sales\nLaw", "Sales\u202ewaL", "\x85x\u2028y"])
    def test_no_such_name(self, administrator: Client, people: None, name: str) -> None:
        answer = self.change(administrator, group=name)
        assert given(answer)["adminform"].form.errors.keys() == {"group"}
        assert "Line breaks and other control characters are not possible." in (
            answer.content.decode()
        )
        form = {**shown(administrator), "group": name}
        in_chinese = administrator.post(URL, form, headers={"Accept-Language": "zh-Hant"})
        assert "不可包含換行或其他控制字元。" in in_chinese.content.decode()
        assert not Membership.objects.exists()

    def test_the_log_has_group_and_day(self, administrator: Client, people: None) -> None:
        self.change(administrator, group="Sales", group_since="2026-03-01")
        message = LogEntry.objects.get().get_change_message()
        assert "Sales, 2026-03-01" in message

    def test_an_analyst_sees_them(
        self, administrator: Client, analyst: Client, people: None
    ) -> None:
        self.change(administrator, group="Sales", group_since="2026-03-01")
        page = analyst.get(URL).content.decode()
        assert "Sales: since 1 Mar 2026" in page
        assert self.change(analyst, group="Law").status_code == 403


@pytest.mark.parametrize(("model", "pk"), [("enduser", ANN), ("translationjob", 70)])
def test_one_with_calls_is_not_deleted(
    administrator: Client, ledger: None, model: str, pk: int
) -> None:
    url = reverse(f"admin:stats_{model}_delete", args=[pk])
    assert "The API calls of" in administrator.get(url).content.decode()
    administrator.post(url, {"post": "yes"})
    assert EndUser.objects.filter(pk=ANN).exists()
    assert TranslationJob.objects.filter(pk=70).exists()


@pytest.mark.django_db(transaction=True)
def test_one_whose_calls_are_purged_is_not_deleted(administrator: Client, open_month: None) -> None:
    """Else the closed months, and reports of the past, would lose the groups."""
    close(now=NOW)
    groups.set_group(ANN, "Sales", date(2026, 11, 24), date(2026, 11, 24))
    APIUsageStats.objects.filter(user_id=ANN)._raw_delete("default")
    url = reverse("admin:stats_enduser_delete", args=[ANN])
    assert "The API calls of Ann" in administrator.get(url).content.decode()
    administrator.post(url, {"post": "yes"})
    assert EndUser.objects.get(pk=ANN).memberships.exists()


def test_one_without_calls_is(administrator: Client, people: None) -> None:
    administrator.post(reverse("admin:stats_enduser_delete", args=[DAN]), {"post": "yes"})
    assert not EndUser.objects.filter(pk=DAN).exists()


def test_a_million_calls_are_not_collected_to_refuse(
    administrator: Client, people: None, django_assert_max_num_queries: object
) -> None:
    write(*(row(user_id=ANN, created_at=at(3)) for _ in range(50)))
    url = reverse("admin:stats_enduser_delete", args=[ANN])
    with django_assert_max_num_queries(15):  # type: ignore[operator]
        page = administrator.get(url).content.decode()
    assert page.count("The API calls of") == 1


@pytest.mark.parametrize(("term", "found"), [("an", ["Ann"]), ("2", ["Bob"]), ("zz", [])])
def test_users_are_found_by_name_and_number(
    analyst: Client, people: None, term: str, found: list[str]
) -> None:
    query = {"app_label": "stats", "model_name": "apiusagestats", "field_name": "user"}
    answer = analyst.get("/admin/autocomplete/", {**query, "term": term})
    assert [result["text"] for result in answer.json()["results"]] == found


def test_search_takes_any_text(analyst: Client, people: None) -> None:
    assert analyst.get("/admin/stats/enduser/", {"q": "名 'x' %_\\"}).status_code == 200


class TestStaffAccounts:
    def test_an_administrator_makes_no_superuser(self, administrator: Client) -> None:
        colleague = User.objects.create_user("colleague")
        url = reverse("admin:auth_user_change", args=[colleague.pk])
        page = administrator.get(url).content.decode()
        assert "is_superuser" not in page
        assert "user_permissions" not in page
        form = {
            "username": "colleague",
            "is_active": "on",
            "is_superuser": "on",
        }
        assert administrator.post(url, form).status_code == 302
        colleague.refresh_from_db()
        assert not colleague.is_superuser

    @pytest.mark.parametrize("view", ["change", "delete", "password_change"])
    def test_nor_touches_one(self, administrator: Client, superuser: User, view: str) -> None:
        url = reverse(f"admin:auth_user_{view}", args=[superuser.pk])
        assert administrator.post(url, {"post": "yes"}).status_code == 403
        administrator.post(
            "/admin/auth/user/",
            {"action": "delete_selected", "_selected_action": [superuser.pk], "post": "yes"},
        )
        assert User.objects.filter(pk=superuser.pk).exists()

    def test_a_superuser_does(self, superuser: User) -> None:
        client = Client()
        client.force_login(superuser)
        url = reverse("admin:auth_user_change", args=[superuser.pk])
        assert "is_superuser" in client.get(url).content.decode()
