"""A cheap HTTP client: prebuilt requests over open connections."""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

# Enough that each of two workers accepts some.
CONNECTIONS = 8


class Connection:
    """A connection to 127.0.0.1. `send` returns after the whole answer."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes, status: bytes = b"201") -> None:
        self.socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._received()
        head, _blank, body = answer.partition(b"\r\n\r\n")
        if head[9:12] != status:
            raise RuntimeError(answer[:2_000].decode())
        missing = _content_length(head) - len(body)
        while missing > 0:
            missing -= len(self._received())
        if b"connection: close" in head.lower():
            self.__init__(self.port)  # type: ignore[misc]

    def _received(self) -> bytes:
        received = self.socket.recv(65_536)
        if not received:
            raise ConnectionError("The server has closed the connection.")
        return received


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def request(path: str, body: bytes, **headers: str) -> bytes:
    """The bytes of a POST with a JSON body."""
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *lines,
    ]
    return ("\r\n".join(head) + "\r\n\r\n").encode() + body


def per_second(port: int, sent: bytes, number: int) -> float:
    """Requests a second, each sent as soon as the one before is answered."""
    begin = time.perf_counter()
    _in_threads(port, number, lambda connection, _n: connection.send(sent))
    return number / (time.perf_counter() - begin)


def latencies(port: int, sent: bytes, number: int, rate: float) -> list[float]:
    """The milliseconds of `number` requests at a steady rate, each from its due time, so that
    waiting for a connection counts."""
    begin = time.perf_counter() + 0.1
    taken: list[float] = []

    def send(connection: Connection, n: int) -> None:
        due = begin + n / rate
        time.sleep(max(0, due - time.perf_counter()))
        connection.send(sent)
        taken.append((time.perf_counter() - due) * 1000)

    _in_threads(port, number, send)
    return sorted(taken)


def _in_threads(port: int, number: int, work: Callable[[Connection, int], None]) -> None:
    numbers = iter(range(number))
    lock = threading.Lock()

    def go_on() -> None:
        connection = Connection(port)
        while True:
            with lock:
                n = next(numbers, None)
            if n is None:
                return
            work(connection, n)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for done in [pool.submit(go_on) for _connection in range(CONNECTIONS)]:
            done.result()
