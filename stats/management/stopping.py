"""Commands that run on and on end with what they have in hand."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

# A week: a loop that waits for longer is none.
LONGEST = 7 * 24 * 3600


@contextmanager
def stop_on_signals() -> Iterator[Event]:
    """An event that SIGTERM and Ctrl-C set: what is in hand is finished, nothing else is begun."""
    stop = Event()
    signals = (signal.SIGTERM, signal.SIGINT)
    previous = [signal.signal(one, lambda _signal, _frame: stop.set()) for one in signals]
    try:
        yield stop
    finally:
        for one, handler in zip(signals, previous, strict=True):
            signal.signal(one, handler)


def seconds(text: str) -> float:
    """Reads the option `--loop`. Raises `ValueError`."""
    value = float(text)
    if not 0 < value <= LONGEST:
        raise ValueError
    return value
