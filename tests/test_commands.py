"""manage.py: arguments, output, and one sentence for a wrong argument."""

import json
import re
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.management import CommandError, call_command

from stats.ingest import recording
from stats.models import APIKey, APIUsageStats, Budget, EndUser
from tests.ledger import in_zones, row, write
from tests.oracle import Zones

NOW = datetime(2026, 3, 10, 15, 30, 20, tzinfo=UTC)


def run(*arguments: Any) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_create_api_key_prints_the_key_alone() -> None:
    printed = run("create_api_key", "translator", "--scopes", "record,read")
    assert printed.count("\n") == 1
    key = APIKey.objects.get()
    assert APIKey.objects.get_from_key(printed.strip()) == key
    assert (key.name, key.scopes, key.expiry_date) == ("translator", ["record", "read"], None)


@pytest.mark.django_db
def test_a_key_records_by_default_and_lives_through_its_last_local_day() -> None:
    with time_machine.travel(NOW, tick=False), in_zones(Zones("Asia/Taipei")):
        run("create_api_key", "translator", "--expires", "2026-03-31")
    key = APIKey.objects.get()
    assert key.scopes == ["record"]
    assert key.expiry_date == datetime(2026, 3, 31, 15, 59, 59, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "arguments",
    [
        ["", "--scopes", "read"],
        ["translator", "--scopes", "write"],
        ["translator", "--scopes", ""],
        ["translator", "--expires", "tomorrow"],
        ["translator", "--expires", "2000-01-01"],
        ["translator", "--expires", "9999-12-31"],
    ],
)
def test_a_key_that_cannot_be_is_one_sentence(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match=r"^[^\n]+\.$"):
        run("create_api_key", *arguments)
    assert not APIKey.objects.exists()


@pytest.mark.django_db
def test_demo_data_writes_the_given_number_of_calls() -> None:
    printed = run("demo_data", "--calls", 120, "--days", 3, "--seed", 7)
    assert printed == "120 demo calls written.\n"
    assert APIUsageStats.objects.count() == 120


@pytest.mark.django_db
@pytest.mark.parametrize(
    "arguments",
    [("--calls", 0), ("--calls", -5), ("--days", 0), ("--days", 10**6)],
)
def test_demo_data_of_no_size_is_one_sentence(arguments: tuple[str, int]) -> None:
    with pytest.raises(CommandError, match=r"^[^\n]+\.$"):
        run("demo_data", *arguments)
    assert not EndUser.objects.exists()


@pytest.mark.django_db
def test_demo_data_says_why_it_refuses() -> None:
    write(row())
    with pytest.raises(CommandError, match="real calls"):
        run("demo_data", "--calls", 10)


@pytest.mark.django_db
def test_the_first_run_prints_what_works_and_the_second_nothing() -> None:
    write(row(user_id=5))
    printed = run("first_run", "--port", 8123)
    assert "http://127.0.0.1:8123/" in printed
    [password] = re.findall(r"Password +(\S+)", printed)
    administrator = User.objects.get(username="admin")
    assert administrator.check_password(password)
    validate_password(password, administrator)
    [secret] = re.findall(r"API key +(\S+)", printed)
    key = APIKey.objects.get()
    assert APIKey.objects.get_from_key(secret) == key
    assert key.scopes == ["record", "read"]
    [body] = re.findall(r"-d '(.*)'", printed)
    call = recording.check_call(json.loads(body), NOW)
    assert call.user_id == 5
    assert call.warnings == ()
    assert run("first_run") == ""


BUDGET = ("set_budget", "all", "--amount=1", "--currency=USD")
LETTER = ("send_letter", "--to=ann@example.com", "--print")


@pytest.mark.django_db
@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "2027-03-12", "9999-12-31"])
@pytest.mark.parametrize(
    ("option", "command"),
    [
        ("--week", LETTER),
        ("--before", ("purge_calls",)),
        ("--before", ("purge_calls", "--open-months-too")),
        ("--from", ("rebuild_usage", "--to=2026-01-02")),
        ("--to", ("rebuild_usage", "--from=2026-01-02")),
        ("--from", ("explain_report", "total", "--to=2026-01-02")),
        ("--from", BUDGET),
    ],
)
def test_a_day_that_cannot_be_is_one_sentence(
    option: str, command: tuple[str, ...], day: str
) -> None:
    with time_machine.travel(NOW, tick=False), pytest.raises(CommandError) as caught:
        run(*command, f"{option}={day}")
    assert re.fullmatch(rf"Error: argument {option}: [^\n]+{day}[^\n]+", str(caught.value))
    assert not Budget.objects.exists()


@pytest.mark.parametrize("text", ["soon", "2026-02-30", "2026-W54", ""])
def test_what_is_no_day_is_said_in_our_words(text: str) -> None:
    with pytest.raises(CommandError) as caught:
        run("purge_calls", f"--before={text}")
    sentence = f"A day is needed, like 2026-10-09; this is {text}."
    assert str(caught.value) == f"Error: argument --before: {sentence}"


@pytest.mark.django_db
@pytest.mark.parametrize("month", ["0001-01", "1999-12", "2027-04", "9999-12"])
def test_a_month_that_cannot_be_is_one_sentence(month: str) -> None:
    sentence = "Error: argument --month: A month is needed, like 2026-10."
    if month == "2027-04":
        sentence = "--month: 2027-04-01 lies ahead."
    with time_machine.travel(NOW, tick=False), pytest.raises(CommandError) as caught:
        run(*LETTER, f"--month={month}")
    assert str(caught.value) == sentence


@pytest.mark.django_db
def test_the_first_day_and_the_last_are_taken() -> None:
    with time_machine.travel(NOW, tick=False):
        for day, period in (("2000-01-01", "2000-01-01"), ("2027-03-11", "2027-03-01")):
            assert f"from {period} on." in run(*BUDGET, f"--from={day}")
