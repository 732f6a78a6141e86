"""A server that answers what a test wants, for answers that the real one gives only in need."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec


@dataclass(frozen=True)
class Request:
    key: str
    body: bytes

    @property
    def calls(self) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = msgspec.json.decode(self.body)
        return calls

    @property
    def endpoints(self) -> list[str]:
        return [call["api_endpoint"] for call in self.calls]


@dataclass(frozen=True)
class Says:
    """An answer; status 0 is none: the connection is closed."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


# With as many as were posted.
CREATED = Says(201)


class Stub:
    """Answers `answer(request)`, which a test may change; keeps what it was asked and accepted."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.answer: Callable[[Request], Says] = lambda _request: CREATED
        self.requests: list[Request] = []
        self.accepted: list[str] = []
        self._changed = threading.Condition()

    def asked(self, request: Request) -> Says:
        answer = self.answer(request)
        with self._changed:
            if answer is CREATED:
                answer = Says(201, msgspec.json.encode({"created": len(request.calls)}))
                self.accepted += request.endpoints
            self.requests.append(request)
            self._changed.notify_all()
        return answer

    def wait_for(self, requests: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.requests) >= requests, timeout=60)


@contextmanager
def serving() -> Iterator[Stub]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = stub.asked(Request(self.headers["Idempotency-Key"], body))
            if not answer.status:
                return
            # Without a Date, if it is not one of the headers.
            self.send_response_only(answer.status)
            headers = {"Content-Type": "application/json", **answer.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_args: object) -> None:
            """Silence."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        stub = Stub(server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield stub
        server.shutdown()
        thread.join()
