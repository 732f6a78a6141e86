"""Steady traffic of clients that repeat each POST until it is a 201."""

import itertools
import threading
import time
from dataclasses import dataclass
from typing import Any

from tests.servers import Client

CLIENTS = 6
# Seconds between two posts of a client.
PAUSE = 0.02


def post(client: Client, key: str, number: int) -> tuple[str, ...]:
    """Post one call or an array of three in turn, with a new key; returns the endpoints."""
    endpoints = tuple(f"/{number:06}/{n}" for n in range(3 if number % 2 else 1))
    calls = [{"user_id": 7, "api_endpoint": name, "cost": "0.5"} for name in endpoints]
    content = calls if len(calls) > 1 else calls[0]
    client.post_until_created(key, f"post {number}", content)
    return endpoints


@dataclass(frozen=True)
class Delivery:
    """An acknowledged POST, after one or more attempts. Times are monotonic."""

    number: int
    endpoints: tuple[str, ...]
    began: float
    acknowledged: float


class Traffic:
    """Several clients at once. `delivered` has the acknowledged posts."""

    numbers = itertools.count()

    def __init__(self, client: Client, key: str) -> None:
        self.client = client
        self.key = key
        self.delivered: list[Delivery] = []
        self.errors: list[Exception] = []
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self.post_on) for _client in range(CLIENTS)]

    def __enter__(self) -> "Traffic":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error: Any) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    def post_on(self) -> None:
        try:
            while not self.is_over.wait(PAUSE):
                self.delivered.append(self.deliver(next(self.numbers)))
        except Exception as error:
            self.errors.append(error)

    def deliver(self, number: int) -> Delivery:
        began = time.monotonic()
        endpoints = post(self.client, self.key, number)
        return Delivery(number, endpoints, began, time.monotonic())

    def wait_for(self, number: int) -> None:
        """Wait until this many more posts are acknowledged."""
        wanted = len(self.delivered) + number
        while len(self.delivered) < wanted and not self.errors:
            time.sleep(0.05)

    def gap_after(self, moment: float) -> float:
        """Seconds from `moment` until a post that began later was acknowledged."""
        return min(each.acknowledged for each in self.delivered if each.began >= moment) - moment

    def longest_silence(self) -> float:
        """The longest time in seconds without any acknowledgement."""
        times = sorted(each.acknowledged for each in self.delivered)
        return max(later - earlier for earlier, later in itertools.pairwise(times))
