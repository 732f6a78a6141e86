"""python -m tests.adoption.walk: all that people and services do with a ledger, in one process.

For each of some lists of SQL statements that change the tables of the other application: whatever
commands, pages, files and API then answer, and what they count. The tables are put back after each.
"""

import csv
import io
import json
import re
import sys
from contextlib import closing, suppress
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import urlencode

import django

# Without these the server takes what it is given, as those did that wrote such rows.
LENIENT = "SET SESSION sql_mode = 'ALLOW_INVALID_DATES', foreign_key_checks = 0"
TABLES = ("dt_users", "dt_translation_jobs", "dt_api_usage_stats")
COMMANDS = (
    ("rebuild_usage",),
    ("fold_usage",),
    ("verify_usage",),
    ("rebuild_usage", "--from", "2024-01-01", "--to", "2024-03-31"),
    ("verify_usage", "--repair"),
    ("check", "--database", "default"),
)
PERIODS = ("?created_at_after=2024-01-01&created_at_before=2024-03-31", "")
LINK = re.compile(r'href="([^"]*export\.(?:csv|xlsx)[^"]*)"')
# Pages that ask what others do.
SIMILAR = ("reports_changes", "reports_endpoints", "reports_cost")
CALL = {"user_id": 1, "api_endpoint": "/chat-messages", "cost": "0.5"}


def walk(cases: dict[str, dict[str, Any]]) -> None:
    django.setup()
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client
    from django.utils import timezone

    from stats.accounts import keys

    settings.FOLD_MARGIN_SECONDS = 0
    person = Client(raise_request_exception=False)
    person.force_login(User.objects.create_superuser("walker"))
    _key, secret = keys.create("walker", keys.SCOPES, None, timezone.now())
    service = Client(headers={"Authorization": f"Api-Key {secret}"}, raise_request_exception=False)
    for name, case in cases.items():
        kept = _kept() if len(cases) > 1 else {}
        _execute(case["statements"])
        found = _done(person, service, case["is_whole"])
        print(json.dumps([name, found], default=str), flush=True)
        _restore(kept)


def _connect() -> Any:
    import MySQLdb
    from django.db import connection

    driver = MySQLdb.connect(**connection.get_connection_params() | {"init_command": LENIENT})
    driver.autocommit(True)
    return driver


def _execute(statements: list[str]) -> None:
    with closing(_connect()) as driver, driver.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _kept() -> dict[str, str]:
    """Copies of the tables, and the definitions to go back to."""
    with closing(_connect()) as driver, driver.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"CREATE TABLE IF NOT EXISTS kept_{table} AS SELECT * FROM {table}")
    return dict.fromkeys(TABLES, "")


def _restore(kept: dict[str, str]) -> None:
    for table in kept:
        _execute([f"DELETE FROM {table}", f"INSERT INTO {table} SELECT * FROM kept_{table}"])


def _done(person: Any, service: Any, is_whole: bool) -> dict[str, Any]:
    commands = {" ".join(command): _command(*command) for command in COMMANDS}
    total, dated = _oracle()
    odd, files = _pages(person, is_whole)
    odd += _api(service)
    told = _told(service, person)
    return {
        "commands": commands, "odd": odd, "files": files, "total": total, "dated": dated,
        "told": told, "written": _written(service),
    }  # fmt: skip


def _command(*command: str) -> str:
    """What went wrong; empty where nothing did."""
    from django.core.management import call_command

    out = io.StringIO()
    try:
        call_command(*command, stdout=out, stderr=out)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _pages(person: Any, is_whole: bool) -> tuple[list[Any], int]:
    """Answers that are faults, and how many files were read."""
    odd, links = [], set()
    periods = PERIODS if is_whole else PERIODS[:1]
    asked = [_under(path, period) for path in _addresses(is_whole) for period in periods]
    for address in asked + (_lists() if is_whole else []):
        answer = person.get(address)
        if answer.status_code >= 400:
            odd.append((address, answer.status_code, _why(answer)))
        links |= set(LINK.findall(answer.content.decode()))
    if not is_whole:
        links = {"/admin/stats/apiusagestats/export.xlsx?period=all"}
    for link in sorted(map(unescape, links)):
        answer = person.get(link)
        text = b""
        with suppress(Exception):
            text = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if answer.status_code != 200 or not text:
            odd.append((link, answer.status_code, "broken off"))
    return odd, len(links)


def _under(path: str, period: str) -> str:
    """The address in a period, unless it has one."""
    if "?" not in path:
        return path + period
    return path if "period=" in path else path + period.replace("?", "&")


