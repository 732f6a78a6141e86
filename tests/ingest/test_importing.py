"""manage.py import_calls: what files become, what is said of it, and that nothing comes twice."""

import contextlib
import csv
import json
import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.ingest.importers import files, running, writing
from stats.ingest.importers.registry import FORMATS
from stats.models import APIUsageStats, EndUser, ImportedCall
from stats.query.selection import Selection
from stats.tables.calls import calls_table
from stats.tables.csvfile import csv_chunks
from tests.ledger import rolled_back, row, write
from tests.processes import PROJECT

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
PAGE = (PROJECT / "docs/importing.md").read_text("utf-8")
# What the page's rows are: user, endpoint, tokens, unit price, currency, cost, milliseconds,
# success, message, time in UTC.
ROWS: dict[str, list[tuple[Any, ...]]] = {
    "csv": [
        (1, "/chat-messages", 1033, 128, 1161, "0", "USD", "0.0013", 768, True, None, "00:30:00"),
        (2, "/chat-messages", 40, 0, 40, "0", "EUR", "0", 15000, False, "timed out, twice",
         "00:31:00"),
    ],
    "jsonl": [
        (1, "/chat-messages", 1033, 128, 1161, "0", "USD", "0.0013", 768, True, None, "08:30:00"),
        (2, "/embed", 512, 0, 512, "0", "USD", "0.0001", None, True, None, "08:31:00"),
    ],
    "litellm": [
        (1, "acompletion/gpt-4o", 1200, 300, 1500, "0", "USD", "0.0135", 2375, True, None,
         "08:30:00"),
        (1, "aembedding/text-embedding-3-small", 675, 0, 675, "0", "USD", "0", 251, True, None,
         "08:31:00"),
        (2, "acompletion/gpt-4o", 0, 0, 0, "0", "USD", "0", 30000, False, "Rate limit reached",
         "08:32:00"),
    ],
    "langfuse": [
        (1, "generation/gpt-4o", 1200, 300, 1500, "0", "USD", "0.0135", 2375, True, None,
         "08:30:00"),
        (2, "generation/gpt-4o", 0, 0, 0, "0", "USD", "0", 30000, False, "Rate limit reached",
         "08:31:00"),
    ],
    "dify": [
        (1, "messages/gpt-4o", 1033, 128, 1161, "0.0025", "USD", "0.0039", 768, True, None,
         "08:30:00"),
        (2, "messages", 0, 0, 0, "0", "USD", "0", 15000, False, "timed out", "08:31:00"),
    ],
}  # fmt: skip
CALL: dict[str, Any] = {
    "id": "a",
    "user_id": 1,
    "api_endpoint": "/chat-messages",
    "created_at": "2026-03-01T08:00:00Z",
    "prompt_tokens": 10,
    "total_tokens": 10,
    "cost": "0.5",
}
HEADINGS = "id,user_id,api_endpoint,created_at,total_tokens,cost"


@pytest.fixture(autouse=True)
def people() -> Iterator[None]:
    for number in (1, 2):
        EndUser.objects.create(pk=number, name=f"UserReport {number}")
    with time_machine.travel(NOW, tick=False):
        yield


def example(name: str) -> str:
    """The file that the page shows for a format."""
    (_before, after) = PAGE.split(f"\n`{name}`", 1) if name != "csv" else PAGE.split("\n`csv`:", 1)
    return after.split("```")[1].partition("\n")[2]


def users_example() -> str:
    return PAGE.split("```csv\n")[1].split("```")[0]


