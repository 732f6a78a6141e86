"""A process that does nothing but fold, to be killed; and the program that forks it.

Run as a program it imports Django once, and then each `start` costs no more than a fork.
"""

import os
import random
import signal
import subprocess
import sys
import traceback
from typing import Any, NoReturn

from django.utils import timezone


class FoldingProcess:
    """Folds on the database of `url` between `start` and `kill`, in a process of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __enter__(self) -> "FoldingProcess":
        self.program = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.processes"],
            env={
                **os.environ,
                "DATABASE_URL": self.url,
                "DJANGO_SETTINGS_MODULE": "usage_project.settings",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._expect("ready")
        return self

    def __exit__(self, *_error: Any) -> None:
        self.program.kill()
        self.program.communicate()

    def start(self) -> None:
        self._tell("start")
        self._expect("started")

    def kill(self) -> None:
        """As `kill -9` does it; returns when the process is gone."""
        self._tell("kill")
        self._expect("killed")

    def _tell(self, what: str) -> None:
        assert self.program.stdin is not None
        self.program.stdin.write(f"{what}\n")

    def _expect(self, answer: str) -> None:
        assert self.program.stdout is not None
        assert self.program.stdout.readline().strip() == answer


def main() -> None:
    import django

    django.setup()
    # What the first fold would import.
    import stats.rollups.verifying  # noqa: F401

    print("ready", flush=True)
    child = 0
    for line in sys.stdin:
        if line.strip() == "start":
            child = os.fork() or fold_for_ever()
            print("started", flush=True)
        else:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            print("killed", flush=True)


def fold_for_ever() -> NoReturn:
    """Small chunks, and now and then a rebuild."""
    from django.conf import settings

    from stats.rollups import verifying
    from stats.rollups.folding import fold
    from stats.rollups.rebuilding import RollupsBusyError, rebuild

    settings.FOLD_MARGIN_SECONDS = 0
    rng = random.Random()
    try:
        while True:
            fold(timezone.now(), rng.randint(1, 200))
            if rng.random() < 0.2:
                try:
                    rebuild(*rng.choice(verifying.spans()))
                except RollupsBusyError:
                    continue
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
