"""Free ports of 127.0.0.1."""

import contextlib
import socket
import time

SECONDS_TO_START = 30


def free_ports(number: int) -> list[int]:
    """This many ports that nobody listens on now."""
    with contextlib.ExitStack() as stack:
        listeners = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _n in range(number)
        ]
        return [listener.getsockname()[1] for listener in listeners]


def wait_until_open(port: int) -> None:
    """Wait until somebody listens. Raises `OSError` after half a minute."""
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
