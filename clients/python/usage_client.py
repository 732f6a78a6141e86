"""A client for services that post calls: one file without dependencies, to copy.

    client = UsageClient("https://ledger.example.com", api_key, "/var/lib/translator/usage")
    client.record(7, None, "/chat-messages", answer["metadata"], response_time_ms=768)

`record` puts a call into memory; it neither waits nor raises. Every `linger` seconds a thread moves
calls from memory to the spool, a folder; another thread posts them from there, oldest first. A
process that is killed loses the calls of the last `linger` seconds; one that ends in good order
loses none. After a restart the spool is delivered. Each call is written once: a batch is stored
with its Idempotency-Key before it is sent, and repeated, byte for byte, until the ledger answers.

Memory and disk are bounded. If the disk's share is full, calls stay in memory; if that is full too,
the newest call is rejected and counted. While the spool cannot be written, calls are delivered from
memory. A damaged spool is renamed, and its readable records go into a new one.

Several processes may share a spool: the one that holds the lock posts for all, and another takes
over when it ends. Threads start with the first `record` or `flush` of a process, so a client may be
made before a server forks its workers. It locks files: POSIX and a local disk only.

The folder holds `spool.sqlite3`; `dead-letters.jsonl`, calls that cannot be recorded, and why;
`set-aside.jsonl`, calls of which only a human can tell whether they were recorded;
`left-*.sqlite3`, calls that an ending process could not spool, which the next one delivers;
`damaged-*.sqlite3`, damaged spools. If the folder cannot be written, these go to a folder in the
temp directory.
"""

import atexit
import contextlib
import email.utils
import fcntl
import functools
import http.client
import io
import itertools
import json
import logging
import os
import random
import re
import shutil
import socket
import sqlite3
import stat
import tempfile
import threading
import time
import urllib.request
import uuid
import weakref
import zlib
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Concatenate, NamedTuple, ParamSpec

logger = logging.getLogger(__name__)
Arguments = ParamSpec("Arguments")

