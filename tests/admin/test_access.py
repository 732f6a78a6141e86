"""Every address of the admin, as everybody: a new one fails here until it has its line."""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from http import HTTPStatus

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from stats.admin.components.files import FORMATS
from stats.admin.pages import PAGES
from stats.models import APIUsageStats
from tests.admin.conftest import ANN, NOW, given
from tests.closings.ledgers import OCTOBER, adjust
from tests.invoices.entered import any_invoice

# Per name: the status that administrator, analyst, other staff and nobody get.
# 302 of nobody is the way to the login.
EVERYBODY_ON_STAFF = (200, 200, 200, 302)
SEEN_BY_BOTH = (200, 200, 403, 302)
ADMINISTRATORS = (200, 403, 403, 302)
NO_ONE = (403, 403, 403, 302)
MODELS = (
    "stats/apiusagestats",
    "stats/apikey",
    "stats/enduser",
    "stats/translationjob",
    "stats/budget",
    "stats/recipient",
    "auth/user",
    "auth/group",
)
# The end of the name of a file's address.
FILE = re.compile(f"_({'|'.join([*FORMATS, 'zip', 'file'])})$")
KEY_BEFORE = r"stats/apikey/^(?P<object_id>\w{8})\..+/$"
ADDRESSES = {
    # Whatever is registered, with its files: nobody else has any business with a report.
    **{url.name: SEEN_BY_BOTH for page in PAGES for url in page.urls(admin.site) if url.name},
    **{
        f"reports_{page}{file}": ADMINISTRATORS
        for page in ("refused", "history", "notices", "invoices", "invoice")
        for file in ("", *(f"_{format}" for format in FORMATS))
    },
    "reports_invoice_file": ADMINISTRATORS,
    "reports_choices": SEEN_BY_BOTH,
    "stats_apiusagestats_changelist": SEEN_BY_BOTH,
    "stats_apiusagestats_change": SEEN_BY_BOTH,
    "stats_apiusagestats_history": SEEN_BY_BOTH,
    "stats_apiusagestats_add": NO_ONE,
    "stats_apiusagestats_delete": NO_ONE,
    "stats_apikey_changelist": SEEN_BY_BOTH,
    "stats_apikey_change": SEEN_BY_BOTH,
    "stats_apikey_history": SEEN_BY_BOTH,
    "stats_apikey_add": ADMINISTRATORS,
    "stats_apikey_delete": NO_ONE,
    **{f"stats_budget_{view}": SEEN_BY_BOTH for view in ("changelist", "change", "history")},
    "stats_budget_add": ADMINISTRATORS,
    "stats_budget_delete": NO_ONE,
    **{f"stats_recipient_{view}": SEEN_BY_BOTH for view in ("changelist", "change", "history")},
    "stats_recipient_add": ADMINISTRATORS,
    "stats_recipient_delete": NO_ONE,
    # From the address that a key had before to the one it has.
    KEY_BEFORE: (302, 302, 302, 302),
    **{
        f"stats_{model}_{view}": SEEN_BY_BOTH
        for model in ("enduser", "translationjob")
        for view in ("changelist", "change", "history")
    },
    **{
        f"stats_{model}_{view}": ADMINISTRATORS
        for model in ("enduser", "translationjob")
        for view in ("add", "delete")
    },
    **{
        f"auth_user_{view}": ADMINISTRATORS
        for view in ("changelist", "change", "history", "add", "delete")
    },
    **{f"auth_group_{view}": ADMINISTRATORS for view in ("changelist", "change", "history")},
    "auth_group_add": NO_ONE,
    "auth_group_delete": NO_ONE,
    "auth_user_password_change": ADMINISTRATORS,
    # To the overview: the menu is the index.
    "app_list": (302, 302, 302, 302),
    "autocomplete": SEEN_BY_BOTH,
    "login": (302, 302, 302, 200),
    # Where mail is set up; here it is not.
    **{
        f"password_reset{view}": (404, 404, 404, 404)
        for view in ("", "_done", "_confirm", "_complete")
    },
    # Only by POST.
    "logout": (405, 405, 405, 302),
    "password_change": EVERYBODY_ON_STAFF,
    "password_change_done": EVERYBODY_ON_STAFF,
    "jsi18n": EVERYBODY_ON_STAFF,
    # No model here has a page of its own elsewhere.
    "view_on_site": (404, 404, 404, 302),
    # Django's ways on: from the address of a record to its form, and from nowhere.
    **{f"{model}/<path:object_id>/": (302, 302, 302, 302) for model in MODELS},
    "(?P<url>.*)$": (404, 404, 404, 302),
}
PEOPLE = ("administrator", "analyst", "other_staff", "nobody")
# Who is refused asks less than the first, and who is not the same.
EACH = [PEOPLE[0], *(pytest.param(person, marks=pytest.mark.once) for person in PEOPLE[1:])]