def run(name: str, *paths: Path, **options: Any) -> str:
    out = StringIO()
    call_command("import_calls", name, *map(str, paths), stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def failure(name: str, *paths: Path, **options: Any) -> str:
    """The sentence of an import that ends with one."""
    with pytest.raises(CommandError) as caught:
        run(name, *paths, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def file(folder: Path, content: str | bytes, name: str = "calls") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def lines(*calls: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(call)}\n" for call in calls)


def rejected(path: Path) -> list[tuple[int, str, str]]:
    """Line, field and sentence."""
    with path.with_name(f"{path.name}.rejected.csv").open(encoding="utf-8", newline="") as found:
        heading, *rows = csv.reader(found)
    assert heading == ["line", "field", "sentence"]
    return [(int(line), name, sentence) for line, name, sentence in rows]


def stored() -> list[tuple[Any, ...]]:
    def text(amount: Decimal | None) -> str | None:
        return None if amount is None else f"{amount.normalize():f}"

    return [
        (
            call.user_id,
            call.api_endpoint,
            call.prompt_tokens,
            call.completion_tokens,
            call.total_tokens,
            text(call.prompt_unit_price),
            call.prompt_price_unit,
            text(call.cost),
            call.response_time_ms,
            call.success,
            call.error_message,
            call.created_at and f"{call.created_at.astimezone(UTC):%H:%M:%S}",
        )
        for call in APIUsageStats.objects.order_by("id")
    ]


def test_the_page_has_an_example_of_each_format() -> None:
    assert ROWS.keys() == FORMATS.keys()
    for name in FORMATS:
        assert f"| `{name}` |" in PAGE


@pytest.mark.parametrize("name", FORMATS)
def test_the_examples_of_the_page_twice(tmp_path: Path, name: str) -> None:
    path = file(tmp_path, example(name))
    users = file(tmp_path, users_example(), "map.csv")
    first = run(name, path, users=users)
    assert stored() == ROWS[name]
    assert first.startswith(
        f"{len(ROWS[name])} rows imported, 0 rows there before, 0 rows rejected"
    )
    again = run(name, path, users=users)
    assert stored() == ROWS[name]
    assert again.startswith(
        f"0 rows imported, {len(ROWS[name])} rows there before, 0 rows rejected"
    )
    assert ImportedCall.objects.count() == len(ROWS[name])


@pytest.mark.parametrize("name", ["litellm", "langfuse", "dify"])
def test_the_same_rows_in_the_other_kind_of_file_are_known(tmp_path: Path, name: str) -> None:
    users = file(tmp_path, users_example(), "map.csv")
    run(name, file(tmp_path, example(name)), users=users)
    before = stored()
    run(name, file(tmp_path, in_other_kind(example(name)), "other"), users=users)
    assert stored() == before


def in_other_kind(text: str) -> str:
    """CSV as JSONL with numbers, and the other way round with JSON in cells."""
    if not text.startswith("{"):
        return lines(*(map_values(row) for row in csv.DictReader(StringIO(text))))
    rows = [json.loads(line) for line in text.splitlines()]
    found = StringIO()
    writer = csv.DictWriter(found, rows[0])
    writer.writeheader()
    for each in rows:
        writer.writerow(
            {key: json.dumps(value) if isinstance(value, dict) else value
             for key, value in each.items()}
        )  # fmt: skip
    return found.getvalue()


def map_values(cells: dict[str, str]) -> dict[str, Any]:
    numbers = ("tokens", "spend", "price", "latency", "_ms")
    return {
        name: None if cell == "" else json.loads(cell)
        if name.endswith(numbers) or cell.startswith("{") else cell
        for name, cell in cells.items()
    }  # fmt: skip


def test_langfuse_of_the_api_is_the_same_observation(tmp_path: Path) -> None:
    def camel(name: str) -> str:
        return re.sub("_(.)", lambda found: found[1].upper(), name)

    users = file(tmp_path, users_example(), "map.csv")
    run("langfuse", file(tmp_path, example("langfuse")), users=users)
    text = "".join(
        json.dumps({camel(key): value for key, value in json.loads(line).items()}) + "\n"
        for line in example("langfuse").splitlines()
    ).replace("providedModelName", "model")
    told = run("langfuse", file(tmp_path, text, "other"), users=users)
    assert told.startswith("0 rows imported, 2 rows there before, 0 rows rejected")
    assert "they are no calls: 1 row." in told


def test_an_overlapping_file_adds_what_is_new(tmp_path: Path) -> None:
    calls = [{**CALL, "id": number} for number in range(5)]
    run("jsonl", file(tmp_path, lines(*calls[:3])))
    told = run("jsonl", file(tmp_path, lines(*calls[1:]), "next"))
    assert told.startswith("2 rows imported, 2 rows there before, 0 rows rejected.")
    assert APIUsageStats.objects.count() == 5


def test_a_row_twice_in_one_file_is_one_call(tmp_path: Path) -> None:
    run("jsonl", file(tmp_path, lines(CALL, CALL)))
    assert APIUsageStats.objects.count() == 1


def test_a_known_id_with_another_content_is_not_lost_in_silence(tmp_path: Path) -> None:
    path = file(tmp_path, lines(CALL, {**CALL, "cost": "7"}))
    assert "1 row rejected" in failure("jsonl", path)
    [(line, name, sentence)] = rejected(path)
    assert (line, name) == (2, "id")
    assert "said something else" in sentence
    assert APIUsageStats.objects.get().cost == Decimal("0.5")


def test_another_number_of_a_user_does_not_make_it_another_row(tmp_path: Path) -> None:
    path = file(tmp_path, lines({**CALL, "user_id": "alice"}))
    for number in (1, 2):
        run("jsonl", path, users=file(tmp_path, f"name,user_id\nalice,{number}\n", "map.csv"))
    assert APIUsageStats.objects.get().user_id == 1


def test_sources_do_not_know_one_another_ids(tmp_path: Path) -> None:
    users = file(tmp_path, users_example(), "map.csv")
    text = example("langfuse").replace("obs-1", "chatcmpl-0001")
    run("litellm", file(tmp_path, example("litellm")), users=users)
    assert run("langfuse", file(tmp_path, text, "b"), users=users).startswith("2 rows imported")


def test_a_dry_run_writes_nothing_but_the_names_to_fill_in(tmp_path: Path) -> None:
    path = file(tmp_path, example("litellm"))
    failure("litellm", path, dry_run=True)
    assert not APIUsageStats.objects.exists()
    assert not ImportedCall.objects.exists()
    names = tmp_path / "calls.users.csv"
    assert names.read_text() == 'name,user_id\nalice@example.com,\n"Mustermann, Bob",\n'
    assert "is there already" in failure("litellm", path, dry_run=True)
    names.write_text('name,user_id\nalice@example.com,1\n"Mustermann, Bob",2\n')
    assert "3 rows imported" in run("litellm", path, dry_run=True, users=names)
    assert not APIUsageStats.objects.exists()
    run("litellm", path, users=names)
    assert stored() == ROWS["litellm"]


def test_names_that_a_spreadsheet_would_run_come_back_as_they_are(tmp_path: Path) -> None:
    path = file(tmp_path, lines({**CALL, "user_id": "=1+1"}))
    failure("jsonl", path, dry_run=True)
    names = tmp_path / "calls.users.csv"
    text = names.read_text()
    assert "'=1+1" in text
    names.write_text(text.replace("'=1+1,", "'=1+1,2"))
    run("jsonl", path, users=names)
    assert APIUsageStats.objects.get().user_id == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("user,number\n", "the columns name and user_id are needed"),
        ("name,user_id\nalice,one\n", "line 2: user_id is to be a number"),
        ("name,user_id\nalice,1\nalice,2\n", "line 3: an earlier line gives the name"),
        ("name,user_id\nalice,0\n", "A whole number from 1"),
        ('name,user_id\n"alice,1\n', "unexpected end of data"),
        ("", "the columns name and user_id are needed"),
        (b"name,user_id\n\xff,1\n", "cannot be read"),
    ],
)
def test_a_wrong_list_of_users_is_one_sentence(
    tmp_path: Path, text: str | bytes, told: str
) -> None:
    path = file(tmp_path, lines(CALL))
    assert told in failure("jsonl", path, users=file(tmp_path, text, "map.csv"))
    assert "No such file" in failure("jsonl", path, users=tmp_path / "none.csv")
    assert not APIUsageStats.objects.exists()


