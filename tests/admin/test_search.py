"""The search box: what each kind of text finds, and that nothing breaks it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from stats.models import APIUsageStats, EndUser
from stats.reports import search
from tests.admin.conftest import ANN, NOW, at, given
from tests.ledger import row, write
from tests.rollups.folded import fold_all

PATH = "/admin/reports/search/"


def found(client: Client, text: str, **headers: Any) -> dict[str, dict[str, str]]:
    """By kind: the links by what they are called."""
    page = given(client.get(PATH, {"q": text}, **headers))
    return {str(k.label): {line.label: line.url for line in k.lines} for k in page["kinds"]}


@pytest.mark.usefixtures("ledger")
class TestFinds:
    def test_a_user_by_name_or_number(self, analyst: Client) -> None:
        assert found(analyst, "ann")["Users"] == {"Ann": "/admin/reports/users/1/"}
        assert found(analyst, str(ANN))["Users"] == {"Ann": "/admin/reports/users/1/"}

    def test_a_job(self, analyst: Client) -> None:
        (url,) = found(analyst, "paten")["Jobs"].values()
        assert len(given(analyst.get(url))["bands"]) == 1

    def test_the_text_of_an_error_once_per_kind(self, analyst: Client) -> None:
        failed = row(success=False, error_message="Quota 77 spent", created_at=at(5))
        write(failed, {**failed, "error_message": "Quota 78 spent", "created_at": at(6)})
        newest = APIUsageStats.objects.latest("pk")
        url = f"/admin/stats/apiusagestats/{newest.pk}/change/"
        assert found(analyst, "QUOTA")["Errors"] == {"Quota 78 spent": url}

    @pytest.mark.parametrize("language", ["en", "zh-hant"])
    @pytest.mark.parametrize("text", ["ndpoint", "端點"])
    def test_a_page_by_its_name_in_either_language(
        self, analyst: Client, language: str, text: str
    ) -> None:
        kinds = found(analyst, text, headers={"accept-language": language})
        assert "/admin/reports/endpoints/" in next(iter(kinds.values())).values()

    def test_a_call_alone_is_opened(self, analyst: Client) -> None:
        pk = APIUsageStats.objects.latest("pk").pk
        for text in (f"#{pk}", f" # {pk} "):
            answer = analyst.get(PATH, {"q": text})
            assert answer.headers["Location"] == f"/admin/stats/apiusagestats/{pk}/change/"

    def test_a_number_of_several_things_opens_none(self, analyst: Client) -> None:
        pk = APIUsageStats.objects.earliest("pk").pk
        EndUser.objects.get_or_create(pk=pk, defaults={"name": "Same"})
        assert {"API calls", "Users"} <= found(analyst, str(pk)).keys()


@pytest.mark.django_db(transaction=True)
def test_an_endpoint_after_a_fold(analyst: Client, ledger: None, settings: Any) -> None:
    settings.FOLD_MARGIN_SECONDS = 0
    fold_all(now=NOW + timedelta(hours=1))
    (url,) = found(analyst, "WORKFLOWS")["Endpoints"].values()
    assert given(analyst.get(url))["totals"][0] == ("1", "call")


def test_more_than_some_lead_to_the_list(analyst: Client, people: None) -> None:
    EndUser.objects.bulk_create(EndUser(name=f"wchen {n}") for n in range(search.MOST + 1))
    (users,) = given(analyst.get(PATH, {"q": "wchen"}))["kinds"]
    assert len(users.lines) == search.MOST
    assert users.has_more
    assert analyst.get(users.more_url).context["cl"].result_count == search.MOST + 1


def test_wildcards_are_letters(analyst: Client, people: None) -> None:
    EndUser.objects.create(pk=50, name="50% of_all")
    for text in ("%", "_", "0% o"):
        assert list(found(analyst, text)["Users"]) == ["50% of_all"]


@pytest.mark.parametrize(
    "text", ["", "😀", "\\", "\0", "x" * 300, "9" * 30, "<script>", "'\"", "\udcff"]
)
def test_nothing_breaks_it(analyst: Client, ledger: None, text: str) -> None:
    shown = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    assert analyst.get(PATH, {"q": shown}).status_code == 200


def test_every_page_has_the_box(analyst: Client, other_staff: Client, ledger: None) -> None:
    assert b'action="/admin/reports/search/"' in analyst.get("/admin/").content
    assert b'action="/admin/reports/search/"' in analyst.get("/admin/stats/enduser/").content
    assert b"search-box" not in other_staff.get("/admin/password_change/").content
