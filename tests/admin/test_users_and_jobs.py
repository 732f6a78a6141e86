"""Records of users and jobs, and staff accounts: what may be changed, and by whom."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from stats.models import EndUser, TranslationJob
from tests.admin.conftest import ANN, DAN, at
from tests.ledger import row, write


def test_users_are_named_here(administrator: Client) -> None:
    administrator.post("/admin/stats/enduser/add/", {"name": "Eve"})
    assert EndUser.objects.get().name == "Eve"


@pytest.mark.parametrize(("model", "pk"), [("enduser", ANN), ("translationjob", 70)])
def test_one_with_calls_is_not_deleted(
    administrator: Client, ledger: None, model: str, pk: int
) -> None:
    url = reverse(f"admin:stats_{model}_delete", args=[pk])
    assert "The API calls of" in administrator.get(url).content.decode()
    administrator.post(url, {"post": "yes"})
    assert EndUser.objects.filter(pk=ANN).exists()
    assert TranslationJob.objects.filter(pk=70).exists()


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
            "date_joined_0": "2026-11-01",
            "date_joined_1": "12:00",
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
