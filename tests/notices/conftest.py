"""A real mail server and a real HTTPS receiver, which do what a test tells them."""

import asyncio
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.ports import free_ports


class MailServer:
    """Keeps the mails it accepts. `mode`: accept, refuse, fail, stall, disconnect."""

    def __init__(self) -> None:
        self.mode = "accept"
        self.mails: list[Message] = []

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if self.mode == "refuse":
            return f"550-no mailbox here\r\n550 {'so sorry ' * 50}"
        envelope.rcpt_tos.append(address)
        return "250 go on"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.mode == "fail":
            return "451 not now"
        if self.mode == "stall":
            await asyncio.sleep(5)
            return "451 too late"
        if self.mode == "disconnect":
            assert server.transport is not None
            server.transport.close()
            return "421 gone"
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 accepted"


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    server = MailServer()
    (port,) = free_ports(1)
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_TIMEOUT, settings.MAIL_IS_SET_UP = 0.5, True
    settings.SITE_URL = "https://ledger.example.com"
    yield server
    controller.stop()


class Receiver:
    """Keeps the requests it gets: path, headers, body. It answers `status`, or when `hold` is
    set."""

    def __init__(self, certificate: Path) -> None:
        self.status = 204
        self.hold: Event | None = None
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.calls: dict[int, Callable[[], object]] = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.requests.append((self.path, headers, body))
                receiver.calls.get(len(receiver.requests), lambda: None)()
                if receiver.hold:
                    receiver.hold.wait(20)
                self.send_response(receiver.status)
                self.send_header("Location", f"https://localhost:{receiver.port}/elsewhere")
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_name("own.key"))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.port}/hook?of=ledger"

    def after(self, requests: int, call: Callable[[], object]) -> None:
        """Call something within the request of this number, before it is answered."""
        self.calls[requests] = call

    @contextmanager
    def serving(self) -> Iterator["Receiver"]:
        thread = Thread(target=self.server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            if self.hold:
                self.hold.set()
            self.server.shutdown()
            thread.join()
            self.server.server_close()


def make_certificate(folder: Path) -> Path:
    """Of this machine, with its key beside it."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command += ["-keyout", str(folder / "own.key"), "-out", str(folder / "own.pem")]
    subprocess.run(command, capture_output=True, check=True)
    return folder / "own.pem"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def receiver(
    certificate: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Receiver]:
    """On this machine, its certificate trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.WEBHOOK_PRIVATE = True
    with Receiver(certificate).serving() as receiver:
        yield receiver


@pytest.fixture
def other_receiver(certificate: Path, receiver: Receiver) -> Iterator[Receiver]:
    """At another port, beside the first."""
    with Receiver(certificate).serving() as other:
        yield other
