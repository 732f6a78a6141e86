"""A client for services that post calls; the standard library alone, in one file, to be copied.

    client = UsageClient("https://ledger.example.com", api_key, "/var/lib/translator/usage")
    client.record(7, None, "/chat-messages", answer["metadata"], response_time_ms=768)

`record` puts a call into memory and returns: it waits for nothing and raises nothing. A thread
writes what is in memory to the spool, a folder, every `linger` seconds; another one posts from the
spool, oldest first. So a process that is killed loses what it recorded within the last `linger`
seconds, one that ends in good order nothing, and what is in the spool is delivered after a restart,
each call once: a batch is kept with its Idempotency-Key before it is sent for the first time, and
is repeated under that key, byte for byte, until the ledger has answered.

Memory and disk are bounded. When the disk's share is full, calls stay in memory; when the memory's
is full too, the newest call is rejected and counted.

Several processes may share a spool: one of them posts for all (whoever holds the lock), and another
takes over when it ends. Threads start with the first `record` or `flush` of a process, so a client
may be made before a server forks its workers. POSIX only, and a local disk, since it locks files.

In the folder: `spool.sqlite3`; `dead-letters.jsonl`, the calls that cannot be recorded, and why;
`set-aside.jsonl`, those that may have been recorded or not, and that only a human can tell.
"""

import atexit
import contextlib
import fcntl
import functools
import http.client
import itertools
import json
import logging
import os
import random
import re
import sqlite3
import threading
import time
import urllib.request
import uuid
import weakref
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Concatenate, NamedTuple, ParamSpec

logger = logging.getLogger(__name__)
Arguments = ParamSpec("Arguments")

MIB = 2**20
# What one POST carries, or one call: the ledger takes ten times as much, but nginx 1 MiB.
BODY_RECORDS = 1_000
BODY_BYTES = 900_000
LEAST_BYTES = 4 * MIB
REPR_LENGTH = 2_000
ANSWER_BYTES = 16 * MIB
# Seconds: the first pause after a failure, and the longest that Retry-After is obeyed for.
FIRST_PAUSE = 0.5
LONGEST_RETRY_AFTER = 3_600
# Answers after which it is certain that this request wrote nothing.
REFUSALS = {*range(300, 400), 400, 401, 403, 404, 405, 413, 415, 429}
CREATE = (
    "CREATE TABLE IF NOT EXISTS records (id INTEGER PRIMARY KEY AUTOINCREMENT, text BLOB NOT NULL)",
    # One row at most: the batch that is being sent, the records up to an id.
    "CREATE TABLE IF NOT EXISTS batch (key TEXT, up_to INTEGER, sent_at REAL, trouble TEXT)",
)


@dataclass(frozen=True, slots=True)
class Status:
    """How things stand: in memory and spool, of all processes but for others' memory."""

    pending: int
    # When the oldest pending call was made.
    oldest: datetime | None
    # Calls that this process has lost since it started: there was no room, or it was closed.
    rejected: int
    # Lines of the two files.
    dead_letters: int
    set_aside: int
    # Why nothing is delivered at the moment, such as "401: This API key is unknown …".
    trouble: str | None


