"""Clients that generators make of the OpenAPI document record and read, as docs/posting.md says:
its commands and programs are run as they stand there, against a live server."""

import re
import shlex
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from stats.models import APIKey, APIUsageStats, EndUser
from tests.processes import NODE_MODULES, PROJECT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.database("sqlite"),
    pytest.mark.django_db(transaction=True),
]
GENERATORS = ["openapi-python-client", "OpenAPI Generator, Python", "OpenAPI Generator, TypeScript"]
# Those that the tests' own environment has done.
INSTALLS = ("pip", "npm")
# The id and totals of the call that was recorded; how many of the array were; what the list tells
# of cost, newest first; the calls of whoever costs most.
PRINTED = "{id} 1161 0.0013\n2\n[0.25,0.0013,0.0013]\n3\n"


def section(heading: str) -> dict[str, str]:
    """Its blocks by their language."""
    page = (PROJECT / "docs/posting.md").read_text("utf-8")
    text = page.partition(f"\n### {heading}\n")[2].partition("\n#")[0]
    return dict(re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL))


def run(command: str, folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        shlex.split(command),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


@pytest.mark.parametrize("generator", GENERATORS)
def test_records_and_reads(
    document: Path, tools: dict[str, str], live_server: LiveServer, generator: str
) -> None:
    EndUser.objects.create(pk=1, name="Ann")
    _key, secret = APIKey.objects.create_key(name="translator", may_record=True, may_read=True)
    folder, blocks = document.parent, section(generator)
    commands = blocks.pop("sh").splitlines()
    ((language, program),) = blocks.items()
    (folder / {"python": "record.py", "ts": "record.ts"}[language]).write_text(program)
    (folder / "node_modules").symlink_to(NODE_MODULES)
    environment = tools | {"LEDGER": live_server.url, "KEY": secret}

    outputs = [
        run(line, folder, environment) for line in commands if line.split()[0] not in INSTALLS
    ]

    first, *others = APIUsageStats.objects.order_by("id")
    printed = outputs[-1].replace(", ", ",")
    assert printed == PRINTED.format(id=first.pk)
    for call in (first, others[0]):
        assert (call.user_id, call.api_endpoint, call.success) == (1, "/chat-messages", True)
        assert (call.total_tokens, call.cost) == (1161, Decimal("0.0013"))
        assert call.prompt_price_unit == "USD"
        assert call.created_at is not None
    assert (others[1].prompt_tokens, others[1].total_tokens) == (5, 5)
    assert (others[1].api_endpoint, others[1].cost) == ("/workflows/run", Decimal("0.25"))
    assert len(others) == 2