def test_rejected_rows_by_line_field_and_sentence(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        lines(
            {**CALL, "id": 1, "cost": "1e999", "success": "maybe"},
            {**CALL, "id": 2, "user_id": 77},
            {**CALL, "id": 3},
            {**CALL, "id": 4, "user_id": "alice"},
            {**CALL, "id": "", "created_at": None},
            {**CALL, "id": 6, "created_at": "2026-03-11T00:00:00Z"},
            {**CALL, "id": 7, "=cmd()": 1},
        ),
    )
    assert failure("jsonl", path) == f"6 rows rejected: {path}.rejected.csv."
    assert [found[:2] for found in rejected(path)] == [
        (1, "cost"),
        (1, "success"),
        (2, "user_id"),
        (4, "user_id"),
        (5, "id"),
        (5, "created_at"),
        (6, "created_at"),
        (7, "'=cmd()"),
    ]
    assert APIUsageStats.objects.count() == 1
    path.write_text(lines({**CALL, "id": 3}))
    run("jsonl", path)
    assert not path.with_name("calls.rejected.csv").exists()


def test_the_fields_of_rejected_rows_are_the_source_s_own(tmp_path: Path) -> None:
    users = file(tmp_path, users_example(), "map.csv")
    path = file(tmp_path, example("litellm").replace("0.0135", "abc").replace("08:31", "8 o'clock"))
    failure("litellm", path, users=users)
    assert [found[:2] for found in rejected(path)] == [(2, "spend"), (3, "startTime")]
    path = file(tmp_path, example("dify").replace("0.0038625", "-1"))
    failure("dify", path, users=users)
    assert [found[:2] for found in rejected(path)] == [(2, "total_price")]
    path = file(tmp_path, example("langfuse").replace('"input": 1000', '"input": -1'))
    failure("langfuse", path, users=users)
    assert [found[:2] for found in rejected(path)] == [(1, "usage_details.input")]


