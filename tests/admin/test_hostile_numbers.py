"""Numbers that no database holds, wherever the admin takes one: in addresses, in queries of
Django's lists, in fields of every form. Each gets a page or a refusal."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from stats.models import APIUsageStats
from tests.admin.test_access import ADDRESSES, address

NUMBERS = ("9" * 30, f"-{'9' * 30}", str(2**63), "1e400")
# Whose forms end the session.
LEAVING = {"logout", "password_change"}
MODELS = [model for model in admin.site._registry if model is not APIUsageStats]
LOOKUPS = ("", "__in", "__range", "__id__exact")
OF_LISTS = ("p", "o", "q", "_facets", "_to_field", "created__gte")


@pytest.fixture
def root(superuser: User) -> Client:
    """Tells a mistake by its status, as a browser learns it."""
    client = Client(raise_request_exception=False)
    client.force_login(superuser)
    return client


def failing(answers: Iterator[tuple[str, Any]]) -> list[str]:
    """Those of a server that did not know what to say."""
    found = []
    for asked, answer in answers:
        answer.getvalue()
        if answer.status_code >= 500:
            found.append(f"{answer.status_code} {asked}")
    return found


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for one in patterns:
        route = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, route)
        elif "<" in route:
            yield route


@pytest.mark.usefixtures("ledger")
def test_in_addresses(root: Client) -> None:
    found = [re.sub(r"<[^>]*>", "{}", route) for route in routes(admin.site.get_urls())]
    assert len(found) > 50
    urls = (f"/admin/{route.replace('{}', number)}" for route in found for number in NUMBERS)
    assert failing((url, root.get(url)) for url in urls) == []


@pytest.mark.usefixtures("objects")
@pytest.mark.parametrize("model", MODELS)
def test_in_queries_of_lists(root: Client, model: Any) -> None:
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    fields = [field.name for field in model._meta.get_fields()] + ["pk"]
    names = [*OF_LISTS, *(f"{field}{lookup}" for field in fields for lookup in LOOKUPS)]
    queries = [{name: number} for name in names for number in NUMBERS]
    assert failing((f"{url} {query}", root.get(url, query)) for query in queries) == []


@pytest.mark.usefixtures("objects")
@pytest.mark.parametrize("model", MODELS)
def test_in_actions_of_lists(root: Client, model: Any) -> None:
    name = f"{model._meta.app_label}_{model._meta.model_name}_changelist"
    url = reverse(f"admin:{name}")
    actions = re.findall(r'<option value="(\w+)">', root.get(url).content.decode())
    posts = [
        {"action": action, "_selected_action": [number], "index": index, "post": "yes"}
        for action in (*actions, "delete_selected")
        for number in NUMBERS
        for index in ("0", number)
    ]
    assert failing((f"{url} {post}", root.post(url, post)) for post in posts) == []


@pytest.mark.usefixtures("ledger")
def test_in_choices(root: Client) -> None:
    url = reverse("admin:autocomplete")
    whole = {"app_label": "stats", "model_name": "apiusagestats", "field_name": "user", "term": "1"}
    assert root.get(url, whole).status_code == 200
    queries = [{**whole, name: number} for name in (*whole, "page", "p", "q") for number in NUMBERS]
    assert failing((f"{url} {query}", root.get(url, query)) for query in queries) == []
    choices = reverse("admin:reports_choices")
    names = ("field", "term", "page", "user_id", "job_id")
    queries = [{name: number} for name in names for number in NUMBERS]
    assert failing((f"{choices} {query}", root.get(choices, query)) for query in queries) == []


class Forms(HTMLParser):
    """Of each form of a page that is posted: its address, and its fields with their values."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, list[str]]]] = []
        self.in_form = False
        self.select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.in_form = given.get("method", "").lower() == "post"
            if self.in_form:
                self.forms.append((given.get("action", ""), {}))
        if not self.in_form:
            return
        fields, name = self.forms[-1][1], given.get("name", "")
        if tag == "select":
            self.select = name
            fields.setdefault(name, [])
        elif tag == "option" and self.select and "selected" in given:
            fields[self.select].append(given.get("value", ""))
        elif tag in ("input", "textarea", "button") and name:
            values = fields.setdefault(name, [])
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                values.append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        self.in_form = self.in_form and tag != "form"
        self.select = "" if tag == "select" else self.select


@pytest.mark.parametrize("name", [name for name in ADDRESSES if name not in LEAVING])
def test_in_fields_of_forms(root: Client, objects: dict[str, object], name: str) -> None:
    url = address(name, objects)
    page = root.get(url)
    text = page.getvalue().decode(errors="replace")
    if "html" not in page.headers.get("Content-Type", ""):
        return
    posts = [
        (action or url, {**fields, field: [number]})
        for action, fields in Forms(text).forms
        if not action.endswith(("/logout/", "/setlang/"))
        for field in fields
        if field != "csrfmiddlewaretoken"
        for number in NUMBERS
    ]
    assert failing((f"{url} {post}", root.post(where, post)) for where, post in posts) == []
