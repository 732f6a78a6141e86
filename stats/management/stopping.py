"""Commands that run on and on end with what they have in hand."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event


@contextmanager
def stop_on_sigterm() -> Iterator[Event]:
    """An event that SIGTERM sets: what is in hand is finished, nothing else is begun."""
    stop = Event()
    previous = signal.signal(signal.SIGTERM, lambda _signal, _frame: stop.set())
    try:
        yield stop
    finally:
        signal.signal(signal.SIGTERM, previous)