def test_the_end_says_what_the_files_and_the_ledger_have(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        lines(
            {**CALL, "id": 1, "cost": "0.00001350", "total_tokens": 3},
            {**CALL, "id": 2, "cost": "1.00006", "total_tokens": 40},
            {**CALL, "id": 3, "cost": "2.5", "total_tokens": 500, "prompt_price_unit": "EUR"},
            {**CALL, "id": 4, "cost": "4.25", "total_tokens": 6000, "user_id": "alice"},
            {**CALL, "id": 5, "api_endpoint": "", "cost": "8", "total_tokens": 70000},
        )
        + "{\n",
    )
    run("jsonl", file(tmp_path, lines({**CALL, "id": 3, "cost": "2.5", "total_tokens": 500,
                                       "prompt_price_unit": "EUR"}), "before"))  # fmt: skip
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("import_calls", "jsonl", str(path), stdout=out)
    assert out.getvalue().splitlines() == [
        "2 rows imported, 1 row there before, 3 rows rejected.",
        "EUR, the files: 1 row, 500 tokens, cost 2.5",
        "  of these there before: 1 row, 500 tokens, cost 2.5",
        "  the ledger holds of the imported: 0 rows, 0 tokens, cost 0",
        "USD, the files: 4 rows, 76,043 tokens, cost 13.2500735",
        "  of these imported: 2 rows, 43 tokens, cost 1.0000735",
        "  of these rejected: 2 rows, 76,000 tokens, cost 12.25",
        "  the ledger holds of the imported: 2 rows, 43 tokens, cost 1.0001",
        "  rounded to the 4 decimals of the column: +0.0000265 in all; "
        "costs above 0 that are 0 now: 1",
        "Not in these sums, since they cannot be read: 1 row.",
        "Warning cost-rounded-away: 1 row.",
    ]


