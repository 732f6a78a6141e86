"""Prometheus counters. Each worker counts for itself, and /metrics adds them up."""

from prometheus_client import Counter, Histogram

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# The route of unknown addresses and of static files.
NO_ROUTE = "none"

REQUESTS = Counter("usage_ledger_requests", "Requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "usage_ledger_request_seconds",
    "From a request to its answer.",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
RECORDED_POSTS = Counter("usage_ledger_recorded_posts", "POSTs of calls that wrote something.")
RECORDED_ROWS = Counter("usage_ledger_recorded_rows", "Calls written, a row each.")
REPEATED_POSTS = Counter(
    "usage_ledger_repeated_posts", "POSTs answered as the first time under their Idempotency-Key."
)
REJECTED = Counter("usage_ledger_rejected", "API requests refused.", ["reason"])


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answer. Labels stay few: routes are ours, unknown methods are "other"."""
    known = method if method in METHODS else "other"
    REQUESTS.labels(known, route, status).inc()
    REQUEST_SECONDS.labels(known, route).observe(seconds)


def count_recorded(rows: int) -> None:
    """Count one POST that wrote `rows` calls."""
    RECORDED_POSTS.inc()
    RECORDED_ROWS.inc(rows)
