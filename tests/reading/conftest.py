"""An administrator who reads a ledger in either language."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

import openpyxl  # type: ignore[import-untyped]
import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.test import Client

from stats.accounts import roles
from stats.admin.components import tables, waterfall
from tests.ledger import in_zones
from tests.reading import html, refused
from tests.reading.calls import NOW, ZONES, Variant, written

Values = list[dict[str, Any]]
# Per written variants and language what there is at an address.
Memories = defaultdict[tuple[tuple[str, ...], str], dict[str, Any]]
ROWS = 6


class Reader:
    """Somebody who opens pages and their files; what is in `memory` is not asked for again."""

    def __init__(
        self, new_client: Callable[[], Client], language: str, memory: dict[str, Any] | None
    ) -> None:
        self.new_client = new_client
        self.language = language
        self.memory = memory

    @cached_property
    def client(self) -> Client:
        client = self.new_client()
        client.post("/i18n/setlang/", {"language": self.language, "next": "/"})
        return client

    def page(self, path: str, **query: str) -> Element:
        # A copy, since a test may take something out of it.
        return deepcopy(self._read(joined(path, query), _page))

    def csv(self, path: str, **query: str) -> Values:
        found: Values = self._read(joined(path, query, "export.csv"), _csv)
        return found

    def xlsx(self, path: str, **query: str) -> dict[str, Values]:
        """Per sheet its rows."""
        found: dict[str, Values] = self._read(joined(path, query, "export.xlsx"), _xlsx)
        return found

    def _read(self, address: str, read: Callable[[bytes], Any]) -> Any:
        memory = {} if self.memory is None else self.memory
        if address not in memory:
            answer = self.client.get(address)
            content = answer.getvalue()
            assert answer.status_code == 200, content.decode()
            memory[address] = read(content)
        return memory[address]


def _page(content: bytes) -> Element:
    return html.parse(content.decode())


def _csv(content: bytes) -> Values:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def _xlsx(content: bytes) -> dict[str, Values]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: _rows(sheet) for sheet in book.worksheets}


def joined(address: str, query: Mapping[str, str], file: str = "") -> str:
    """The address of a page, or of its file, under more parameters than it has."""
    path, _mark, own = address.partition("?")
    return f"{path}{file}?{'&'.join(filter(None, (own, urlencode(query))))}"


def _rows(sheet: Any) -> Values:
    headings, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(headings, row, strict=True)) for row in rows]


class Ledger:
    """Writes a variant of the ledger, or several."""

    def __init__(self) -> None:
        self.variants: tuple[str, ...] = ()

    def __call__(self, variant: Variant) -> None:
        written(variant)
        refused.write()
        self.variants += (variant.name,)


@pytest.fixture
def ledger(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """Pages show few rows, so that others stand below them."""
    monkeypatch.setattr(tables, "MOST", ROWS)
    monkeypatch.setattr(waterfall, "MOST", ROWS)
    with in_zones(ZONES), time_machine.travel(NOW, tick=False):
        yield Ledger()


@pytest.fixture(scope="session")
def memories() -> Memories:
    """What was read of a ledger in a language. Many tests read the same page, which is rendered
    once; modules that change the ledger beneath their readers have None."""
    return defaultdict(dict)


def _administrator() -> Client:
    user = User.objects.create_user("administrator", password="secret", is_staff=True)
    user.groups.set(Group.objects.filter(name=roles.ADMINISTRATORS))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def reader(ledger: Ledger, memories: Memories | None) -> Callable[[str], Reader]:
    def reading(language: str) -> Reader:
        memory = None if memories is None else memories[ledger.variants, language]
        return Reader(_administrator, language, memory)

    return reading