def names(patterns: Iterable[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    """Of each address its name; where it has none, the way to it."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns, route)
        else:
            yield pattern.name or route


def test_no_address_is_forgotten() -> None:
    forgotten = set(names(admin.site.get_urls())) ^ set(ADDRESSES)
    assert not forgotten, "ADDRESSES has a line for each address, and no other"


def address(name: str, objects: dict[str, object]) -> str:
    page = FILE.sub("", name)
    if page == "reports_user":
        return reverse(f"admin:{name}", args=[ANN])
    if page == "reports_job":
        return reverse(f"admin:{name}", args=[70])
    if name == "reports_closing_zip":
        adjust(OCTOBER, "1.25")
    if page in ("reports_closing", "reports_statement"):
        return reverse(f"admin:{name}", args=["2026-10"])
    if page == "reports_invoice":
        return reverse(f"admin:{name}", args=[any_invoice(NOW).pk])
    if name == "reports_budget":
        return reverse(f"admin:{name}", args=[objects["stats_budget"]])
    if name == "app_list":
        return reverse("admin:app_list", args=["stats"])
    if name == "view_on_site":
        kind = ContentType.objects.get_for_model(APIUsageStats).pk
        return reverse("admin:view_on_site", args=[kind, objects["stats_apiusagestats"]])
    if name == "autocomplete":
        query = "app_label=stats&model_name=apiusagestats&field_name=user&term="
        return f"{reverse('admin:autocomplete')}?{query}"
    if name == "password_reset_confirm":
        return reverse(f"admin:{name}", args=["MQ", "set-password"])
    if name == KEY_BEFORE:
        return f"/admin/stats/apikey/{objects['stats_apikey']}.pbkdf2_sha256$1$x/change/"
    if name == "(?P<url>.*)$":
        return "/admin/nowhere/"
    if name.endswith("/<path:object_id>/"):
        model = name.removesuffix("/<path:object_id>/")
        return f"/admin/{model}/{objects[model.replace('/', '_')]}/"
    model, _, view = name.rpartition("_")
    model = "auth_user" if name == "auth_user_password_change" else model
    if model in objects and view not in ("changelist", "add"):
        return reverse(f"admin:{name}", args=[objects[model]])
    return reverse(f"admin:{name}")


@pytest.mark.parametrize("person", EACH)
@pytest.mark.parametrize("name", ADDRESSES)
def test_each_address_as_each_person(
    request: pytest.FixtureRequest, name: str, person: str, objects: dict[str, object]
) -> None:
    client: Client = request.getfixturevalue(person)
    answer = client.get(address(name, objects))
    if answer.streaming:
        answer.getvalue()
    assert answer.status_code == ADDRESSES[name][PEOPLE.index(person)]
    if person == "nobody" and answer.status_code == 302:
        assert answer.headers["Location"].startswith(("/admin/login/", "/admin/"))


# In no section of the menu.
BESIDE_THE_MENU = {"reports_search", "password_change", "password_change_done"}


@pytest.mark.once
def test_the_trail_names_the_section_and_the_entry_of_the_menu(
    administrator: Client, objects: dict[str, object]
) -> None:
    beside = set()
    for name in ADDRESSES:
        answer = administrator.get(address(name, objects))
        page = answer.getvalue().decode(errors="replace")
        if answer.status_code != HTTPStatus.OK or "html" not in answer.headers["Content-Type"]:
            continue
        trail = trail_of(page).split(" › ")
        found = sections_with_a_current_entry(page)
        if found:
            assert trail[1:3] == list(*found), name
        else:
            assert len(trail) == 2, name
            beside.add(name)
    assert beside == BESIDE_THE_MENU


def trail_of(page: str) -> str:
    (inside,) = re.findall('<div class="breadcrumbs">(.*?)</div>', page, re.DOTALL)
    return " ".join(unescape(re.sub("<[^>]+>", " ", inside)).split())


def sections_with_a_current_entry(page: str) -> list[tuple[str, str]]:
    """Of the menu at the side: what the section is called, and its entry."""
    menu = page.partition('id="nav-sidebar"')[2].partition("</nav>")[0]
    return [
        (section, entry)
        for section, entries in re.findall("<caption>(.*?)</caption>(.*?)</table>", menu, re.DOTALL)
        for entry in re.findall('aria-current="page">(.*?)</a>', entries)
    ]


def test_staff_without_a_role_learn_who_can_give_it(other_staff: Client) -> None:
    answer = other_staff.get("/admin/")
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "Your account other has no role here yet." in page
    assert "An administrator can give it the role of an analyst" in page
    assert reverse("admin:logout") in page


def test_the_root_leads_to_the_overview(nobody: Client) -> None:
    answer = nobody.get("/")
    assert answer.headers["Location"] == "/admin/"


@pytest.mark.parametrize(
    ("person", "sections"),
    [
        ("administrator", {"Reports", "Ledger", "Access"}),
        ("analyst", {"Reports", "Ledger", "Access"}),
    ],
)
def test_the_menu_has_what_one_may_see(
    request: pytest.FixtureRequest, person: str, sections: set[str], ledger: None
) -> None:
    client: Client = request.getfixturevalue(person)
    menu = given(client.get("/admin/"))["menu"]
    assert {section.label for section in menu} == sections
    entries = [entry for section in menu for entry in section.entries]
    assert [entry.label for entry in entries if entry.is_current] == ["Overview"]
    for entry in entries:
        assert client.get(entry.url).status_code == 200
        if entry.add_url:
            assert client.get(entry.add_url).status_code == 200
    may_add = any(entry.add_url for entry in entries)
    assert may_add == (person == "administrator")


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_calls_are_changed_by_nobody(
    administrator: Client, superuser: User, ledger: None, method: str
) -> None:
    before = list(APIUsageStats.objects.order_by("pk").values())
    pk = before[0]["id"]
    client = Client()
    client.force_login(superuser)
    for who in (administrator, client):
        for name in ("add", "change", "delete", "changelist"):
            arguments = [] if name in ("add", "changelist") else [pk]
            url = reverse(f"admin:stats_apiusagestats_{name}", args=arguments)
            answer = getattr(who, method)(url, {"post": "yes", "action": "delete_selected"})
            # Django's own pages take other methods than POST for looking.
            assert answer.status_code in (403, 405) or method != "post"
    assert list(APIUsageStats.objects.order_by("pk").values()) == before
