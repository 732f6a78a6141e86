"""The project, whose worker dies when it is told to: after the commit, before the answer."""

import os
import random
import signal
from collections.abc import Callable, Iterable
from typing import Any

from usage_project.wsgi import application as project


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    answer = project(environ, start_response)
    if "HTTP_X_DIE" in environ:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer


def one_in_five(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Whoever posts here gets no answer now and then, though all was written."""
    if environ["REQUEST_METHOD"] == "POST" and random.random() < 0.2:
        environ["HTTP_X_DIE"] = "1"
    return application(environ, start_response)