MIB = 2**20
# Limits of one POST. The ledger takes ten times as much, but nginx by default 1 MiB.
BODY_RECORDS = 1_000
BODY_BYTES = 900_000
LEAST_BYTES = 4 * MIB
REPR_LENGTH = 2_000
ANSWER_BYTES = 16 * MIB
# In seconds: the first pause after a failure, and the longest Retry-After that is obeyed.
FIRST_PAUSE = 0.5
LONGEST_RETRY_AFTER = 3_600
# After these answers it is certain that the request wrote nothing.
REFUSALS = {*range(300, 400), 400, 401, 403, 404, 405, 413, 415, 429}
# One call can cause these answers forever. The server has finished the request.
LASTING = {409, 500, 502, 503}
# A batch is divided after PATIENCE of them, and PROOFS more while the ledger takes other requests.
PATIENCE = 3
PROOFS = 3
# How many seconds clocks may differ; the ledger allows the same.
CLOCK_TOLERANCE = 300
# Seconds between two tries to mend a spool.
MENDING_PAUSE = 30.0
# SQLite's errors of a file that may be sound: no permission, busy, read-only, I/O, full …
PASSING = {3, 5, 6, 7, 8, 9, 10, 13, 14}
# Exceptions of reading a damaged file; ValueError: a message quotes its bytes.
DAMAGE = (sqlite3.Error, TypeError, ValueError, OverflowError)
# Keys of `metadata` that are kept: usage objects, and the currency of one without a key.
USAGE_KEYS = {"usage", "usageMetadata", "usage_metadata", "currency"}
# New texts of records, by id.
NO_CHANGES: Mapping[int, bytes] = {}
NUMBER = re.compile(r"[0-9.eE+-]{1,40}")
# `Usage-Warnings`: a code, the number of calls, keys that were not understood.
WARNING = re.compile(
    r'(?:^|, )([a-z-]{1,40});calls=([0-9]{1,5})(?:;keys="([!#-~ ]{0,1000})")?(?=, |$)'
)
CREATE = (
    "CREATE TABLE IF NOT EXISTS records (id INTEGER PRIMARY KEY AUTOINCREMENT, "
    "text BLOB NOT NULL, seal INTEGER)",
    # One row at most: the batch that is being sent, which has the records up to an id.
    "CREATE TABLE IF NOT EXISTS batch (key TEXT, up_to INTEGER, sent_at REAL, trouble TEXT)",
)


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a client and its spool, without what other processes have in memory."""

    pending: int
    # The time of the oldest pending call.
    oldest: datetime | None
    # Calls that this process did not take: there was no room, or it was closed.
    rejected: int
    # Calls that this process took and lost: it ended, or the spool was damaged or removed. The log
    # names the file that may still have them.
    given_up: int
    # Lines of the two files.
    dead_letters: int
    set_aside: int
    # The ledger's warnings about delivered calls, such as "unpriced", and the number of calls.
    warnings: Mapping[str, int]
    # Why nothing is delivered now, such as "401: This API key is unknown …".
    trouble: str | None


def _raises_nothing(
    method: Callable[Concatenate["UsageClient", Arguments], None],
) -> Callable[Concatenate["UsageClient", Arguments], None]:
    """Any error, even a wrong number of arguments, makes a dead letter instead of an exception."""

    @functools.wraps(method)
    def guarded(self: "UsageClient", /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception as error:
            self._refuse(args, kwargs, error)

    return guarded


class UsageClient:
    """Records calls in the background. Make one per process, or one before the process forks.

    `url` is the ledger's root, `spool` a folder for this client alone. In seconds: `timeout` limits
    one request, `longest_wait` the pause between two tries (Retry-After may ask for more).
    `keys_kept_hours` is the ledger's IDEMPOTENCY_KEEP_HOURS. Raises `ValueError` for a wrong
    argument, `OSError` if the folder cannot be made.
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
        # The spool gets a half of the disk's share, each of the two files a quarter.
        if min(memory_bytes, disk_bytes // 2) < LEAST_BYTES:
            raise ValueError("memory_bytes must be 4 MiB or more, disk_bytes 8 MiB.")
        self._ledger = _Ledger(url, api_key, timeout)
        self._linger = linger
        self._longest_wait = longest_wait
        # A request that leaves now arrives within its timeout.
        self._longest_unanswered = keys_kept_hours * 3_600 - timeout
        self._memory_bytes = memory_bytes
        self._disk_bytes = disk_bytes
        folder = Path(spool).absolute()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The second one is used while the first cannot be written.
        self._folders = (folder, _temporary(folder))
        self._lock = _FileLock(folder / "sender.lock")
        self._begin()
        _clients.add(self)
        atexit.register(self.close)

    def _begin(self) -> None:
        """The state of one process. A child does not deliver what its parent has in memory."""
        self._records = _Queue(self._memory_bytes)
        self._spool = _Spool(self._folders[0] / "spool.sqlite3", self._disk_bytes // 2)
        self._left: dict[Path, _Spool] = {}
        self._dead_letters, self._set_aside = (
            _Lines(
                [folder / name for folder in self._folders],
                self._disk_bytes // 4,
                self._memory_bytes // 8,
            )
            for name in ("dead-letters.jsonl", "set-aside.jsonl")
        )
        self._threads: list[threading.Thread] = []
        self._counting = threading.RLock()
        self._writing = threading.Lock()
        self._spooled, self._full, self._closing = (threading.Event() for _event in range(3))
        self._rejected = self._rejected_told = self._given_up = 0
        self._warnings: Counter[str] = Counter()
        self._failures: dict[str, str] = {}
        # After a failure the spool is not used until then (time.monotonic).
        self._resting_until = 0.0
        # A key, and when it was first sent (time.monotonic), at the latest.
        self._first_sent = ("", 0.0)
        self._kind: int | None = None
        self._tries = self._proofs = 0
        self._is_lasting = False
        self._most = BODY_RECORDS

    @_raises_nothing
    def record(
        self,
        user_id: int,
        job_id: int | None,
        api_endpoint: str,
        metadata: Mapping[str, Any] | None,
        response_time_ms: int | None,
        success: bool = True,
        error_message: str | None = None,
    ) -> None:
        """Take a call that was made just now; the arguments are those of `record_api_call`.

        Of `metadata` only usage objects and numbers are kept: the ledger reads nothing else, and no
        text of a document gets into the spool. Without any, its keys are kept for the ledger's
        warning.
        """
        if isinstance(metadata, Mapping):
            metadata = _measured(metadata)
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
        """Wait up to `timeout` seconds; True if all that was pending is delivered or put away.

        It does not shorten the pause after a failure. In a process that has recorded nothing yet,
        it starts the delivery of what an earlier process left.
        """
        deadline = time.monotonic() + timeout
        last: int | None = None
        target = self._records.gone + len(self._records)
        self._start()
        while True:
            # A full or busy spool may recover.
            with contextlib.suppress(OSError, *DAMAGE):
                if last is None:
                    with contextlib.suppress(OSError, *DAMAGE):
                        self._spool_memory()
                    if self._records.gone >= target:
                        last = self._spool.last_id()
                if last is not None and not self._spool.holds_up_to(last) and not self._lefts():
                    return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)

    def close(self, timeout: float = 5.0) -> None:
        """Deliver for up to `timeout` seconds, then stop; the rest is spooled. Runs at exit."""
        atexit.unregister(self.close)
        if self._threads:
            self.flush(timeout)
        for event in (self._closing, self._full, self._spooled):
            event.set()
        for thread in self._threads:
            thread.join(self._linger)
        with contextlib.suppress(OSError, *DAMAGE):
            self._spool_memory()
        self._leave_memory()

    def status(self) -> Status:
        """The state, read from the files, mostly within milliseconds."""
        failure, sending = [*self._failures.values(), None][0], self._records.sending
        spooled, oldest, refusal = 0, None, None
        dead_letters = set_aside = 0
        try:
            for spool in (*self._lefts(), self._spool):
                count, first, trouble = spool.state()
                spooled, oldest, refusal = spooled + count, oldest or first, refusal or trouble
            dead_letters, set_aside = self._dead_letters.count(), self._set_aside.count()
        except (OSError, *DAMAGE) as error:
            refusal = _told(error)
        return Status(
            pending=spooled + len(self._records),
            oldest=_made_at(oldest or self._records.oldest()),
            rejected=self._rejected,
            given_up=self._given_up + self._spool.lost,
            dead_letters=dead_letters,
            set_aside=set_aside,
            warnings=dict(self._warnings),
            trouble=failure or refusal or (sending and sending.trouble),
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
        self._take(self._dead_letters.waiting, line)

    def _reject(self, calls: int) -> None:
        with self._counting:
            self._rejected += calls

    def _start(self) -> None:
        # While the interpreter ends, no thread can start; then close() writes the calls.
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
        """Repeat a step until the client is closed, whatever it raises."""
        while not self._closing.is_set():
            try:
                step()
                self._failures.pop(step.__name__, None)
            except Exception as error:
                self._fail(step.__name__, error)
                # A call that cannot be spooled can be sent.
                self._spooled.set()
                self._closing.wait(self._linger)
        if step == self._send:
            self._lock.release()

    def _fail(self, what: str, error: Exception) -> None:
        """Log a failure once, not for each try."""
        if what not in self._failures:
            logger.error("Usage records stay where they are: %s", _told(error))
        self._failures[what] = _told(error)

    def _write(self) -> None:
        """Move calls from memory to the spool."""
        self._full.wait(self._linger)
        self._full.clear()
        if self._rejected > 2 * self._rejected_told:
            self._rejected_told = self._rejected
            logger.error("%d usage records were lost: there is no room left.", self._rejected)
        self._spool_memory()

    def _spool_memory(self) -> None:
        with self._records.moving:
            for file in (self._dead_letters, self._set_aside):
                self._reject(file.write())
            while texts := self._records.first():
                self._spool.add(texts)
                self._records.drop(len(texts))
                self._spooled.set()

    def _leave_memory(self) -> None:
        """Write the calls in memory to a file for the next process, or give them up."""
        lines = len(self._dead_letters.waiting) + len(self._set_aside.waiting)
        if lines:
            self._lose(lines, "no file for them can be written")
        with self._records.moving:
            batch, texts = self._records.rest()
            calls = len(texts) + (len(batch.texts) if batch else 0)
            reasons = []
            for folder in self._folders if calls else ():
                try:
                    path = _leave(folder, batch, texts, 2 * self._memory_bytes)
                except (OSError, *DAMAGE) as error:
                    reasons.append(_told(error))
                else:
                    logger.warning("%d usage records are left in %s.", calls, path)
                    return
        if calls:
            self._lose(calls, "; ".join(reasons))

    def _lose(self, calls: int, why: str) -> None:
        logger.error("%d usage records are lost: %s", calls, why)
        with self._counting:
            self._given_up += calls

    def _send(self) -> None:
        """Send one batch from the spool or from memory."""
        self._spooled.clear()
        batch = self._next()
        if batch is None:
            self._spooled.wait(self._linger)
            return
        try:
            self._deliver(batch)
        except Exception:
            # Meanwhile calls can be delivered from memory.
            self._resting_until = time.monotonic() + 10 * self._linger
            raise

    def _next(self) -> "_Batch | None":
        """The next batch of the spool; of memory while the spool cannot be used."""
        with self._records.moving:
            if batch := self._records.sending:
                return batch
        if time.monotonic() >= self._resting_until:
            try:
                batch = self._next_spooled()
                self._failures.pop("spool", None)
            except Exception as error:
                self._fail("spool", error)
                self._resting_until = time.monotonic() + self._linger
            if batch:
                return batch
        with self._records.moving:
            is_failing = not self._failures.keys().isdisjoint({"_write", "spool"})
            return self._records.batch(self._most) if is_failing else None

    def _next_spooled(self) -> "_Batch | None":
        """The next batch, stored as sent: from here on the ledger may have written it."""
        if not self._lock.hold():
            return None
        for spool in (self._spool, *self._lefts()):
            if batch := spool.batch(self._most):
                if not batch.damaged and batch.sent_at is None:
                    spool.note(batch, time.time(), batch.trouble)
                return batch
            if spool is not self._spool:
                spool.path.unlink(missing_ok=True)
        return None

    def _lefts(self) -> "list[_Spool]":
        """The files of processes that could not write to the spool."""
        paths = [path for folder in self._folders for path in _left_in(folder)]
        new = {path: _Spool(path, self._disk_bytes // 2) for path in paths}
        self._left = {path: self._left.get(path, spool) for path, spool in new.items()}
        return list(self._left.values())

    def _deliver(self, batch: "_Batch") -> None:
        now = time.time()
        if batch.damaged:
            self._bury_damaged(batch)
        elif self._age(batch, now) >= self._longest_unanswered:
            why = "It was not answered for longer than the ledger keeps keys."
            self._give_up(batch, f"{why} {batch.trouble or ''}".strip())
        else:
            self._post(batch, now)

    def _age(self, batch: "_Batch", now: float) -> float:
        """Seconds since it was first sent, or more, even if the clock was set back."""
        key, since = self._first_sent
        if batch.sent_at is None:
            since = time.monotonic()
        elif key != batch.key:
            # A time in the future, of another process: nobody knows when it was sent.
            is_known = batch.sent_at <= now + CLOCK_TOLERANCE
            since = time.monotonic() if is_known else float("-inf")
        self._first_sent = (batch.key, since)
        return max(now - (batch.sent_at or now), time.monotonic() - since)

    def _post(self, batch: "_Batch", now: float) -> None:
        is_suspect = self._tries >= PATIENCE or (self._tries and self._most < BODY_RECORDS)
        is_well = self._is_lasting and is_suspect and self._ledger.is_well()
        answer = self._ledger.post(batch.key, batch.body)
        self._is_lasting = answer.status in LASTING or answer.is_cut
        self._proofs = self._proofs + 1 if is_well and self._is_lasting else 0
        if self._is_settled(batch, answer):
            self._say(201, "delivering.")
            self._tries = self._proofs = 0
        else:
            self._wait(batch, answer, now)

    def _is_settled(self, batch: "_Batch", answer: "_Answer") -> bool:
        """False if the batch has to be sent again."""
        if answer.creates(len(batch.ids)):
            # Before `flush` sees that nothing is left.
            self._note_warnings(answer)
            batch.store.close(batch, batch.ids)
        elif named := answer.errors(len(batch.ids)):
            self._part(batch, named, answer.date)
        elif answer.status == 413 or (answer.status == 400 and isinstance(answer.content, dict)):
            self._divide(batch, answer)
        elif answer.status == 422:
            self._give_up(batch, answer.words)
        elif self._proofs >= PROOFS:
            # It was not written, or a ledger that takes other requests would say so.
            self._divide(batch, answer)
        else:
            return False
        return True

    def _note_warnings(self, answer: "_Answer") -> None:
        """Log each code the first time, and whenever there are ten times as many."""
        for code, calls, keys in WARNING.findall(answer.warnings):
            before = self._warnings[code]
            self._warnings[code] += int(calls)
            if len(str(self._warnings[code])) > len(str(before or "")):
                what = f"{code} ({keys})" if keys else code
                logger.warning("The ledger says %s of %d calls.", what, self._warnings[code])

    def _part(self, batch: "_Batch", named: Mapping[int, object], date: datetime | None) -> None:
        """Date named records again or make them dead letters; the others get a new key."""
        dated = {
            batch.ids[index]: text
            for index, why in named.items()
            if (text := _dated_again(batch.texts[index], why, date))
        }
        if dated:
            logger.warning("This clock is ahead of the ledger's: it dates %d calls.", len(dated))
        buried = {index: why for index, why in named.items() if batch.ids[index] not in dated}
        self._move(batch, buried, self._dead_letters, dated)

    def _divide(self, batch: "_Batch", answer: "_Answer") -> None:
        """Halve a batch that is too large or has a bad record, down to that record."""
        if len(batch.ids) == 1:
            self._move(batch, {0: answer.words}, self._dead_letters)
            self._most = BODY_RECORDS
        else:
            batch.store.close(batch, [])
            self._most = len(batch.ids) // 2

    def _give_up(self, batch: "_Batch", why: str) -> None:
        """Set a batch aside: sending it again could write it twice."""
        self._move(batch, dict.fromkeys(range(len(batch.ids)), why), self._set_aside)

    def _move(
        self,
        batch: "_Batch",
        reasons: Mapping[int, object],
        file: "_Lines",
        dated: Mapping[int, bytes] = NO_CHANGES,
    ) -> None:
        """Move these records into a file; the others get a new key."""
        lines = [_line(why, json.loads(batch.texts[index])) for index, why in reasons.items()]
        self._put_away(batch, file, lines)
        batch.store.close(batch, [batch.ids[index] for index in reasons], dated)

    def _bury_damaged(self, batch: "_Batch") -> None:
        """Make damaged records dead letters. The others keep their key."""
        why = "It was damaged in the spool."
        lines = [_line(why, text.decode(errors="backslashreplace")) for _id, text in batch.damaged]
        self._put_away(batch, self._dead_letters, lines)
        # The batch has no key here, so that their own batch stays.
        batch.store.close(batch, [id for id, _text in batch.damaged])

    def _wait(self, batch: "_Batch", answer: "_Answer", sent_at: float) -> None:
        trouble = f"{answer.status or 'No answer'}: {answer.words}"
        # If an earlier request may have written it, this answer does not change that.
        first = batch.sent_at or (None if answer.status in REFUSALS else sent_at)
        batch.store.note(batch, first, trouble)
        self._say(answer.status, f"waiting. {trouble}")
        growing = min(FIRST_PAUSE * 2 ** min(self._tries, 20), self._longest_wait)
        self._tries += 1
        pause = FIRST_PAUSE if answer.retry_after else growing
        # Random, so that clients that failed together do not return together.
        self._closing.wait(answer.retry_after + pause * random.uniform(0.5, 1))  # noqa: S311

    def _put_away(self, batch: "_Batch", file: "_Lines", lines: Collection[bytes]) -> None:
        """Append to a file. Raises `OSError` if the records stay in the spool."""
        if not lines:
            return
        logger.error("%d usage records are not delivered: see %s", len(lines), file.path)
        try:
            is_kept = file.append(lines)
        except OSError:
            if batch.store is not self._records:
                raise
            is_kept = file.waiting.put(*lines)
        if not is_kept:
            logger.error("%d usage records are lost: %s is full.", len(lines), file.path)
            self._reject(len(lines))

    def _say(self, kind: int, what: str) -> None:
        """Log a change of the answers, not each answer."""
        if kind != self._kind and (self._kind, kind) != (None, 201):
            logger.log(logging.INFO if kind == 201 else logging.WARNING, "Usage records: %s", what)
        self._kind = kind


class _Queue:
    """Records in memory, up to so many bytes, and the batch that is being sent from there."""

    # Bytes of an object besides its text.
    OVERHEAD = 100

    def __init__(self, most_bytes: int) -> None:
        self._texts: deque[bytes] = deque()
        self._bytes = 0
        self._most_bytes = most_bytes
        self._lock = threading.RLock()
        # Held while records are taken out or put back.
        self.moving = threading.RLock()
        self.sending: _Batch | None = None
        # How many were taken out for good.
        self.gone = 0

    def __len__(self) -> int:
        return len(self._texts) + (len(self.sending.ids) if self.sending else 0)

    def put(self, *texts: bytes) -> bool:
        """Add all; False, and none added, if there is no room."""
        with self._lock:
            size = self._bytes + sum(len(text) + self.OVERHEAD for text in texts)
            if fits := size <= self._most_bytes:
                self._texts.extend(texts)
                self._bytes = size
            return fits

    def is_worth_writing(self) -> bool:
        return len(self._texts) >= BODY_RECORDS or self._bytes >= BODY_BYTES

    def first(self, most: int = BODY_RECORDS) -> list[bytes]:
        with self._lock:
            return _one_body(self._texts, most)

    def oldest(self) -> bytes | None:
        with self._lock:
            return next(iter([*(self.sending.texts if self.sending else ()), *self.first(1)]), None)

    def drop(self, records: int) -> None:
        with self._lock:
            self._count_off([self._texts.popleft() for _record in range(records)])

    def _count_off(self, texts: Collection[bytes]) -> None:
        self._bytes -= sum(len(text) + self.OVERHEAD for text in texts)
        self.gone += len(texts)

    def batch(self, most: int) -> "_Batch | None":
        """The batch that is being sent, else a new one of at most so many records."""
        with self.moving, self._lock:
            if texts := self.first(most):
                for _text in texts:
                    self._texts.popleft()
                ids = tuple(range(1, len(texts) + 1))
                self.sending = _Batch(self, _new_key(len(ids)), ids, tuple(texts), None, None)
            return self.sending

    def note(self, batch: "_Batch", sent_at: float | None, trouble: str | None) -> None:
        with self.moving:
            if self.sending is not None and self.sending.key == batch.key:
                self.sending = batch._replace(sent_at=sent_at, trouble=trouble)

    def close(
        self, batch: "_Batch", gone: Iterable[int], changed: Mapping[int, bytes] = NO_CHANGES
    ) -> None:
        """End a batch: these records are gone, the others are first again."""
        over = set(gone)
        with self.moving, self._lock:
            if self.sending is None or self.sending.key != batch.key:
                return
            texts = dict(zip(batch.ids, batch.texts, strict=True))
            self.sending = None
            self._count_off([texts[id] for id in over])
            kept = [changed.get(id, text) for id, text in texts.items() if id not in over]
            self._texts.extendleft(reversed(kept))

    def rest(self) -> "tuple[_Batch | None, list[bytes]]":
        """Take out everything: the batch that is being sent, and the other records."""
        with self.moving, self._lock:
            batch, texts = self.sending, list(self._texts)
            self.sending = None
            self._texts.clear()
            self._bytes = 0
            self.gone += len(texts) + (len(batch.ids) if batch else 0)
            return batch, texts


class _Batch(NamedTuple):
    """Records that are sent under one key. `sent_at` (seconds since 1970) is when the ledger may
    have written it first; None if it was never sent, or surely refused each time."""

    store: "_Queue | _Spool"
    key: str
    ids: tuple[int, ...]
    texts: tuple[bytes, ...]
    sent_at: float | None
    trouble: str | None
    # Ids and texts of damaged records.
    damaged: tuple[tuple[int, bytes], ...] = ()

    @property
    def body(self) -> bytes:
        return b"[" + b",".join(self.texts) + b"]"


class _Spool:
    """Records on disk, in order, and the batch that is being sent."""

    def __init__(self, path: Path, most_bytes: int) -> None:
        self.path = path
        self._most_bytes = most_bytes
        self._is_checked = False
        self._mended_at = float("-inf")
        # How many records this process last saw there, and how many vanished since.
        self._seen = 0
        self.lost = 0

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction that writes. If it finds damage, the file is replaced for the next one."""
        self.check()
        try:
            with _at_database:
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with _locked(self.path.parent, fcntl.LOCK_SH):
                    self._look_for_the_file()
                    with _writing_to(self.path, self._most_bytes) as database:
                        yield database
                        self._seen = _quick_count(database)
        except DAMAGE as error:
            if not _is_passing(error):
                self._mend()
            raise

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that reads, even if nothing can be written."""
        with _at_database, contextlib.ExitStack() as stack:
            where = ":memory:"
            if self.path.is_file() and self.path.stat().st_size:
                stack.enter_context(_locked(self.path.parent, fcntl.LOCK_SH))
                where = f"{self.path.as_uri()}?mode=rw"
            database = stack.enter_context(
                contextlib.closing(sqlite3.connect(where, uri=True, isolation_level=None))
            )
            if where == ":memory:":
                _create(database)
            yield database

    def _look_for_the_file(self) -> None:
        if self._seen and not self.path.exists():
            self.lost += self._seen
            logger.error("%s was removed, with %d usage records.", self.path, self._seen)

    def check(self) -> None:
        """Replace a damaged file; once per process, before its first use."""
        if not self._is_checked:
            is_sound = True
            if self.path.is_file():
                with _at_database, _locked(self.path.parent, fcntl.LOCK_SH):
                    is_sound = _is_sound(self.path)
            if not is_sound:
                self._mend()
            self._is_checked = True

    def _mend(self) -> None:
        """Rename the damaged file, and put its readable records into a new one.

        Raises `OSError`, `sqlite3.Error`; then nothing has changed.
        """
        if time.monotonic() < self._mended_at + MENDING_PAUSE:
            return
        self._mended_at = time.monotonic()
        with _at_database, _locked(self.path.parent, fcntl.LOCK_EX):
            # Another process may have been quicker.
            if _is_sound(self.path):
                return
            fresh = self.path.with_suffix(".new")
            saved = _salvage(self.path, fresh, self._most_bytes)
            aside = self.path.with_name(f"damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.sqlite3")
            # The journal first: a new file must not find it.
            for end in ("-journal", ""):
                with contextlib.suppress(FileNotFoundError):
                    Path(f"{self.path}{end}").rename(f"{aside}{end}")
            fresh.rename(self.path)
            self._thin_out(sorted(self.path.parent.glob("damaged-*.sqlite3"), reverse=True))
        lost = max(self._seen - saved, 0)
        self._seen = saved
        self.lost += lost
        logger.error(
            "%s was damaged, and is %s now: %d usage records were saved, %d or more were not.",
            *(self.path, aside.name, saved, lost),
        )

    def _thin_out(self, damaged: list[Path]) -> None:
        """Keep the newest damaged file, and older ones that have room. `damaged`: newest first."""
        size = 0
        for number, path in enumerate(damaged):
            size += path.stat().st_size
            if number and size > self._most_bytes:
                path.unlink()

    def add(self, texts: Iterable[bytes]) -> None:
        with self._transaction() as database:
            _insert(database, texts)

    def batch(self, most: int) -> _Batch | None:
        """The one that is being sent, else a new one of at most so many records."""
        with self._transaction() as database:
            row = database.execute("SELECT key, up_to, sent_at, trouble FROM batch").fetchone()
            if row and not _is_whole_key(row[0], row[1]):
                raise sqlite3.DatabaseError("The key of a batch is damaged.")
            found = _records(database, *([row[1], -1] if row else [2**63 - 1, most]))
            if row and not found:
                # All its records were damaged.
                database.execute("DELETE FROM batch")
                row, found = None, _records(database, 2**63 - 1, most)
            damaged = tuple((id, text) for id, text, seal in found if not _is_whole(id, text, seal))
            if damaged or not found:
                return _Batch(self, "", (), (), None, None, damaged) if damaged else None
            if row is None:
                found = found[: len(_one_body([text for _id, text, _seal in found], most))]
                row = (_new_key(found[-1][0]), found[-1][0], None, None)
                database.execute("INSERT INTO batch VALUES (?, ?, ?, ?)", row)
            key, _up_to, sent_at, trouble = row
            ids, texts, _seals = zip(*found, strict=True)
            return _Batch(self, key, ids, texts, sent_at, trouble)

    def note(self, batch: _Batch, sent_at: float | None, trouble: str | None) -> None:
        update = "UPDATE batch SET sent_at = ?, trouble = ? WHERE key = ?"
        with self._transaction() as database:
            database.execute(update, [sent_at, trouble, batch.key])

    def close(
        self, batch: _Batch, gone: Iterable[int], changed: Mapping[int, bytes] = NO_CHANGES
    ) -> None:
        """End a batch: these records are gone, others get a new text."""
        update = "UPDATE records SET text = ?, seal = ? WHERE id = ?"
        with self._transaction() as database:
            _delete(database, gone)
            rows = ((text, _seal(id, text), id) for id, text in changed.items())
            database.executemany(update, rows)
            database.execute("DELETE FROM batch WHERE key = ?", [batch.key])

    def last_id(self) -> int:
        """The newest id; 0 if there is no record."""
        with self._reading() as database:
            (last,) = database.execute("SELECT COALESCE(MAX(id), 0) FROM records").fetchone()
            return int(last)

    def holds_up_to(self, last_id: int) -> bool:
        with self._reading() as database:
            query = "SELECT 1 FROM records WHERE id <= ? LIMIT 1"
            return database.execute(query, [last_id]).fetchone() is not None

    def state(self) -> tuple[int, bytes | None, str | None]:
        """The number of records, the oldest one, why the batch is not delivered."""
        with self._reading() as database:
            count = _count(database)
            oldest = database.execute(
                "SELECT CAST(text AS BLOB) FROM records ORDER BY id LIMIT 1"
            ).fetchone()
            trouble = database.execute("SELECT trouble FROM batch").fetchone()
        return count, oldest and oldest[0], trouble and trouble[0]


@contextlib.contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    """Lock a folder: shared to use its files, exclusive to replace one."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def _writing_to(path: Path, most_bytes: int) -> Iterator[sqlite3.Connection]:
    """A transaction of its own connection: none may be carried across a fork."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        (page,) = database.execute("PRAGMA page_size").fetchone()
        database.execute(f"PRAGMA max_page_count = {most_bytes // page}")
        database.execute("BEGIN IMMEDIATE")
        _create(database)
        yield database
        # After an exception, closing rolls back instead.
        database.execute("COMMIT")


def _create(database: sqlite3.Connection) -> None:
    for statement in CREATE:
        database.execute(statement)
    columns = database.execute("SELECT name FROM pragma_table_info('records')").fetchall()
    if ("seal",) not in columns:
        # A spool of an earlier version of this file.
        database.execute("ALTER TABLE records ADD COLUMN seal INTEGER")


def _is_passing(error: Exception) -> bool:
    """True if the file may be sound and the next try may succeed."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in PASSING


def _count(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT COUNT(*) FROM records").fetchone()[0])


def _quick_count(database: sqlite3.Connection) -> int:
    """The number of records; of many, an estimate by their ids."""
    query = "SELECT COUNT(*), MIN(id) FROM (SELECT id FROM records ORDER BY id LIMIT ?)"
    count, first = database.execute(query, [10 * BODY_RECORDS]).fetchone()
    if count == 10 * BODY_RECORDS:
        (last,) = database.execute("SELECT MAX(id) FROM records").fetchone()
        return int(last - first + 1)
    return int(count)


def _records(database: sqlite3.Connection, up_to: int, most: int) -> list[tuple[int, bytes, Any]]:
    query = "SELECT id, CAST(text AS BLOB), seal FROM records WHERE id <= ? ORDER BY id LIMIT ?"
    return database.execute(query, [up_to, most]).fetchall()


def _seal(id: int, text: bytes) -> int:
    """A checksum of a record's text and place."""
    return zlib.crc32(text, id & 2**32 - 1)


def _insert(database: sqlite3.Connection, texts: Iterable[bytes]) -> None:
    # No id that a batch may have, even if its last records were lost.
    (last,) = database.execute(
        "SELECT MAX(COALESCE((SELECT MAX(seq) FROM sqlite_sequence), 0), "
        "COALESCE((SELECT MAX(up_to) FROM batch), 0), COALESCE(MAX(id), 0)) FROM records"
    ).fetchone()
    rows = ((id, text, _seal(id, text)) for id, text in enumerate(texts, last + 1))
    database.executemany("INSERT INTO records (id, text, seal) VALUES (?, ?, ?)", rows)


def _delete(database: sqlite3.Connection, ids: Iterable[int]) -> None:
    before, rows = database.total_changes, [[id] for id in ids]
    database.executemany("DELETE FROM records WHERE id = ?", rows)
    if database.total_changes - before != len(rows):
        raise sqlite3.DatabaseError("Records that were read are not where they belong.")


def _is_whole(id: int, text: bytes, seal: object) -> bool:
    if seal is not None:
        return seal == _seal(id, text)
    with contextlib.suppress(ValueError, RecursionError):
        return isinstance(json.loads(text), dict)
    return False


def _new_key(up_to: int) -> str:
    """A key with a checksum of itself and the last id of its records."""
    return _sealed(str(uuid.uuid4()), up_to)


def _sealed(name: str, up_to: int) -> str:
    return f"{name}-{zlib.crc32(f'{name} {up_to}'.encode()):08x}"


def _is_whole_key(key: object, up_to: object) -> bool:
    """Earlier versions of this file made plain UUIDs."""
    if not isinstance(key, str) or not isinstance(up_to, int):
        return False
    return key == _sealed(key[:36], up_to) or re.fullmatch("[0-9a-f-]{36}", key) is not None


def _is_sound(path: Path) -> bool:
    """True if the file is not damaged. Raises `sqlite3.Error` if it cannot be read now."""
    if not path.is_file() or not path.stat().st_size:
        return True
    uri = f"{path.as_uri()}?mode=rw"
    try:
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as database:
            rows = database.execute("SELECT key, up_to, sent_at, trouble FROM batch").fetchall()
            database.execute("SELECT id, text FROM records LIMIT 1").fetchall()
            is_whole = database.execute("PRAGMA quick_check").fetchall() == [("ok",)]
            return is_whole and len(rows) <= 1 and all(_is_whole_key(*row[:2]) for row in rows)
    except DAMAGE as error:
        if _is_passing(error):
            raise
        return False


def _salvage(damaged: Path, fresh: Path, most_bytes: int) -> int:
    """Make a new spool with the readable records of a damaged one; how many."""
    with contextlib.suppress(*DAMAGE), contextlib.closing(sqlite3.connect(damaged)) as old:
        # Rolls back the unfinished transaction of a journal.
        old.execute("SELECT 1 FROM sqlite_master").fetchall()
    fresh.unlink(missing_ok=True)
    with _writing_to(fresh, most_bytes):
        """Makes its first page."""
    copy = damaged.with_suffix(".copy")
    try:
        _copy_with_first_page(damaged, fresh, copy)
        with (
            contextlib.closing(sqlite3.connect(copy)) as old,
            # Pages that are filled backwards stay half empty.
            _writing_to(fresh, 2 * most_bytes) as new,
        ):
            _copy_records(old, new)
            saved = _count(new)
            if saved and (batch := _batch_of(old, new)):
                new.execute("INSERT INTO batch VALUES (?, ?, ?, ?)", batch)
    finally:
        copy.unlink(missing_ok=True)
    return saved


def _copy_with_first_page(damaged: Path, fresh: Path, copy: Path) -> None:
    """Copy a damaged spool with a sound first page: all spools have the same, but for the size."""
    shutil.copyfile(damaged, copy)
    header = fresh.read_bytes()
    page = int.from_bytes(header[16:18], "big")
    pages = damaged.stat().st_size // page
    with copy.open("r+b") as file:
        file.write(header[:28] + pages.to_bytes(4, "big") + header[32:page])


def _copy_records(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    """Copy records from both ends up to the damage, then one by one."""
    select = "SELECT id, CAST(text AS BLOB), seal FROM records"
    insert = "INSERT OR IGNORE INTO records (id, text, seal) VALUES (?, ?, ?)"
    ends = []
    for order in ("ASC", "DESC"):
        id = None
        try:
            for id, text, seal in old.execute(f"{select} ORDER BY id {order}"):
                new.execute(insert, [id, text, seal])
            return
        except DAMAGE as error:
            if _is_passing(error):
                # The new spool cannot be written.
                raise
            ends.append(id)
    low, high = ends
    if high is not None:
        # From the newest on, a million at most: some seconds.
        for id in range(high - 1, max(low or 0, high - 10**6), -1):
            with contextlib.suppress(*DAMAGE):
                new.executemany(insert, old.execute(f"{select} WHERE id = ?", [id]).fetchall())


def _batch_of(old: sqlite3.Connection, new: sqlite3.Connection) -> tuple[Any, ...] | None:
    """The batch that was being sent; if it is unreadable, one that is set aside."""
    try:
        rows = old.execute("SELECT key, up_to, sent_at, trouble FROM batch").fetchall()
        is_whole = old.execute("PRAGMA quick_check(batch)").fetchall() == [("ok",)]
    except DAMAGE:
        rows, is_whole = [], False
    if len(rows) == 1 and _is_whole_key(*rows[0][:2]):
        return tuple(rows[0])
    if not rows and is_whole:
        return None
    # A batch has at most the first 1,000 records.
    (up_to,) = new.execute(
        "SELECT MAX(id) FROM (SELECT id FROM records ORDER BY id LIMIT ?)", [BODY_RECORDS]
    ).fetchone()
    return (_new_key(up_to), up_to, 1.0, "Its key was lost in a damaged spool.")


def _leave(folder: Path, batch: _Batch | None, texts: Iterable[bytes], most_bytes: int) -> Path:
    """Write the records in memory to a spool of their own. Raises `OSError`, `sqlite3.Error`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"left-{uuid.uuid4()}.sqlite3"
    room = most_bytes - sum(each.stat().st_size for each in _left_in(folder))
    fresh = path.with_suffix(".new")
    try:
        with _at_database, _writing_to(fresh, max(room, 8_192)) as database:
            _insert(database, [*(batch.texts if batch else ()), *texts])
            if batch:
                row = [batch.key, len(batch.ids), batch.sent_at, batch.trouble]
                database.execute("INSERT INTO batch VALUES (?, ?, ?, ?)", row)
        # The file appears complete.
        fresh.rename(path)
    finally:
        fresh.unlink(missing_ok=True)
    return path


def _left_in(folder: Path) -> list[Path]:
    """The files that were left in a folder; none if another user made it in the temp directory."""
    try:
        found = folder.lstat()
    except OSError:
        return []
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return sorted(folder.glob("left-*.sqlite3")) if is_ours else []


def _temporary(folder: Path) -> Path:
    """The folder in the temp directory that this user has for a folder."""
    name = f"usage-client-{os.geteuid()}-{zlib.crc32(os.fsencode(folder)):08x}"
    return Path(tempfile.gettempdir()).absolute() / name


class _Lines:
    """A file of JSON lines, up to so many bytes, with lines in memory that wait to be written. The
    first of the paths that can be written is used."""

    def __init__(self, paths: list[Path], most_bytes: int, memory_bytes: int) -> None:
        self.path = paths[0]
        self._paths = paths
        self._most_bytes = most_bytes
        self.waiting = _Queue(memory_bytes)

    def write(self) -> int:
        """Write the waiting lines; how many were lost for want of room. Raises `OSError`."""
        lost = 0
        while lines := self.waiting.first():
            lost += 0 if self.append(lines) else len(lines)
            self.waiting.drop(len(lines))
        return lost

    def append(self, lines: Collection[bytes]) -> bool:
        """Append all; False, and none appended, if there is no room. Raises `OSError`."""
        try:
            return self._append(self._paths[0], lines)
        except OSError:
            self._paths[1].parent.mkdir(mode=0o700, exist_ok=True)
            return self._append(self._paths[1], lines)

    def _append(self, path: Path, lines: Collection[bytes]) -> bool:
        text = b"".join(lines)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
        with os.fdopen(os.open(path, flags, 0o600), "ab") as file:
            size = os.fstat(file.fileno()).st_size
            if size + len(text) > self._most_bytes:
                return False
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                # Else the next try would repeat a part.
                os.ftruncate(file.fileno(), size)
                raise
        return True

    def count(self) -> int:
        lines = len(self.waiting)
        for path in self._paths:
            with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
                lines += sum(1 for _line in file)
        return lines


class _FileLock:
    """A lock that one process holds until it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def hold(self) -> bool:
        """Take the lock; True if this process has it."""
        # No child may inherit it half made.
        with _at_database:
            if self._file is not None and not self._is_there(self._file):
                self.release()
            if self._file is None:
                file = self._path.open("ab")
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._file = file
                except BlockingIOError:
                    file.close()
        return self._file is not None

    def _is_there(self, file: IO[bytes]) -> bool:
        """False if the folder was removed: then another process locks another file."""
        with contextlib.suppress(OSError):
            return os.path.samestat(os.fstat(file.fileno()), self._path.stat())
        return False

    def release(self) -> None:
        """Release the lock. A child only closes its parent's file; the parent keeps the lock."""
        if self._file is not None:
            self._file.close()
            self._file = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer. Status 0 is none; `content` is its JSON, if any; `words` are for people."""

    status: int
    words: str
    content: object = None
    retry_after: float = 0
    # The header `Usage-Warnings`.
    warnings: str = ""
    # The server's time.
    date: datetime | None = None
    # The connection broke, as when a call crashes a worker.
    is_cut: bool = False

    def creates(self, records: int) -> bool:
        """True if a ledger has recorded so many; other servers say 201, too."""
        created = self.content.get("created") if isinstance(self.content, dict) else None
        return self.status == 201 and type(created) is int and created == records

    def errors(self, records: int) -> dict[int, object]:
        """The errors of a 400, by index."""
        errors = self.content.get("errors") if isinstance(self.content, dict) else None
        if self.status != 400 or not isinstance(errors, dict):
            return {}
        by_index = {str(index): index for index in range(records)}
        return {by_index[name]: why for name, why in errors.items() if name in by_index}


class _EveryAnswer(urllib.request.HTTPErrorProcessor):
    """Raises for no status, and follows no redirect, which would lose the body."""

    def http_response(self, request: object, response: Any) -> Any:
        return response

    https_response = http_response


class _Reader(io.RawIOBase):
    """Reads from a socket, each time for as long as there is time left."""

    def __init__(self, raw: Any, wait: Callable[[], None]) -> None:
        self._raw, self._wait = raw, wait

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._wait()
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Connection(http.client.HTTPConnection):
    """A connection whose timeout is for the whole request, however slowly bytes drip."""

    def __init__(self, host: str, *, timeout: float, **options: Any) -> None:
        super().__init__(host, timeout=timeout, **options)
        self._ends_at = time.monotonic() + timeout
        # By default `connect` tries each address of a host for `timeout`.
        self._create_connection = self._connected
        self.response_class: Any = self._response

    def _left(self) -> float:
        """The seconds left. Raises `TimeoutError`."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("There was no whole answer in time.")
        return left

    def _connected(self, address: tuple[str, int], *_options: Any) -> socket.socket:
        failure: OSError = OSError("The host has no address.")
        for *_kind, found in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
            try:
                return socket.create_connection(found[:2], self._left())  # type: ignore[arg-type]
            except OSError as error:
                failure = error
        raise failure

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        for start in range(0, len(data), 2**16):
            self.sock.settimeout(self._left())
            self.sock.sendall(data[start : start + 2**16])

    def _response(self, connection: socket.socket, **options: Any) -> http.client.HTTPResponse:
        response = http.client.HTTPResponse(connection, **options)
        wait = lambda: connection.settimeout(self._left())  # noqa: E731
        response.fp = io.BufferedReader(_Reader(response.fp.detach(), wait))
        return response


class _SecureConnection(_Connection, http.client.HTTPSConnection):
    """The same with TLS."""


class _Handler(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    """Opens these connections."""

    def http_open(self, request: urllib.request.Request) -> Any:
        return self.do_open(_Connection, request)  # type: ignore[arg-type]

    def https_open(self, request: urllib.request.Request) -> Any:
        return self.do_open(_SecureConnection, request)  # type: ignore[arg-type]


class _Ledger:
    """Posts to the server."""

    def __init__(self, url: str, api_key: str, timeout: float) -> None:
        if not re.match(r"https?://[^/]", url):
            raise ValueError("The url must begin with http:// or https://.")
        if not re.fullmatch("[!-~]+", api_key):
            # Without its text: even a malformed key is a secret.
            raise ValueError("The API key must be printable ASCII without blanks.")
        self._url = f"{url.rstrip('/')}/api/v1/calls/"
        self._headers = {"Authorization": f"Api-Key {api_key}", "Content-Type": "application/json"}
        self._timeout = timeout
        self._opener = urllib.request.build_opener(_EveryAnswer, _Handler)

    def post(self, key: str, body: bytes) -> _Answer:
        headers = {**self._headers, "Idempotency-Key": key}
        request = urllib.request.Request(self._url, body, headers)  # noqa: S310 (checked)
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return _answer(response, response.read(ANSWER_BYTES))
        except (OSError, http.client.HTTPException, ValueError) as error:
            is_cut = isinstance(getattr(error, "reason", error), ConnectionResetError)
            return _Answer(0, _told(error), is_cut=is_cut)

    def is_well(self) -> bool:
        """True if it accepts an empty array, of which it stores the key."""
        return self.post(str(uuid.uuid4()), b"[]").creates(0)


def _answer(response: http.client.HTTPResponse, body: bytes) -> _Answer:
    content: Any = None
    if response.status != 201 or response.headers.get_content_type() == "application/json":
        with contextlib.suppress(ValueError, RecursionError):
            content = json.loads(body)
    words = content.get("detail", content) if isinstance(content, dict) else response.reason
    if response.status == 201:
        words = "This is not the answer of a ledger that has recorded the calls."
    wait = response.headers.get("Retry-After", "")
    # The ledger gives seconds. A date, from a proxy, is ignored.
    seconds = int(wait) if re.fullmatch("[0-9]{1,9}", wait) else 0
    retry_after = min(seconds, LONGEST_RETRY_AFTER)
    date = None
    with contextlib.suppress(TypeError, ValueError):
        date = email.utils.parsedate_to_datetime(response.headers.get("Date", "")).astimezone(UTC)
    warnings = response.headers.get("Usage-Warnings", "")
    return _Answer(response.status, str(words)[:REPR_LENGTH], content, retry_after, warnings, date)


def _dated_again(text: bytes, why: object, date: datetime | None) -> bytes | None:
    """The call dated by the server's clock, if only its time was refused and lies in the future
    there; else None."""
    record = json.loads(text)
    made = _made_at(text)
    is_time = isinstance(why, dict) and set(why) == {"created_at"}
    if not is_time or date is None or made is None or made <= date:
        return None
    # In whole seconds, as both times are.
    ahead = timedelta(seconds=max(int((datetime.now(UTC) - date).total_seconds()), 0))
    record["created_at"] = min(made - ahead, date).isoformat(timespec="seconds")
    return _encoded(record)


def _made_at(text: bytes | None) -> datetime | None:
    """The time of a call; None if it is unreadable."""
    with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
        return datetime.fromisoformat(json.loads(text or b"")["created_at"])
    return None


def _one_body(texts: Iterable[bytes], most: int) -> list[bytes]:
    """The first records, as many as one POST may have, at least one."""
    chosen: list[bytes] = []
    size = 0
    for text in itertools.islice(texts, most):
        size += len(text)
        if chosen and size > BODY_BYTES:
            break
        chosen.append(text)
    return chosen


def _encoded(record: Mapping[str, object]) -> bytes:
    """JSON. Raises `TypeError`, `ValueError`, `RecursionError` for other values."""
    text = json.dumps(record, allow_nan=False, ensure_ascii=False, default=_plain).encode()
    if len(text) > BODY_BYTES:
        raise ValueError(f"The call is larger than {BODY_BYTES} bytes.")
    return text


def _measured(metadata: Mapping[str, object]) -> dict[str, object]:
    """The items that measure; without any, the keys, each with true."""
    found = {key: value for key, value in metadata.items() if _measures(key, value)}
    return found or {key: True for key, value in metadata.items() if value is not None}


def _measures(key: object, value: object) -> bool:
    """True if an item of `metadata` is, or may belong to, a usage object."""
    if key in USAGE_KEYS or isinstance(value, int | float | Decimal):
        return True
    return isinstance(value, str) and NUMBER.fullmatch(value) is not None


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


# Held during a fork, since a child must not inherit SQLite's locks in a transaction.
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
