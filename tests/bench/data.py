"""Calls made by the server itself: 1,000 users in ten groups, 8 endpoints, a year, 2 currencies.

Seven calls in ten are of a job. A job is a document of one user: some 50 calls that follow one
another, within an hour or two at any size. Only `LONG_JOB` goes on all year.
"""

from datetime import date, datetime, timedelta
from time import sleep

from django.db import connection
from django.db.backends.utils import CursorWrapper

from stats.core.periods import EARLIEST
from stats.models.users_and_jobs import NO_END
from tests.numbers import numbers

USERS = 1_000
# Each twentieth user went from one to the next in the middle of the year.
GROUPS = 10
LONG_JOB = 36
# With those in between that are of no job.
CALLS_OF_A_JOB = 71
# Of more calls a year, several jobs run at once.
ONE_JOB_AT_ONCE = 600_000
DAYS = 365
ENDPOINTS = (
    "/chat-messages",
    "/workflows/run",
    "/completion-messages",
    "/datasets/retrieve",
    "/audio-to-text",
    "/text-to-audio",
    "/files/upload",
    "/info",
)
BATCH = 500_000
# Dirty pages that a server at rest may have.
RESTING_PAGES = 100

# Ids ascend with time, give or take a few minutes. One call in fifty fails. Each pair of user and
# endpoint has one currency: RMB for one pair in forty.
INSERT = """
INSERT INTO dt_api_usage_stats (
  user_id, job_id, api_endpoint, prompt_tokens, completion_tokens, total_tokens,
  prompt_unit_price, prompt_price_unit, cost, response_time_ms, success, error_message, created_at)
SELECT
  user, job, ELT(endpoint, {endpoints}),
  tokens, tokens DIV 4, tokens + tokens DIV 4, IF(draw < 0.01, 0, 0.001),
  IF((user + 7 * endpoint) MOD 40 = 0, 'RMB', 'USD'),
  IF(draw < 0.01 OR draw BETWEEN 0.5 AND 0.52, 0, tokens / 200000),
  EXP(5 + 5 * draw_time), draw NOT BETWEEN 0.5 AND 0.52,
  IF(draw BETWEEN 0.5 AND 0.52, CONCAT('504: upstream timed out after ', n MOD 60, ' s'), NULL),
  %s + INTERVAL CAST(n * {seconds} / {size} + draw_time * 300 AS UNSIGNED) SECOND
FROM (
  SELECT of_jobs.*, 1 + FLOOR(POW({u}, 1.5) * {users}) AS user
  FROM (
    SELECT seq AS n, {job} AS job, 1 + FLOOR(POW({e}, 2) * {kinds}) AS endpoint,
      100 + FLOOR(8000 * POW({t}, 3)) AS tokens, {d} AS draw, {r} AS draw_time
    FROM {numbers}
  ) AS of_jobs
) AS drawn
ORDER BY n
"""


def _draw(name: str, of: str = "seq") -> str:
    """From 0 to 1; RAND() of neighbouring seeds is not independent."""
    return f"(CONV(LEFT(SHA2(CONCAT('{name}', {of}), 224), 8), 16, 10) / 4294967296)"


# All calls of a job have one user.
DRAWS = {name: _draw(name) for name in "etdr"} | {"u": _draw("u", "COALESCE(-job, n)")}


def fill(size: int, end: datetime) -> None:
    """Write `size` calls over the year up to `end` (naive)."""
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO dt_users (id, name) SELECT seq, seq FROM {numbers(1, USERS)}")
        _group(cursor, (end - timedelta(days=DAYS // 2)).date())
        for first in range(1, size + 1, BATCH):
            _write(cursor, size, first, min(size, first + BATCH - 1), end)
        cursor.execute("ANALYZE TABLE dt_api_usage_stats")
        cursor.fetchall()


def _group(cursor: CursorWrapper, changed: date) -> None:
    moved = "id MOD 20 = 7"
    before, after = f"'Group ', id MOD {GROUPS}", f"'Group ', (id + 1) MOD {GROUPS}"
    cursor.execute(f"UPDATE dt_users SET `group` = IF({moved}, CONCAT({after}), CONCAT({before}))")
    insert = "INSERT INTO stats_membership (user_id, `group`, since, until) "
    cursor.execute(
        f"{insert} SELECT id, CONCAT({before}), %s, IF({moved}, %s, %s) FROM dt_users",
        [EARLIEST, changed, NO_END],
    )
    cursor.execute(
        f"{insert} SELECT id, `group`, %s, %s FROM dt_users WHERE {moved}", [changed, NO_END]
    )


def rest() -> None:
    """Wait until the server has written everything to disk, as for old rows."""
    with connection.cursor() as cursor:
        cursor.execute("SET GLOBAL innodb_max_dirty_pages_pct = 0")
        while _unwritten(cursor) > RESTING_PAGES:
            sleep(1)
        cursor.execute("SET GLOBAL innodb_max_dirty_pages_pct = DEFAULT")


def _unwritten(cursor: CursorWrapper) -> int:
    cursor.execute("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'")
    return int(cursor.fetchone()[1])


def add(calls: int, end: datetime) -> None:
    """Write this many newer calls."""
    with connection.cursor() as cursor:
        _write(cursor, calls * DAYS, calls * (DAYS - 1) + 1, calls * DAYS, end)


def _write(cursor: CursorWrapper, size: int, first: int, last: int, end: datetime) -> None:
    """The calls of a year up to `end` from the `first` to the `last`, and their jobs."""
    at_once = max(1, size // ONE_JOB_AT_ONCE)
    jobs = numbers(1, (last // (at_once * CALLS_OF_A_JOB) + 1) * at_once)
    cursor.execute(f"INSERT IGNORE INTO dt_translation_jobs (id, name) SELECT seq, seq FROM {jobs}")
    cursor.execute(_insert(size, first, last, at_once), [end - timedelta(days=DAYS)])


def _insert(size: int, first: int, last: int, at_once: int) -> str:
    number = f"1 + seq DIV {at_once * CALLS_OF_A_JOB} * {at_once} + seq MOD {at_once}"
    draw = DRAWS["d"]
    job = f"CASE WHEN {draw} < 0.3 THEN NULL WHEN {draw} > 0.9998 THEN {LONG_JOB} ELSE {number} END"
    return INSERT.format(
        users=USERS,
        job=job,
        kinds=len(ENDPOINTS),
        endpoints=", ".join(f"'{endpoint}'" for endpoint in ENDPOINTS),
        seconds=DAYS * 86_400 - 600,
        size=size,
        numbers=numbers(first, last),
        **DRAWS,
    )
