"""How long a notice takes, and what comparing many budgets costs: the figures of docs/notices.md.

    python -m tests.bench.notices deliveries
    python -m tests.bench.notices budgets CALLS

Both on a MariaDB server of their own. Deliveries: a call by curl crosses a budget, and mail and
webhook arrive, with `run_jobs --loop 10`; then the same where each budget has a second webhook
that takes connections and never answers.
"""

import contextlib
import io
import json
import logging
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from aiosmtpd.controller import Controller

from tests.databases import TEST_ENVIRONMENT, PrivateServer, new_server
from tests.notices.conftest import MailServer, Receiver, make_certificate
from tests.ports import free_ports
from tests.processes import PROJECT, manage
from tests.servers import Gunicorn, migrated, new_key

LOOP = "10"
# Calls at moments that differ within the rounds of `run_jobs`.
CALLS, SECONDS_BETWEEN = 9, 13.7
BUDGETS, RUNS = 1_000, 5


def main() -> None:
    os.environ.update(TEST_ENVIRONMENT)
    what, *arguments = sys.argv[1:]
    with contextlib.ExitStack() as stack:
        server = new_server(name="mariadb")
        stack.callback(server.remove)
        if what == "deliveries":
            deliveries(server, stack)
        else:
            compare(server, int(arguments[0]))


# ── deliveries ──────────────────────────────────────────────────────────────────────────────────


def deliveries(server: PrivateServer, stack: contextlib.ExitStack) -> None:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    certificate = make_certificate(folder)
    mails, (port,) = MailServer(), free_ports(1)
    controller = Controller(mails, hostname="127.0.0.1", port=port)
    controller.start()
    stack.callback(controller.stop)
    receiver = stack.enter_context(Receiver(certificate).serving())
    silent = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
    environment = {
        **migrated(server, "deliveries"),
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "WEBHOOK_PRIVATE": "1",
        "SSL_CERT_FILE": str(certificate),
    }
    key = new_key(environment)
    gunicorn = Gunicorn(folder / "gunicorn.log", environment)
    gunicorn.start()
    stack.callback(gunicorn.stop)
    stack.enter_context(jobs(environment, folder / "jobs.log"))
    time.sleep(15)
    for kind, dead in (("all answer", []), ("one never answers", [silent.getsockname()[1]])):
        waited = [
            crossed(environment, gunicorn.port, key, f"{kind} {n}", n, mails, receiver, dead)
            for n in range(CALLS)
        ]
        for way, seconds in zip(("mail", "webhook"), zip(*waited, strict=True), strict=True):
            print(
                f"{kind}: {way}: median {median(seconds):.0f} s, most {max(seconds):.0f} s",
                flush=True,
            )


@contextlib.contextmanager
def jobs(environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run_jobs", "--loop", LOOP],
            cwd=PROJECT, env={**os.environ, **environment}, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def crossed(
    environment: dict[str, str],
    port: int,
    key: str,
    name: str,
    number: int,
    mails: MailServer,
    receiver: Receiver,
    dead: list[int],
) -> tuple[float, float]:
    """Seconds from a call that crosses a budget to its mail and to its webhook."""
    time.sleep(number * SECONDS_BETWEEN % 10)
    hook = f"{receiver.url}&name={name.replace(' ', '-')}"
    user = str(1 + number % 9)
    options = [
        "--amount",
        str(2 if dead else 1),
        "--currency",
        "USD",
        "--user",
        user,
        "--mail",
        f"{name.replace(' ', '-')}@example.com",
        "--webhook",
        hook,
    ]
    for silent in dead:
        options += ["--webhook", f"https://localhost:{silent}/{number}"]
    done = manage("set_budget", name, "--thresholds", "100", *options, **environment)
    assert done.returncode == 0, done.stderr
    seen = len(mails.mails), len(receiver.requests)
    call = {"user_id": int(user), "api_endpoint": "/a", "cost": "1", "prompt_price_unit": "USD"}
    start = time.monotonic()
    subprocess.run(
        [
            *("curl", "-sf", f"http://127.0.0.1:{port}/api/v1/calls/", "-d", json.dumps(call)),
            *("-H", f"Authorization: Api-Key {key}", "-H", "Content-Type: application/json"),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    mail = post = 0.0
    while not (mail and post) and time.monotonic() - start < 200:
        time.sleep(0.05)
        if not mail and len(mails.mails) > seen[0]:
            mail = time.monotonic() - start
        if not post and len(receiver.requests) > seen[1]:
            post = time.monotonic() - start
    print(f"  {name}: mail {mail:.1f} s, webhook {post:.1f} s", flush=True)
    return mail, post


# ── many budgets ────────────────────────────────────────────────────────────────────────────────


def compare(server: PrivateServer, calls: int) -> None:
    environment = {**TEST_ENVIRONMENT, **migrated_empty(server)}
    script = f"from tests.bench import notices; notices.compare_here({calls})"
    subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {script}"],
        cwd=PROJECT,
        env={**os.environ, **environment, "DJANGO_SETTINGS_MODULE": "usage_project.settings"},
        check=True,
    )


def migrated_empty(server: PrivateServer) -> dict[str, str]:
    server.create_database("budgets")
    environment = {"DATABASE_URL": server.url("budgets")}
    done = manage("migrate", "--verbosity=0", **environment)
    assert done.returncode == 0, done.stderr
    return environment


def compare_here(calls: int) -> None:
    """A budget for each of a thousand users; half of them are crossed, each is told to one."""
    from datetime import UTC, datetime
    from decimal import Decimal

    from django.core.management import call_command

    from stats.budgets import crossings, spending
    from stats.budgets.setting import Terms, Whose, set_budget
    from tests.bench import data

    now = datetime.now(UTC)
    data.fill(calls, now.replace(tzinfo=None))
    call_command("fold_usage", stdout=io.StringIO())
    for user in range(1, BUDGETS + 1):
        whose = Whose(currency="USD", user_id=user)
        terms = Terms(amount=Decimal(10**9), thresholds=(50, 80, 100), mails=["a@example.com"])
        set_budget(f"budget {user}", whose, terms, now)
    found = spending.current(spending.in_force(), now)
    middle = median(each.spent for each in found)
    from stats.models import BudgetTerms

    print(f"{calls:,} calls, {len(found)} budgets, half have spent {middle}")
    BudgetTerms.objects.update(amount=max(middle, Decimal("0.01")).quantize(Decimal("0.01")))
    logging.disable()
    for run in range(RUNS):
        start = time.monotonic()
        count = crossings.find(now)
        print(f"run {run}: {count} crossings in {time.monotonic() - start:.2f} s", flush=True)


if __name__ == "__main__":
    main()
