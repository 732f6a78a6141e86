"""docs/operating.md names the metrics that there are."""

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from tests.ledger import row, write
from tests.processes import PROJECT

PAGE = (PROJECT / "docs/operating.md").read_text()


@pytest.mark.django_db(transaction=True)
def test_it_names_every_metric(client: Client, settings: Any) -> None:
    settings.FOLD_MARGIN_SECONDS = 0
    write(row())
    call_command("fold_usage")
    call_command("verify_usage")
    exposed = client.get("/metrics").content.decode()
    there_are = set(re.findall(r"^# TYPE (usage_ledger_\w+)", exposed, re.MULTILINE))
    assert set(re.findall(r"`(usage_ledger_\w+)", PAGE)) == {
        name for name in there_are if not name.endswith("_created")
    }