def test_the_end_has_the_costs_of_all_shapes_to_the_last_decimal(tmp_path: Path) -> None:
    call = {name: CALL[name] for name in ("user_id", "api_endpoint", "created_at")}
    chat = {"prompt_tokens": 3, "completion_tokens": 4}
    parts = {"prompt_price": "0.00001", "completion_price": "0.00002", "currency": "eur"}
    gemini = {"promptTokenCount": 3, "candidatesTokenCount": 4}
    path = file(
        tmp_path,
        lines(
            {**call, "id": 1, "metadata": {"usage": {**chat, "cost": 0.0000135}}},
            {**call, "id": 2, "usage": chat, "response_cost": "0.00000007"},
            {**call, "id": 3, "metadata": {"usageMetadata": gemini, "response_cost": "1.00006"}},
            {**call, "id": 4, "usage": {**chat, **parts}},
            {**call, "id": 5, "metadata": {"usage": {**chat, "cost": "2.00001"}}, "user_id": "bob"},
            {**call, "id": 6, "usage": {"billed_units": {}, "tokens": 5}, "success": False},
            {**call, "id": 7, "usage": {"tokens": 6}, "success": False},
        ),
    )
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("import_calls", "jsonl", str(path), stdout=out)
    assert out.getvalue().splitlines() == [
        "6 rows imported, 0 rows there before, 1 row rejected.",
        "EUR, the files: 1 row, 7 tokens, cost 0.00003",
        "  of these imported: 1 row, 7 tokens, cost 0.00003",
        "  the ledger holds of the imported: 1 row, 7 tokens, cost 0",
        "  rounded to the 4 decimals of the column: -0.00003 in all; "
        "costs above 0 that are 0 now: 1",
        "USD, the files: 6 rows, 28 tokens, cost 3.00008357",
        "  of these imported: 5 rows, 21 tokens, cost 1.00007357",
        "  of these rejected: 1 row, 7 tokens, cost 2.00001",
        "  the ledger holds of the imported: 5 rows, 21 tokens, cost 1.0001",
        "  rounded to the 4 decimals of the column: +0.00002643 in all; "
        "costs above 0 that are 0 now: 2",
        "Warning cost-rounded-away: 3 rows.",
        "Warning usage-not-understood: 2 rows, with the keys billed_units, tokens.",
    ]


def test_the_ledger_s_own_file_can_be_imported(tmp_path: Path) -> None:
    """What its calls do not tell is as a post does not tell it: the sum, no cost."""
    write(
        row(id=5, cost="1.2345", error_message="a, \"b\"\n'c'", success=False),
        row(id=6, user_id=2, job_id=11, total_tokens=None, cost=None, response_time_ms=None),
    )
    path = file(tmp_path, "".join(csv_chunks(calls_table(Selection()))))
    APIUsageStats.objects.filter(pk=6).update(total_tokens=15, cost=0)
    before = stored()
    APIUsageStats.objects.all().delete()
    run("csv", path)
    assert sorted(stored(), key=str) == sorted(before, key=str)