def _raises_nothing(
    method: Callable[Concatenate["UsageClient", Arguments], None],
) -> Callable[Concatenate["UsageClient", Arguments], None]:
    """Whatever is wrong, even the number of arguments, makes a dead letter and no exception."""

    @functools.wraps(method)
    def guarded(self: "UsageClient", /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception as error:
            self._refuse(args, kwargs, error)

    return guarded


class UsageClient:
    """Records calls in the background; one for each process, or made before it forks.

    `url` is the ledger's root, `spool` a folder of this client's own. Times are in seconds:
    `timeout` for one request, `longest_wait` between two tries (if Retry-After asks for no more).
    `keys_kept_hours` is the ledger's IDEMPOTENCY_KEEP_HOURS. Raises `ValueError` for what cannot
    work, `OSError` where the folder cannot be made.
    """

    def __init__(
        self,
        url: str,
        api_key: str,
        spool: str | os.PathLike[str],
        *,
        linger: float = 1.0,
        timeout: float = 30.0,
        longest_wait: float = 60.0,
        keys_kept_hours: float = 72.0,
        memory_bytes: int = 16 * MIB,
        disk_bytes: int = 256 * MIB,
    ) -> None:
        # A half of the disk's share is for the spool, a quarter for each of the two files.
        if min(memory_bytes, disk_bytes // 2) < LEAST_BYTES:
            raise ValueError("memory_bytes must be 4 MiB or more, disk_bytes 8 MiB.")
        self._ledger = _Ledger(url, api_key, timeout)
        self._linger = linger
        self._longest_wait = longest_wait
        # A request that leaves now arrives within its timeout.
        self._longest_unanswered = keys_kept_hours * 3_600 - timeout
        self._memory_bytes = memory_bytes
        folder = Path(spool)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._spool = _Spool(folder / "spool.sqlite3", disk_bytes // 2)
        self._dead_letters = _Lines(folder / "dead-letters.jsonl", disk_bytes // 4)
        self._set_aside = _Lines(folder / "set-aside.jsonl", disk_bytes // 4)
        self._lock = _FileLock(folder / "sender.lock")
        self._begin()
        _clients.add(self)
        atexit.register(self.close)

    def _begin(self) -> None:
        """What each process has for itself: nothing of its parent's is its own to deliver."""
        self._records = _Queue(self._memory_bytes)
        self._refused = _Queue(self._memory_bytes // 8)
        self._threads: list[threading.Thread] = []
        self._counting = threading.RLock()
        self._writing = threading.Lock()
        self._spooled, self._full, self._closing = (threading.Event() for _event in range(3))
        self._rejected = self._rejected_told = 0
        self._failures: dict[str, str] = {}
        self._kind: int | None = None
        self._tries = 0
        self._most = BODY_RECORDS

    @_raises_nothing
    def record(
        self,
        user_id: int,
        job_id: int | None,
        api_endpoint: str,
        metadata: Mapping[str, Any] | None,
        response_time_ms: int,
        success: bool = True,
        error_message: str | None = None,
    ) -> None:
        """Take a call that was made just now: the arguments of `record_api_call`.

        Of Dify's `metadata` only `usage` is kept: the ledger reads nothing else, and no text of a
        document gets into the spool.
        """
        if isinstance(metadata, Mapping):
            metadata = {"usage": metadata.get("usage")}
        record = {
            "user_id": user_id,
            "job_id": job_id,
            "api_endpoint": api_endpoint,
            "metadata": metadata,
            "response_time_ms": response_time_ms,
            "success": success,
            "error_message": error_message,
            "created_at": _now(),
        }
        self._take(self._records, _encoded(record))

    def flush(self, timeout: float) -> bool:
        """Whether all that is pending now was delivered, or put away, within so many seconds.

        It does not shorten the pause after a failure. A process that has recorded nothing yet
        begins to deliver what an earlier one left.
        """
        deadline = time.monotonic() + timeout
        last: int | None = None
        self._start()
        while True:
            # A spool that is full, or busy, may be better a little later.
            with contextlib.suppress(OSError, sqlite3.Error):
                if last is None:
                    self._spool_memory()
                    last = self._spool.last_id()
                if not self._spool.holds_up_to(last):
                    return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)

    def close(self, timeout: float = 5.0) -> None:
        """Deliver for so many seconds, then stop; the rest stays in the spool. Runs at exit."""
        atexit.unregister(self.close)
        if self._threads:
            self.flush(timeout)
        for event in (self._closing, self._full, self._spooled):
            event.set()
        for thread in self._threads:
            thread.join(self._linger)
        with contextlib.suppress(OSError, sqlite3.Error):
            self._spool_memory()

    def status(self) -> Status:
        """How things stand, from the files: milliseconds, as a rule."""
        failure = [*self._failures.values(), None][0]
        try:
            spooled, oldest, refusal = self._spool.state()
            dead_letters, set_aside = self._dead_letters.count(), self._set_aside.count()
        except (OSError, sqlite3.Error) as error:
            spooled, oldest, refusal = 0, None, _told(error)
            dead_letters = set_aside = 0
        oldest = oldest or b"".join(self._records.first(1))
        return Status(
            pending=spooled + len(self._records),
            oldest=datetime.fromisoformat(json.loads(oldest)["created_at"]) if oldest else None,
            rejected=self._rejected,
            dead_letters=dead_letters + len(self._refused),
            set_aside=set_aside,
            trouble=failure or refusal,
        )

    # In the caller's thread.

    def _take(self, queue: "_Queue", text: bytes) -> None:
        if self._closing.is_set() or not queue.put(text):
            self._reject(1)
            return
        if queue.is_worth_writing():
            self._full.set()
        if not self._threads:
            self._start()

    def _refuse(self, args: object, kwargs: object, error: Exception) -> None:
        try:
            line = _line(_told(error), repr((args, kwargs))[:REPR_LENGTH])
        except Exception:
            line = _line(type(error).__name__, "what was given cannot be printed")
        self._take(self._refused, line)

    def _reject(self, calls: int) -> None:
        with self._counting:
            self._rejected += calls

    def _start(self) -> None:
        # None can be started while the interpreter ends; then close() writes what there is.
        with self._counting, contextlib.suppress(RuntimeError):
            if not self._threads:
                threads = [
                    threading.Thread(target=self._repeat, args=[step], daemon=True)
                    for step in (self._write, self._send)
                ]
                for thread in threads:
                    thread.start()
                self._threads = threads

    # In the background.

    def _repeat(self, step: Callable[[], None]) -> None:
        """Again and again, whatever happens, until the end."""
        while not self._closing.is_set():
            try:
                step()
                self._failures.pop(step.__name__, None)
            except Exception as error:
                if step.__name__ not in self._failures:
                    logger.error("Usage records stay where they are: %s", _told(error))
                self._failures[step.__name__] = _told(error)
                self._closing.wait(self._linger)
        if step == self._send:
            self._lock.release()

    def _write(self) -> None:
        """Memory → spool."""
        self._full.wait(self._linger)
        self._full.clear()
        if self._rejected > 2 * self._rejected_told:
            self._rejected_told = self._rejected
            logger.error("%d usage records were lost: there is no room left.", self._rejected)
        self._spool_memory()

    def _spool_memory(self) -> None:
        with self._writing:
            while texts := self._records.first():
                self._spool.add(texts)
                self._records.drop(len(texts))
                self._spooled.set()
            while lines := self._refused.first():
                self._put_away(self._dead_letters, lines)
                self._refused.drop(len(lines))

    def _send(self) -> None:
        """Spool → ledger, one request."""
        self._spooled.clear()
        batch = self._spool.batch(self._most) if self._lock.hold() else None
        now = time.time()
        if batch is None:
            self._spooled.wait(self._linger)
        elif batch.sent_at and now - batch.sent_at >= self._longest_unanswered:
            self._give_up(batch, "It was not answered for longer than the ledger keeps keys.")
        else:
            # Noted first: whatever happens from here on, it may have been written.
            self._spool.note(batch, batch.sent_at or now, batch.trouble)
            answer = self._ledger.post(batch)
            if self._is_settled(batch, answer):
                self._say(201, "delivering.")
                self._tries = 0
            else:
                self._wait(batch, answer, now)

    def _is_settled(self, batch: "_Batch", answer: "_Answer") -> bool:
        """False where the same has to be sent again."""
        if answer.status == 201:
            self._spool.close(batch, batch.ids)
        elif named := answer.errors(len(batch.ids)):
            self._move(batch, named, self._dead_letters)
        elif answer.status == 413 or (answer.status == 400 and isinstance(answer.content, dict)):
            self._divide(batch, answer)
        elif answer.status == 422:
            self._give_up(batch, answer.words)
        else:
            return False
        return True

    def _divide(self, batch: "_Batch", answer: "_Answer") -> None:
        """Too large, or one that cannot be read and is not named: halves, down to the one."""
        if len(batch.ids) == 1:
            self._move(batch, {0: answer.words}, self._dead_letters)
            self._most = BODY_RECORDS
        else:
            self._spool.close(batch, [])
            self._most = len(batch.ids) // 2

    def _give_up(self, batch: "_Batch", why: str) -> None:
        """Sending it again could write it twice."""
        self._move(batch, dict.fromkeys(range(len(batch.ids)), why), self._set_aside)

    def _move(self, batch: "_Batch", reasons: Mapping[int, object], file: "_Lines") -> None:
        """These records into a file; the others go anew, under another key."""
        logger.error("%d usage records are not delivered: see %s", len(reasons), file.path)
        lines = [_line(why, json.loads(batch.texts[index])) for index, why in reasons.items()]
        self._put_away(file, lines)
        self._spool.close(batch, [batch.ids[index] for index in reasons])

    def _wait(self, batch: "_Batch", answer: "_Answer", sent_at: float) -> None:
        trouble = f"{answer.status or 'No answer'}: {answer.words}"
        # Whether an earlier request wrote it stays open, whatever this one was answered.
        first = batch.sent_at or (None if answer.status in REFUSALS else sent_at)
        self._spool.note(batch, first, trouble)
        self._say(answer.status, f"waiting. {trouble}")
        growing = min(FIRST_PAUSE * 2 ** min(self._tries, 20), self._longest_wait)
        self._tries += 1
        pause = FIRST_PAUSE if answer.retry_after else growing
        # Clients that failed together shall not come back together.
        self._closing.wait(answer.retry_after + pause * random.uniform(0.5, 1))  # noqa: S311

    def _put_away(self, file: "_Lines", lines: Collection[bytes]) -> None:
        if not file.append(lines):
            logger.error("%d usage records are lost: %s is full.", len(lines), file.path)
            self._reject(len(lines))

    def _say(self, kind: int, what: str) -> None:
        """Once for each change, not for each try."""
        if kind != self._kind and (self._kind, kind) != (None, 201):
            logger.log(logging.INFO if kind == 201 else logging.WARNING, "Usage records: %s", what)
        self._kind = kind


class _Queue:
    """Records in memory, up to so many bytes."""

    # What an object costs besides its text.
    OVERHEAD = 100

    def __init__(self, most_bytes: int) -> None:
        self._texts: deque[bytes] = deque()
        self._bytes = 0
        self._most_bytes = most_bytes
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._texts)

    def put(self, text: bytes) -> bool:
        """False where there is no room."""
        with self._lock:
            size = self._bytes + len(text) + self.OVERHEAD
            if fits := size <= self._most_bytes:
                self._texts.append(text)
                self._bytes = size
            return fits

    def is_worth_writing(self) -> bool:
        return len(self._texts) >= BODY_RECORDS or self._bytes >= BODY_BYTES

    def first(self, most: int = BODY_RECORDS) -> list[bytes]:
        with self._lock:
            return _one_body(self._texts, most)

    def drop(self, records: int) -> None:
        with self._lock:
            for _record in range(records):
                self._bytes -= len(self._texts.popleft()) + self.OVERHEAD


class _Batch(NamedTuple):
    """What is sent under one key; `sent_at` (seconds since 1970) is when it may have been written
    first: None if it was never sent, or surely refused each time."""

    key: str
    ids: tuple[int, ...]
    texts: tuple[bytes, ...]
    sent_at: float | None
    trouble: str | None

    @property
    def body(self) -> bytes:
        return b"[" + b",".join(self.texts) + b"]"


class _Spool:
    """Records on disk in the order they came, and which of them are being sent."""

    def __init__(self, path: Path, most_bytes: int) -> None:
        self._path = path
        self._most_bytes = most_bytes

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """No connection outlives it: none may be carried across a fork."""
        with (
            _at_database,
            contextlib.closing(sqlite3.connect(self._path, isolation_level=None)) as database,
        ):
            (page,) = database.execute("PRAGMA page_size").fetchone()
            database.execute(f"PRAGMA max_page_count = {self._most_bytes // page}")
            database.execute("BEGIN IMMEDIATE")
            for statement in CREATE:
                database.execute(statement)
            yield database
            # Unless something was raised: closing rolls back.
            database.execute("COMMIT")

    def add(self, texts: Iterable[bytes]) -> None:
        with self._transaction() as database:
            database.executemany("INSERT INTO records (text) VALUES (?)", ([t] for t in texts))

    def batch(self, most: int) -> _Batch | None:
        """The one that is being sent, else a new one of at most so many records."""
        with self._transaction() as database:
            row = database.execute("SELECT key, up_to, sent_at, trouble FROM batch").fetchone()
            query = "SELECT id, text FROM records WHERE id <= ? ORDER BY id LIMIT ?"
            found = database.execute(query, [row[1], -1] if row else [2**63 - 1, most]).fetchall()
            if not found:
                return None
            if row is None:
                found = found[: len(_one_body([text for _id, text in found], most))]
                row = (str(uuid.uuid4()), found[-1][0], None, None)
                database.execute("INSERT INTO batch VALUES (?, ?, ?, ?)", row)
            key, _up_to, sent_at, trouble = row
            ids, texts = zip(*found, strict=True)
            return _Batch(key, ids, texts, sent_at, trouble)

    def note(self, batch: _Batch, sent_at: float | None, trouble: str | None) -> None:
        update = "UPDATE batch SET sent_at = ?, trouble = ? WHERE key = ?"
        with self._transaction() as database:
            database.execute(update, [sent_at, trouble, batch.key])

    def close(self, batch: _Batch, gone: Iterable[int]) -> None:
        """Its key is done with, and so are these of its records."""
        with self._transaction() as database:
            database.executemany("DELETE FROM records WHERE id = ?", ([id] for id in gone))
            database.execute("DELETE FROM batch WHERE key = ?", [batch.key])

    def last_id(self) -> int:
        """0 where there is none."""
        with self._transaction() as database:
            (last,) = database.execute("SELECT COALESCE(MAX(id), 0) FROM records").fetchone()
            return int(last)

    def holds_up_to(self, last_id: int) -> bool:
        with self._transaction() as database:
            query = "SELECT 1 FROM records WHERE id <= ? LIMIT 1"
            return database.execute(query, [last_id]).fetchone() is not None

    def state(self) -> tuple[int, bytes | None, str | None]:
        """How many records there are, the oldest one, why the batch is still there."""
        with self._transaction() as database:
            (count,) = database.execute("SELECT COUNT(*) FROM records").fetchone()
            oldest = database.execute("SELECT text FROM records ORDER BY id LIMIT 1").fetchone()
            trouble = database.execute("SELECT trouble FROM batch").fetchone()
        return count, oldest and oldest[0], trouble and trouble[0]


class _Lines:
    """A file of JSON lines that grows up to so many bytes."""

    def __init__(self, path: Path, most_bytes: int) -> None:
        self.path = path
        self._most_bytes = most_bytes

    def append(self, lines: Iterable[bytes]) -> bool:
        """All or, where there is no room, none: False."""
        text = b"".join(lines)
        with self.path.open("ab") as file:
            if file.tell() + len(text) > self._most_bytes:
                return False
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        return True

    def count(self) -> int:
        with contextlib.suppress(FileNotFoundError), self.path.open("rb") as file:
            return sum(1 for _line in file)
        return 0


class _FileLock:
    """Held by one process at a time, until it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def hold(self) -> bool:
        """Whether it is ours, now if not before."""
        # Nor may a child inherit it half made.
        with _at_database:
            if self._file is None:
                file = self._path.open("ab")
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._file = file
                except BlockingIOError:
                    file.close()
        return self._file is not None

    def release(self) -> None:
        """Ours, that is: a child closes its parent's file, and the parent goes on holding it."""
        if self._file is not None:
            self._file.close()
            self._file = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """Status 0 is none; `content` is JSON where it was, `words` what to tell people."""

    status: int
    words: str
    content: object = None
    retry_after: float = 0

    def errors(self, records: int) -> dict[int, object]:
        """By index, those records that a 400 names."""
        errors = self.content.get("errors") if isinstance(self.content, dict) else None
        if self.status != 400 or not isinstance(errors, dict):
            return {}
        by_index = {str(index): index for index in range(records)}
        return {by_index[name]: why for name, why in errors.items() if name in by_index}


class _EveryAnswer(urllib.request.HTTPErrorProcessor):
    """No status is an exception, and no redirect is followed: it would lose the body."""

    def http_response(self, request: object, response: Any) -> Any:
        return response

    https_response = http_response


class _Ledger:
    """The server, as one sees it from here."""

    def __init__(self, url: str, api_key: str, timeout: float) -> None:
        if not re.match(r"https?://[^/]", url):
            raise ValueError("The url must begin with http:// or https://.")
        if not re.fullmatch("[!-~]+", api_key):
            # Not with what was given: it is a secret, if a damaged one.
            raise ValueError("The API key must be printable ASCII without blanks.")
        self._url = f"{url.rstrip('/')}/api/v1/calls/"
        self._headers = {"Authorization": f"Api-Key {api_key}", "Content-Type": "application/json"}
        self._timeout = timeout
        self._opener = urllib.request.build_opener(_EveryAnswer)

    def post(self, batch: _Batch) -> _Answer:
        headers = {**self._headers, "Idempotency-Key": batch.key}
        request = urllib.request.Request(self._url, batch.body, headers)  # noqa: S310 (checked)
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return _answer(response, response.read(ANSWER_BYTES))
        except (OSError, http.client.HTTPException) as error:
            return _Answer(0, _told(error))


def _answer(response: http.client.HTTPResponse, body: bytes) -> _Answer:
    content: Any = None
    with contextlib.suppress(ValueError, RecursionError):
        content = json.loads(body)
    words = content.get("detail", content) if isinstance(content, dict) else response.reason
    wait = response.headers.get("Retry-After", "")
    # The ledger gives seconds; a date, as some proxies give it, is left to the pause.
    seconds = int(wait) if re.fullmatch("[0-9]{1,9}", wait) else 0
    retry_after = min(seconds, LONGEST_RETRY_AFTER)
    return _Answer(response.status, str(words)[:REPR_LENGTH], content, retry_after)


def _one_body(texts: Iterable[bytes], most: int) -> list[bytes]:
    """The first ones, as many as one POST shall carry; one at least."""
    chosen: list[bytes] = []
    size = 0
    for text in itertools.islice(texts, most):
        size += len(text)
        if chosen and size > BODY_BYTES:
            break
        chosen.append(text)
    return chosen


def _encoded(record: Mapping[str, object]) -> bytes:
    """Raises `TypeError`, `ValueError`, `RecursionError` for what JSON cannot hold."""
    text = json.dumps(record, allow_nan=False, ensure_ascii=False, default=_plain).encode()
    if len(text) > BODY_BYTES:
        raise ValueError(f"The call is larger than {BODY_BYTES} bytes.")
    return text


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not for JSON")


def _line(why: object, record: object) -> bytes:
    return json.dumps({"at": _now(), "why": why, "record": record}).encode() + b"\n"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:REPR_LENGTH]


# A fork in the middle of a transaction would leave the child SQLite's locks and mutexes.
_at_database = threading.RLock()
_clients: weakref.WeakSet[UsageClient] = weakref.WeakSet()


def _begin_in_child() -> None:
    global _at_database
    _at_database = threading.RLock()
    for client in _clients:
        client._lock.release()
        client._begin()


os.register_at_fork(
    before=lambda: _at_database.acquire(),
    after_in_parent=lambda: _at_database.release(),
    after_in_child=_begin_in_child,
)
