"""A bundle proves itself with nothing but Python, and so do the tables."""

import hashlib
import json
import os
import random
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model

from stats.closings import reopening
from stats.closings.bundled import verify
from stats.closings.bundling import bundle, table_faults
from stats.closings.form import cost
from stats.models import ChainHead, ClosedLine, ClosedTotal, ClosingEntry
from stats.models.closings import FIGURES
from tests.closings.ledgers import (
    ANN,
    BOB,
    NOW,
    OCTOBER,
    SEPTEMBER,
    call,
    close,
    execute,
    verified,
)
from tests.ledger import rolled_back, write

pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)
# Of a bundle; of the tables a third.
CHANGES = int(os.environ.get("CLOSING_CHANGES", "150"))
FORM_1 = {
    "closing.md": "2c593b70bcbf89ec3a48de6e1683ed7b2af703b79bde8c9d2d3aab871ca0fd0f",
    "verify.py": "f8d0a4d83b11a1b0f2c9825c14ef69ae91570d8f48d3ffd6bd9641b3b6a5dc7c",
}


@pytest.fixture
def closed() -> None:
    """Two closed months, one of them reopened and closed again, and an adjustment."""
    write(
        call("1.5000", month=9, user_id=2),
        call("0.0001", user_id=1, api_endpoint='=cmd("x"),\r\ny'),
        call("0", user_id=1, api_endpoint="/ü/漢字", prompt_unit_price=None),
        call("4.0000", user_id=3, prompt_price_unit="EUR", success=False),
    )
    execute("UPDATE dt_users SET name = 'Zoë \\\\ \"N\" O''Neil' WHERE id = 3")
    verified()
    close(SEPTEMBER)
    close()
    write(call("-0.5000", user_id=3))
    verified()
    reopening.request(OCTOBER, ANN, "a wrong\tprice\\", NOW)
    reopening.agree(OCTOBER, BOB, NOW)
    close(signer=BOB)


@pytest.fixture
def file(closed: None, tmp_path: Path) -> Path:
    path = tmp_path / "2026-10.zip"
    call_command("export_closing", "2026-10", "--out", str(path))
    return path


