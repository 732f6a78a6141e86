"""Fixtures: an analyst who reads a ledger in either language."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import Element

import openpyxl  # type: ignore[import-untyped]
import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.test import Client

from stats.accounts import roles
from stats.admin.components import tables, waterfall
from tests.ledger import in_zones
from tests.reading import html
from tests.reading.calls import NOW, ZONES, Variant, written

Values = list[dict[str, Any]]
ROWS = 6


class Reader:
    """Opens pages and their files."""

    def __init__(self, client: Client, language: str) -> None:
        self.client = client
        self.language = language
        client.post("/i18n/setlang/", {"language": language, "next": "/"})

    def page(self, path: str, **query: str) -> Element:
        answer = self.client.get(path, query)
        assert answer.status_code == 200, answer.content.decode()
        return html.parse(answer.content.decode())

    def csv(self, path: str, **query: str) -> list[dict[str, str]]:
        answer = self.client.get(f"{path}export.csv", query)
        assert answer.status_code == 200, answer.getvalue()
        text = answer.getvalue().decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def xlsx(self, path: str, **query: str) -> dict[str, Values]:
        """The rows of each sheet."""
        answer = self.client.get(f"{path}export.xlsx", query)
        assert answer.status_code == 200, answer.getvalue()
        book = openpyxl.load_workbook(io.BytesIO(answer.getvalue()))
        return {sheet.title: _rows(sheet) for sheet in book.worksheets}


def _rows(sheet: Any) -> Values:
    headings, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(headings, row, strict=True)) for row in rows]


@pytest.fixture
def ledger(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Variant], None]]:
    """Writes a variant of the ledger. Pages show few rows, so that some are summed up as others."""
    monkeypatch.setattr(tables, "MOST", ROWS)
    monkeypatch.setattr(waterfall, "MOST", ROWS)
    with in_zones(ZONES), time_machine.travel(NOW, tick=False):
        yield written


@pytest.fixture
def reader(ledger: Any) -> Callable[[str], Reader]:
    def reading(language: str) -> Reader:
        user = User.objects.create_user("analyst", password="secret", is_staff=True)
        user.groups.set(Group.objects.filter(name=roles.ANALYSTS))
        client = Client()
        client.force_login(user)
        return Reader(client, language)

    return reading
