"""The nginx of docs/deploy/, with its ports, certificate and folders exchanged for a test's own."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

from tests.processes import PROJECT

EXAMPLE = PROJECT / "docs/deploy/nginx.conf"
SECONDS_TO_START = 30
# Around the example: what a distribution's nginx.conf has, and folders that anybody may write.
MAIN = """
daemon off;
pid {folder}/nginx.pid;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/example.conf;
}}
"""


@dataclass
class Nginx:
    """Before a server on `upstream`; raises `FileNotFoundError` where it is not installed."""

    folder: Path
    upstream: int

    def __post_init__(self) -> None:
        self.http, self.https = free_port(), free_port()
        self.process: subprocess.Popen[bytes] | None = None
        make_certificate(self.folder)
        (self.folder / "example.conf").write_text(self.example())
        # As root it would change to a user who may not see the folder.
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "main.conf").write_text(MAIN.format(folder=self.folder, user=user))

    def example(self) -> str:
        text = EXAMPLE.read_text()
        for pattern, own in [
            (r"127\.0\.0\.1:8000", f"127.0.0.1:{self.upstream}"),
            (r"listen 80;", f"listen 127.0.0.1:{self.http};"),
            (r"listen 443 ", f"listen 127.0.0.1:{self.https} "),
            (r"/etc/ssl/\S+\.pem", f"{self.folder}/own.pem"),
            (r"/etc/ssl/\S+\.key", f"{self.folder}/own.key"),
        ]:
            text, found = re.subn(pattern, own, text)
            assert found == 1, pattern
        return text

    def command(self, *options: str) -> list[str]:
        path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin"))
        program = shutil.which("nginx", path=path)
        if program is None:
            raise FileNotFoundError("nginx is not installed (Debian: apt-get install nginx-light)")
        return [program, "-e", "stderr", "-c", str(self.folder / "main.conf"), *options]

    def check(self) -> subprocess.CompletedProcess[str]:
        """`nginx -t`."""
        return subprocess.run(self.command("-t"), capture_output=True, text=True, check=False)

    def start(self) -> None:
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stderr=log)
        deadline = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.https)).close()
            except OSError:
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait()

    def plain(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.http, timeout=60)

    def secure(self, source: str = "127.0.0.1") -> HTTPSConnection:
        """From one of this machine's own addresses; whom it speaks to it takes on trust."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return HTTPSConnection(
            "127.0.0.1", self.https, timeout=60, context=context, source_address=(source, 0)
        )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def make_certificate(folder: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    command += ["-subj", "/CN=ledger.example.com"]
    command += ["-keyout", str(folder / "own.key"), "-out", str(folder / "own.pem")]
    subprocess.run(command, capture_output=True, check=True)