HOSTILE: dict[str, tuple[str, bytes, str]] = {
    "empty": ("csv", b"", "The file is empty."),
    "blank": ("jsonl", b"\n \n", "The file is empty."),
    "a mark alone": ("csv", b"\xef\xbb\xbf", "The file is empty."),
    "UTF-16": ("csv", HEADINGS.encode("utf-16"), "UTF-16"),
    "gzip": ("jsonl", b"\x1f\x8b\x08\x00" + bytes(20), "gunzip"),
    "a workbook": ("csv", b"PK\x03\x04" + bytes(20), "workbook"),
    "Parquet": ("langfuse", b"PAR1" + bytes(20), "Parquet"),
    "an array": ("jsonl", b'[{"id": 1}]', "an object a line"),
    "JSONL as CSV": ("csv", b'{"id": 1}\n', "CSV is needed"),
    "CSV as JSONL": ("jsonl", b"id,user_id\n", "JSONL is needed"),
    "no headings": ("csv", b"1,1,/x,2026-03-01T08:00:00Z,1,1\n", "There are two columns 1"),
    "missing": ("csv", b"id,api_endpoint,created_at\n", "Columns are missing: user_id."),
    "missing in one of two names": ("langfuse", b"id,type,start_time,usage_details\n",
                                    "cost_details or costDetails"),
    "doubled": ("csv", HEADINGS.encode() + b",cost\n", "There are two columns cost."),
    "a typing error": ("csv", HEADINGS.encode() + b",promt_tokens\n",
                       "no such columns in a call: promt_tokens"),
    "an open quotation mark": ("csv", b'"' + HEADINGS.encode() + b"\n", "headings"),
    "headings that are no UTF-8": ("csv", HEADINGS.encode() + b",\xff\n", "not UTF-8"),
    "CR alone": ("csv", HEADINGS.encode() + b"\r1,1,/x,2026-03-01T08:00:00Z,1,1\r", "headings"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_file_that_is_none_is_one_sentence(tmp_path: Path, what: str) -> None:
    name, content, told = HOSTILE[what]
    good = file(tmp_path, lines(CALL) if name != "csv" else f"{HEADINGS}\n", "good")
    sentence = failure(name, *([good] if name in {"csv", "jsonl"} else []), file(tmp_path, content))
    assert told in sentence
    assert "calls" in sentence
    # Whatever stands before it on the command line.
    assert not APIUsageStats.objects.exists()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "No such file" in failure("csv", tmp_path / "none.csv")
    assert "Is a directory" in failure("csv", tmp_path)


def test_a_folder_that_takes_no_file_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file(tmp_path, "{\n")

    def fails(*_arguments: Any, **_options: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("stats.management.importing.NamedTemporaryFile", fails)
    assert "calls.rejected.csv cannot be written: Permission denied." in failure("jsonl", path)


GOOD_CELLS = b"%b,1,/x,2026-03-01T08:00:00Z,1,0.5"
BAD_ROWS: dict[str, tuple[bytes, str]] = {
    "too few cells": (b"bad,1,/x\n", "3 cells; there are 6"),
    "too many cells": (GOOD_CELLS % b"bad" + b",,\n", "8 cells"),
    "no UTF-8": (b"bad\xff,1,/x,2026-03-01T08:00:00Z,1,1\n", "not UTF-8"),
    "a stray quotation mark": (b'"bad"x,1,/x,2026-03-01T08:00:00Z,1,1\n', "no CSV"),
    "NUL": (b"bad,1,/\0x,2026-03-01T08:00:00Z,1,1\n", "NUL"),
    "NaN": (b"bad,1,/x,2026-03-01T08:00:00Z,1,NaN\n", "A decimal number is needed."),
    "1e999": (b"bad,1,/x,2026-03-01T08:00:00Z,1,1e999\n", "does not fit"),
    "no time": (b"bad,1,/x,,1,1\n", "needs its time"),
    "long": (b"bad,1," + b"x" * 3000 + b",2026-03-01T08:00:00Z,1,1\n", "longer than"),
    "a quotation mark left open": (
        b'bad,1,"/x,2026-03-01T08:00:00Z,1,1\n' + b"x,1,/x,2026-03-01T08:00:00Z,1,1\n" * 100,
        "quotation mark",
    ),
}


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
@pytest.mark.parametrize("what", BAD_ROWS)
def test_rows_of_csv_that_are_none_are_named_and_the_others_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, ending: bytes
) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 2000)
    bad, told = BAD_ROWS[what]
    rows = [
        HEADINGS.encode(),
        GOOD_CELLS % b"one",
        bad.rstrip(b"\n"),
        b"",
        GOOD_CELLS % b"two",
        b"",
    ]
    path = file(tmp_path, b"\xef\xbb\xbf" + ending.join(rows))
    failure("csv", path)
    (line, _name, sentence), *_more = rejected(path)
    assert (line, told in sentence) == (3, True), sentence
    assert APIUsageStats.objects.filter(cost="0.5").count() == 2


BAD_OBJECTS: dict[str, tuple[bytes, str]] = {
    "cut": (b'{"id": "bad", "us', "no JSON"),
    "a list": (b"[1]", "no JSON object"),
    "a number": (b"1e999", "no JSON object"),
    "NaN": (lines(CALL).replace('"0.5"', "NaN").encode(), "no JSON"),
    "1e999": (lines({**CALL, "id": "z"}).replace('"0.5"', "1e999").encode(), "does not fit"),
    "many digits": (lines({**CALL, "id": "z"}).replace('"0.5"', "9" * 5000).encode(), "does not"),
    "deep": (b'{"id":' + b"[" * 5000 + b"]" * 5000 + b"}", "nested too deep"),
    "no UTF-8": (b'{"id": "\xff"}', "no JSON"),
    "UTF-16": ('{"id": 1}'.encode("utf-16-le"), "no JSON"),
    "fields missing": (b"{}", "Fields are missing: api_endpoint, created_at, id, user_id."),
    "long": (b'{"id": "' + b"x" * 30_000 + b'"}', "longer than"),
}


@pytest.mark.parametrize("what", BAD_OBJECTS)
def test_rows_of_jsonl_that_are_none_are_named_and_the_others_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 20_000)
    bad, told = BAD_OBJECTS[what]
    text = lines({**CALL, "id": 1}).encode() + bad.strip() + b"\r\n\r\n"
    path = file(tmp_path, text + lines({**CALL, "id": 2}).encode().rstrip())
    failure("jsonl", path)
    [(line, _name, sentence)] = rejected(path)
    assert (line, told in sentence) == (2, True), sentence
    assert APIUsageStats.objects.count() == 2


