"""A format of files that is declared once has an address and an entry in each menu."""

from typing import Any, cast

import pytest
from django.contrib import admin
from django.http import JsonResponse
from django.test import Client, override_settings
from django.urls import path

from stats.admin.components.files import FORMATS, Format
from usage_project import urls

pytestmark = [pytest.mark.usefixtures("ledger"), pytest.mark.once]


@pytest.fixture
def one_more(monkeypatch: pytest.MonkeyPatch) -> type:
    """All that is written for a format besides its writer, and the addresses that follow."""
    declared = Format(
        "json",
        "the number of rows",  # type: ignore[arg-type]  # a text without translation
        has_all_tables=True,
        answer=lambda tables, _about, stem: JsonResponse(
            {stem: {table.name: sum(map(len, table.pages)) for table in tables}}
        ),
    )
    monkeypatch.setitem(FORMATS, "json", declared)

    class Addresses:
        urlpatterns = [
            path("admin/", admin.site.urls),
            *(one for one in cast(Any, urls.urlpatterns) if str(one.pattern) != "admin/"),
        ]

    return Addresses


def test_it_is_everywhere(analyst: Client, one_more: type) -> None:
    with override_settings(ROOT_URLCONF=one_more):
        page = analyst.get("/admin/reports/users/?period=all").content.decode()
        assert "/admin/reports/users/export.json?period=all" in page
        assert "the number of rows" in page
        (tables,) = analyst.get("/admin/reports/users/export.json?period=all").json().values()
        text = analyst.get("/admin/reports/users/export.csv?period=all").getvalue().decode()
    assert tables.keys() == {"users"}
    assert tables["users"] == len(text.strip().splitlines()) - 1 > 1
