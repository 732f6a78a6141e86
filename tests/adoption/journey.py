"""python -m tests.adoption.journey: from adopting a database to leaving it, in one process.

Prints JSON: the statistics by endpoint, once all calls are folded and verified.
"""

import json
import sys
from contextlib import redirect_stdout
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command

from tests.adoption.requests import answer

STATISTICS = "/api/v1/statistics/endpoints/"


def travel(call: dict[str, Any]) -> str:
    """All the steps, with this call posted on the way; each must succeed."""
    call_command("adopt_database")
    call_command("migrate")
    call_command("fold_usage")
    [(status, text)] = answer([["POST", "/api/v1/calls/", call]])
    assert status == 201, text
    call_command("fold_usage")
    call_command("rebuild_usage")
    call_command("verify_usage")
    [(status, text)] = answer([["GET", STATISTICS]])
    assert status == 200, text
    call_command("release_database", yes=True)
    return text


if __name__ == "__main__":
    django.setup()
    # Nothing is committed late here, so that folds need not wait.
    settings.FOLD_MARGIN_SECONDS = 0
    with redirect_stdout(sys.stderr):
        found = travel(json.loads(sys.argv[1]))
    print(found)