def test_a_last_line_of_csv_that_does_not_end_is_told(tmp_path: Path) -> None:
    err = StringIO()
    path = file(tmp_path, HEADINGS.encode() + b"\n" + GOOD_CELLS % b"a")
    call_command("import_calls", "csv", str(path), stdout=StringIO(), stderr=err)
    assert err.getvalue() == f"{path} may be cut: its last line does not end.\n"
    assert APIUsageStats.objects.count() == 1


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
@settings(max_examples=60)
def test_no_file_ends_in_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    """The page's example, with bytes of it changed, cut and put in."""
    text = bytearray(example(name).encode())
    for _change in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 12))
        text[place : place + length] = data.draw(
            st.one_of(
                st.binary(max_size=6),
                st.sampled_from(
                    [b'"', b"\n", b",", b"{", b"null", b"-1", b"1e999", b"\xff", b"\0"]
                ),
            )
        )
    folder = tmp_path_factory.mktemp("any")
    users = file(folder, users_example(), "map.csv")
    with rolled_back():
        with contextlib.suppress(CommandError):
            run(name, file(folder, bytes(text)), users=users)
        assert APIUsageStats.objects.count() == ImportedCall.objects.count()


def test_memory_holds_a_portion_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "PORTION_ROWS", 7)
    monkeypatch.setattr(running, "PORTION_BYTES", 2_000)
    portions = []

    def noting(source: Any, rows: Any, **options: Any) -> None:
        portions.append(len(rows))
        writing.write(source, rows, **options)

    monkeypatch.setattr(running, "write", noting)
    short = [{**CALL, "id": number} for number in range(20)]
    long = [{**CALL, "id": f"long {number}", "error_message": "x" * 900} for number in range(5)]
    run("jsonl", file(tmp_path, lines(*short, *long)))
    assert portions == [7, 7, 7, 2, 2]
    assert APIUsageStats.objects.count() == 25


def test_hashes_are_whole_numbers_of_the_table(tmp_path: Path) -> None:
    calls = [{**CALL, "id": f"{number}", "cost": number} for number in range(300)]
    run("jsonl", file(tmp_path, lines(*calls)))
    rows = ImportedCall.objects.values_list("id_hash", "id_hash_low", "content_hash")
    assert len(set(rows)) == 300
    for high, low, content in rows:
        struct.pack("<qqi", high, low, content)
    assert min(row[0] for row in rows) < 0 < max(row[2] for row in rows)


def test_a_call_dated_before_the_file_was_read_stays_in_its_day(tmp_path: Path) -> None:
    late = (NOW + timedelta(minutes=4)).isoformat()
    run("jsonl", file(tmp_path, lines({**CALL, "created_at": late})))
    assert APIUsageStats.objects.get().created_at == NOW + timedelta(minutes=4)


@pytest.mark.database("server")
def test_what_is_known_is_looked_up_along_the_key_however_much_it_is(tmp_path: Path) -> None:
    run("jsonl", file(tmp_path, lines(*({**CALL, "id": number} for number in range(6_000)))))
    path = file(tmp_path, lines(*({**CALL, "id": -number} for number in range(1, 3_001))), "more")
    with CaptureQueriesContext(connection) as queries:
        run("jsonl", path)
    sought = [query["sql"] for query in queries if "FROM `stats_importedcall`" in query["sql"]]
    assert len(sought) == 4
    with connection.cursor() as cursor:
        for sql in sought:
            cursor.execute(f"EXPLAIN FORMAT=TRADITIONAL {sql}")
            columns = [name for name, *_type in cursor.description]
            plan = [dict(zip(columns, step, strict=True)) for step in cursor.fetchall()]
            assert [step["type"] for step in plan] == ["range"]