def bare(script: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """A Python without site-packages and without this project."""
    command = [sys.executable, "-I", "-S", str(script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=script.parent, check=False)


def test_it_verifies_itself(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(file) as opened:
        opened.extractall(folder)
    for arguments in ((), (file,), (file, "--head", ClosingEntry.objects.get(place=2).hash)):
        done = bare(folder / "verify.py", *arguments)
        # The month was closed twice: it says which of the two this is.
        told = f"All fits: 2026-10, entry 6, {ClosingEntry.objects.get(place=6).hash}.\n"
        assert (done.returncode, done.stdout, done.stderr) == (0, told, "")
    # A variable of the shell that is not set is no entry either.
    for head in ("0" * 64, ""):
        older = bare(folder / "verify.py", file, "--head", head)
        assert older.returncode == 1
        assert "an older copy" in older.stdout
    (folder / "lines.csv").write_bytes(b"")
    assert bare(folder / "verify.py").returncode == 1
    assert len(Path(verify.__file__).read_text().splitlines()) <= 150


def test_it_is_the_same_whenever_it_is_made(file: Path) -> None:
    write(call("9.0000", user_id=7), call("3", month=9))
    execute("UPDATE dt_users SET name = 'another'")
    with time_machine.travel(NOW + timedelta(days=400)):
        verified(NOW + timedelta(hours=3))
        assert ClosingEntry.objects.count() > 6
        assert bundle(OCTOBER) == file.read_bytes()


def test_what_every_bundle_has_never_changes() -> None:
    """Another text would make bundles differ from those made before: it needs another form."""
    folder = Path(verify.__file__).parent
    for name, found in FORM_1.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == found


def test_the_form_by_hand(file: Path) -> None:
    """As closing.md says, without verify.py."""
    with zipfile.ZipFile(file) as opened:
        entries = json.loads(opened.read("chain.json"))["entries"]
        lines = opened.read("lines.csv")
    assert lines.splitlines()[1].startswith(b'1,"number 1",,"/')
    entry = entries[4]
    text = (
        "form 1\nplace 5\nkind reopening\nmonth 2026-10\nmade_at 2026-11-24T15:42:00Z\n"
        "made_by bob\naccount_id 2\nrefers_to 4\nreason \nzone UTC\n"
        f"versions {entry['versions']}\nhighest_id 5\nline_count 0\n"
        f"lines_sha256 {entry['lines_sha256']}\nprevious_hash {entries[3]['hash']}\n"
    )
    assert hashlib.sha256(text.encode()).hexdigest() == entry["hash"]
    assert hashlib.sha256(lines).hexdigest() == entries[5]["lines_sha256"]


def test_lines_in_another_order_are_named(file: Path) -> None:
    """Even if whoever wrote them hashed them so."""
    with zipfile.ZipFile(file) as opened:
        entry = json.loads(opened.read("chain.json"))["entries"][-1]
        heading, first, *others = opened.read("lines.csv").splitlines(keepends=True)
    for lines, count in (([*others, first], 0), ([first, first, *others], 1)):
        content = b"".join([heading, *lines])
        wrong = {
            **entry,
            "lines_sha256": hashlib.sha256(content).hexdigest(),
            "line_count": entry["line_count"] + count,
        }
        assert any("order" in fault for fault in verify.lines_faults(wrong, content))


@pytest.mark.parametrize(
    ("units", "text"), [(0, "0.0000"), (-5, "-0.0005"), (123_400, "12.3400"), (-12_345, "-1.2345")]
)
def test_money(units: int, text: str) -> None:
    assert cost(units) == text


def test_every_change_of_a_bundle_is_found(file: Path, tmp_path: Path) -> None:
    chance, original = random.Random(7), file.read_bytes()
    assert list(verify.bundle_faults(file)) == []
    changed = tmp_path / "changed.zip"
    for _n in range(CHANGES):
        changed.write_bytes(_tampered(original, chance))
        assert list(verify.bundle_faults(changed)) != []


def _tampered(content: bytes, chance: random.Random) -> bytes:
    """One byte or one line is changed, removed, doubled or exchanged, as such or packed anew."""
    if chance.random() < 0.4:
        return _byte_changed(content, chance)
    with zipfile.ZipFile(BytesIO(content)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    name = chance.choice(verify.NAMES)
    before = files[name]
    while files[name] == before:
        files[name] = chance.choice((_byte_changed, _line_changed))(before, chance)
    return verify.zipped(files)


def _byte_changed(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    byte = bytes([content[place] ^ chance.randint(1, 255)])
    new = chance.choice((b"", byte, content[place : place + 1] + byte))
    return content[:place] + new + content[place + 1 :]


def _line_changed(content: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    way: Callable[[], object] = chance.choice(
        (
            lambda: lines.pop(place),
            lambda: lines.insert(other, lines[place]),
            lambda: lines.insert(other, lines.pop(place)),
        )
    )
    way()
    return b"".join(lines)


@pytest.mark.once
@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("model", [ClosingEntry, ClosedLine, ClosedTotal, ChainHead])
def test_every_change_of_a_column_is_found(model: type[Model]) -> None:
    table = model._meta.db_table
    columns = [field.column for field in model._meta.concrete_fields if field.column]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'`{name}`' for name in columns)} FROM {table}")
        rows = cursor.fetchall()
    assert rows
    for row in rows:
        for column, old in zip(columns, row, strict=True):
            if column in {"id", "entry_id"} or (model is ClosingEntry and column == "place"):
                continue
            new = _other(old)
            changed = [
                new if name == column else value for name, value in zip(columns, row, strict=True)
            ]
            assert _set(table, column, new, columns, row) == 1
            assert list(table_faults()) != [], (row, column)
            assert _set(table, column, old, columns, changed) == 1
    assert list(table_faults()) == []


def _set(table: str, column: str, value: object, columns: list[str], row: Sequence[Any]) -> int:
    """Change a column of the row that has these values."""
    known = [(name, one) for name, one in zip(columns, row, strict=True) if one is not None]
    which = " AND ".join(f"`{name}` = %s" for name, _value in known)
    return execute(
        f"UPDATE {table} SET `{column}` = %s WHERE {which}", value, *(one for _name, one in known)
    )


def _other(value: object) -> object:
    if isinstance(value, date) or re.fullmatch(r"\d{4}-\d\d-01", str(value)):
        return "2024-02-01"
    if isinstance(value, int):
        # No other line has the number.
        return value + 1_000
    return 1 if value is None else f"{str(value)[:-1]}~"


@pytest.mark.usefixtures("closed")
def test_every_change_of_the_tables_is_found() -> None:
    """Rows are changed, removed, doubled and exchanged."""
    chance = random.Random(11)
    for _n in range(CHANGES // 3):
        way = chance.choice((_a_value, _without_a_row, _a_row_more, _rows_exchanged))
        with rolled_back():
            told = way(chance)
            assert list(table_faults()) != [], told


def _a_value(chance: random.Random) -> str:
    model = chance.choice((ClosingEntry, ClosedLine, ClosedTotal))
    names = [*FIGURES, "currency"] if model is not ClosingEntry else ["reason", "made_by", "zone"]
    row, name = chance.choice(list(model._default_manager.all())), chance.choice(names)
    old = getattr(row, name)
    new = _other("a" if old == "" else old)
    model._default_manager.filter(pk=row.pk).update(**{name: new})
    return f"{row.pk} {name} {new}"


def _without_a_row(chance: random.Random) -> str:
    model = chance.choice((ClosedLine, ClosedTotal, ClosingEntry))
    row = chance.choice(list(model._default_manager.all()))
    if isinstance(row, ClosingEntry):
        row.lines.all()._raw_delete(DEFAULT_DB_ALIAS)
        row.totals.all()._raw_delete(DEFAULT_DB_ALIAS)
    model._default_manager.filter(pk=row.pk)._raw_delete(DEFAULT_DB_ALIAS)
    return f"{row.pk} removed"


def _a_row_more(chance: random.Random) -> str:
    row = chance.choice([*ClosedLine.objects.all(), *ClosingEntry.objects.all()])
    told = f"{row.pk} doubled"
    if isinstance(row, ClosingEntry):
        row.place = ClosingEntry.objects.count() + 1
    else:
        row.number = ClosedLine.objects.filter(entry_id=row.entry_id).count() + 1
    row.save(force_insert=True)
    return told


def _rows_exchanged(chance: random.Random) -> str:
    lines = list(ClosedLine.objects.filter(entry_id=chance.choice((2, 6))))
    one, other = chance.sample(lines, 2)
    for row, number in ((one, 1_000), (other, one.number), (one, other.number)):
        at = row.number if number == 1_000 or row is other else 1_000
        ClosedLine.objects.filter(entry_id=row.entry_id, number=at).update(number=number)
    return f"{one.pk} and {other.pk} exchanged"


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("place", [1, 2, 3, 6])
def test_an_entry_that_is_removed_is_missed(place: int) -> None:
    for model in (ClosedLine, ClosedTotal):
        model.objects.filter(entry_id=place).delete()
    ClosingEntry.objects.filter(pk=place).delete()
    with pytest.raises(CommandError):
        call_command("verify_closings")


@pytest.mark.usefixtures("closed")
def test_an_older_copy_is_noticed_by_the_head() -> None:
    head = ClosingEntry.objects.get(place=6).hash
    call_command("verify_closings", "--head", head)
    ClosedLine.objects.filter(entry_id=6).delete()
    ClosedTotal.objects.filter(entry_id=6).delete()
    ClosingEntry.objects.filter(pk=6).delete()
    last = ClosingEntry.objects.get(place=5)
    ChainHead.objects.update(place=5, hash=last.hash)
    call_command("verify_closings")
    with pytest.raises(CommandError, match="an older copy"):
        call_command("verify_closings", "--head", head)


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("head", ["", " "])
def test_a_head_that_is_empty_is_no_head(head: str) -> None:
    """As of a variable of the shell that is not set: not that all fits."""
    with pytest.raises(CommandError, match="--head is empty"):
        call_command("verify_closings", "--head", head)
