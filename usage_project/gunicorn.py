"""gunicorn in production: `gunicorn -c usage_project/gunicorn.py` (docs/operating.md).

gunicorn's access log stays off, since the application logs each request.
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
# Load the application before the fork: less memory, and a failing start ends at once.
preload_app = True
worker_class = "gthread"
threads = 4
# Seconds. A worker whose main loop hangs is killed after `timeout`. A stopping worker has
# `graceful_timeout` for requests it has accepted.
timeout = 60
graceful_timeout = 30
# Longer than a proxy keeps its connections open, so that it never uses one that is closing.
keepalive = 75
# Bytes: gunicorn's maximum, so that the application itself refuses filters with too many values.
limit_request_line = 8190
# Replace workers now and then, not all at once.
max_requests = 50_000
max_requests_jitter = 5_000
control_socket_disable = True
# Only TRUSTED_PROXIES decides whether the X-Forwarded-Proto of a proxy counts.
forwarded_allow_ips = ""


def make_metrics_folder() -> str:
    """A folder for the workers' metrics files; removed at the end of this process."""
    folder, master = tempfile.mkdtemp(prefix="usage-ledger-metrics-"), os.getpid()

    def remove() -> None:
        # Forked workers inherit this function and must not remove the folder.
        if os.getpid() == master:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder


# Before the import: prometheus_client reads the variable then.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = make_metrics_folder()
from prometheus_client import values  # noqa: E402

# Metrics files are named after a worker's slot, not after its process id as by default. The next
# worker in the slot continues them, so that files do not pile up.
slot = "master"
values.ValueClass = values.MultiProcessValue(lambda: slot)  # type: ignore[no-untyped-call]


def on_starting(_server: Any) -> None:
    """Import what a worker's first request would import, and check the database's server."""
    import_module("usage_project.urls")
    with start_or_one_sentence():
        import_module("stats.ops.checks").refuse_unusable_server()


def when_ready(_server: Any) -> None:
    """Exempt loaded objects from garbage collection, so that workers share their memory."""
    gc.freeze()


def pre_fork(server: Any, worker: Any) -> None:
    """Give the worker the first free slot."""
    taken = {other.slot for other in server.WORKERS.values()}
    worker.slot = next(free for free in map(str, itertools.count()) if free not in taken)


def post_fork(_server: Any, worker: Any) -> None:
    """In the worker: use its slot for metrics."""
    global slot
    slot = worker.slot
