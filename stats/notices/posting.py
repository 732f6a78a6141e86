"""Posts what is due to webhooks: receivers beside each other, so that none holds up the others."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from stats.core.periods import Clock
from stats.models import Notice
from stats.notices import outbox, webhook
from stats.notices.attempts import Tally, error_of
from stats.notices.failure import NotSentError

# In one run; the next one goes on.
MOST = 500
# So many receivers are posted to at once, ...
AT_ONCE = 32
# ... and no attempt of a run begins later: new notices are seen by the next one.
ROUND = timedelta(seconds=5)


def send_due(clock: Clock, go_on: Callable[[], object]) -> Tally:
    """`go_on` is called before each attempt.

    After an attempt that a receiver did not answer, its others wait.
    """
    run = _Run(clock, go_on)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            for queue in _queues(outbox.due_webhooks(clock(), MOST)):
                run.begin(queue, pool)
            while run.running:
                for queue in run.ended():
                    run.begin(queue, pool)
        finally:
            run.note_all()
    return run.tally


def _queues(due: Iterable[Notice]) -> list[deque[Notice]]:
    """By receiver, whatever its paths."""
    found: defaultdict[str, deque[Notice]] = defaultdict(deque)
    for notice in due:
        found[urlsplit(notice.recipient).netloc].append(notice)
    return list(found.values())


class _Run:
    """The database is asked in this thread alone; the others but post."""

    def __init__(self, clock: Clock, go_on: Callable[[], object]) -> None:
        self.clock, self.go_on = clock, go_on
        self.until = clock() + ROUND
        self.tally = Tally()
        self.running: dict[Future[NotSentError | None], tuple[Notice, deque[Notice]]] = {}

    def begin(self, queue: deque[Notice], pool: ThreadPoolExecutor) -> None:
        """Post the next of a receiver's, if it is not too late."""
        while queue and self.clock() < self.until:
            self.go_on()
            notice, now = queue.popleft(), self.clock()
            to, claimed = self.tally.claim([notice], now)
            if claimed:
                future = pool.submit(error_of, partial(webhook.send, notice, to, now))
                self.running[future] = notice, queue
                return

    def ended(self) -> list[deque[Notice]]:
        """What is left for the receivers of attempts that have ended by now."""
        done, _running = wait(self.running, return_when=FIRST_COMPLETED)
        return [self._note(future) for future in done]

    def note_all(self) -> None:
        """Of attempts that still run, too."""
        for future in list(self.running):
            self._note(future)

    def _note(self, future: Future[NotSentError | None]) -> deque[Notice]:
        error = future.result()
        notice, queue = self.running.pop(future)
        self.tally.note([notice], error, self.clock())
        if error is not None and error.is_silent:
            outbox.let_wait(queue, self.clock())
            queue.clear()
        return queue
