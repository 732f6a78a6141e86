"""gunicorn in production: `gunicorn -c usage_project/gunicorn.py` (docs/operating.md).

Left at gunicorn's default, and meant: no access log, since each request has a line of ours.
"""

import atexit
import gc
import itertools
import os
import shutil
import tempfile
from importlib import import_module
from typing import Any

from usage_project.environment import start_or_one_sentence

with start_or_one_sentence():
    from usage_project.settings import environment

    workers = environment.at_least("WEB_CONCURRENCY", 1, default=os.cpu_count() or 1)
    bind = f"127.0.0.1:{environment.at_least('PORT', 1, default=8000)}"

wsgi_app = "usage_project.wsgi"
# Loaded once, before the workers are forked: less memory, and a broken start ends at once.
preload_app = True
worker_class = "gthread"
threads = 4
# Seconds. A worker whose main loop stands still is killed after the first; a stopping one has the
# second for what it has accepted.
timeout = 60
graceful_timeout = 30
# Longer than a proxy keeps a connection to us open, so that it never meets one that just closes.
keepalive = 75
# Bytes, the most that gunicorn reads: a filter of too many values is refused by us, in words.
limit_request_line = 8190
# Now and then a new worker, not all at once.
max_requests = 50_000
max_requests_jitter = 5_000
control_socket_disable = True
# What a proxy says of the scheme counts as far as TRUSTED_PROXIES says, and nowhere else.
forwarded_allow_ips = ""


def make_metrics_folder() -> str:
    """Where the workers count, each in files of its own; gone with this process."""
    folder, master = tempfile.mkdtemp(prefix="usage-ledger-metrics-"), os.getpid()

    def remove() -> None:
        # Forked workers inherit this, and leave the folder alone.
        if os.getpid() == master:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder


# Before anything is counted: prometheus_client looks at it when it is imported.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = make_metrics_folder()
from prometheus_client import values  # noqa: E402

# Files are named after a worker's slot and not, as by default, its process: the next worker in the
# slot goes on in them, so that there are never more than there are workers.
slot = "master"
values.ValueClass = values.MultiProcessValue(lambda: slot)  # type: ignore[no-untyped-call]


def on_starting(_server: Any) -> None:
    """Import what the first request of each worker would, and look at the database's server."""
    import_module("usage_project.urls")
    with start_or_one_sentence():
        import_module("stats.ops.checks").refuse_unusable_server()


def when_ready(_server: Any) -> None:
    """What is loaded stays: no worker's garbage collector need look through it, or copy it."""
    gc.freeze()


def pre_fork(server: Any, worker: Any) -> None:
    """Give the worker the first slot that no living one has."""
    taken = {other.slot for other in server.WORKERS.values()}
    worker.slot = next(free for free in map(str, itertools.count()) if free not in taken)


def post_fork(_server: Any, worker: Any) -> None:
    """In the worker: count in its slot from now on."""
    global slot
    slot = worker.slot