def _addresses(is_whole: bool) -> list[str]:
    from django.urls import reverse
    from django.utils import timezone

    from stats.admin.pages import PAGES
    from stats.budgets.setting import Terms, Whose, set_budget
    from stats.models import APIUsageStats
    from tests.invoices.entered import any_invoice

    calls = [
        call for call in APIUsageStats.objects.order_by("pk") if call.pk not in range(101, 250)
    ]
    of: dict[str, set[Any]] = {
        "reports_user": {call.user_id for call in calls},
        "reports_job": {call.job_id for call in calls} - {None},
        "reports_budget": {
            set_budget("all", Whose(currency="USD"), Terms(amount=Decimal(9)), timezone.now()).pk
        },
        "reports_closing": {"2024-02"},
        "reports_statement": {"2024-02"},
        "reports_invoice": {any_invoice(timezone.now(), date(2024, 2, 1)).pk},
    }
    asked: dict[str, set[str]] = {
        "reports_endpoint": {
            urlencode({"api_endpoint": call.api_endpoint})
            for call in calls
            # No filter takes another, and no page leads there.
            if call.api_endpoint.strip() and "\0" not in call.api_endpoint
        },
        "reports_compare": {urlencode([("user_id", call.user_id) for call in calls[:5]])},
    }
    found = [f"/admin/stats/apiusagestats/{call.pk}/change/" for call in calls[:9]]
    found += [
        f"/admin/stats/apiusagestats/?period=all&success={way}" for way in ("", "true", "false")
    ]
    for page in PAGES:
        if not is_whole and page.name in SIMILAR:
            continue
        for subject in sorted(of.get(page.name, {None}), key=str):
            path = reverse(f"admin:{page.name}", args=[] if subject is None else [subject])
            queries = sorted(asked.get(page.name, ()))
            found += [f"{path}?{query}" for query in queries] or [path]
    return found


def _lists() -> list[str]:
    """They have no period; the list of calls is among the pages."""
    from django.contrib import admin
    from django.urls import NoReverseMatch, reverse

    found = []
    for model in admin.site._registry:
        with suppress(NoReverseMatch):
            meta = model._meta
            found.append(reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"))
    return found


def _api(service: Any) -> list[Any]:
    odd = []
    for path in (
        "/api/v1/calls/?page_size=1000", "/api/v1/calls/?created_at_after=2024-01-01",
        "/api/v1/calls/?created_at_before=2024-12-31&order=oldest", "/api/v1/calls/?success=false",
        "/api/v1/statistics/endpoints/", "/api/v1/statistics/top-users/",
        "/api/v1/statistics/users/1/", "/api/v1/statistics/daily/?days=3000",
        "/api/v1/statistics/cost-trend/?days=3000",
    ):  # fmt: skip
        answer = service.get(path.replace("&order=oldest", ""))
        if answer.status_code != 200:
            odd.append((path, answer.status_code, _why(answer)))
    return odd


def _why(answer: Any) -> str:
    error = getattr(answer, "exc_info", None)
    if error:
        return f"{error[0].__name__}: {error[1]}"[:300]
    return answer.content.decode()[:300] if not answer.streaming else ""


def _oracle() -> tuple[list[Any], int]:
    """Of all calls: how many, how many are true, tokens, cost; and how many have a time in 2024."""
    from datetime import datetime

    with closing(_connect()) as driver, driver.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*), COALESCE(SUM(success = 1), 0), COALESCE(SUM(total_tokens), 0), "
            "COALESCE(SUM(cost), 0) FROM dt_api_usage_stats"
        )
        calls, successes, tokens, cost = cursor.fetchone()
        cursor.execute("SELECT CAST(created_at AS CHAR) FROM dt_api_usage_stats")
        dated = 0
        for (text,) in cursor.fetchall():
            with suppress(ValueError, TypeError):
                dated += datetime.fromisoformat(text).year == 2024
    return [int(calls), int(successes), int(tokens), f"{cost:.4f}"], dated


def _told(service: Any, person: Any) -> dict[str, Any]:
    """The same as the API, the list and its file tell them."""
    endpoints = service.get("/api/v1/statistics/endpoints/").json()
    days = service.get("/api/v1/statistics/daily/?start_date=2024-01-01&end_date=2024-12-31").json()
    users = service.get("/api/v1/statistics/top-users/?limit=1000").json()
    listed: list[Any] = []
    address = "/api/v1/calls/?page_size=100"
    while address:
        page = service.get(address).json()
        listed += page["results"]
        address = page["next"]
    stream = person.get("/admin/stats/apiusagestats/export.csv?period=all").streaming_content
    text = b"".join(stream).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    return {
        "endpoints": [
            sum(row["total_calls"] for row in endpoints),
            f"{sum(row['total_cost'] for row in endpoints):.4f}",
        ],
        "users": [
            sum(row["total_calls"] for row in users),
            sum(row["total_tokens"] for row in users),
            f"{sum(row['total_cost'] for row in users):.4f}",
        ],
        "days": sum(row["total_calls"] for row in days),
        "listed": [
            len({row["id"] for row in listed}),
            sum(row["success"] is True for row in listed),
            sum(row["success"] not in (True, False, None) for row in listed),
        ],
        "in 2024": sum((row["created_at"] or "").startswith("2024") for row in listed),
        "file": [len(rows), sum(row["success"] == "true" for row in rows)],
        "in 2024 in the file": sum(row["created_at"].startswith("2024") for row in rows),
    }


def _written(service: Any) -> list[Any]:
    answer = service.post("/api/v1/calls/", CALL, content_type="application/json")
    batch = service.post("/api/v1/calls/", [CALL, CALL], content_type="application/json")
    shown: Any = answer.json()
    if answer.status_code == 201:
        stored = service.get(f"/api/v1/calls/{shown['id']}/").json()
        shown = "as stored" if stored == shown else [shown, stored]
    return [answer.status_code, shown, batch.status_code, batch.json()]


if __name__ == "__main__":
    walk(json.loads(sys.stdin.read()))
