"""The project, whose worker dies when it is told to: after the commit, before the answer."""

import os
import signal
from collections.abc import Callable, Iterable
from typing import Any

from usage_project.wsgi import application as project


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    answer = project(environ, start_response)
    if "HTTP_X_DIE" in environ:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer
