"""Plant the faults one by one in a copy of the project, and tell which the tests found.

`python -m tests.mutants` plants all; with a part of a file's name those of such files alone.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from tests.mutants import code, templates
from tests.mutants.mutant import Mutant, drawn, read
from tests.mutants.targets import TARGETS, Target

PROJECT = Path(__file__).resolve().parent.parent.parent
LEFT_OUT = (".git", ".venv", ".servers", ".env", "__pycache__", ".*_cache", "docs", "*.sqlite3*")
# So many at a time.
COPIES = 2
LEAST_PERCENT = 95
# What runs for so long has lost itself, which somebody would see.
SECONDS = 600


@dataclass(frozen=True)
class Planted:
    """A fault, where it is drawn from, and whether the tests found it."""

    mutant: Mutant
    target: Target
    is_caught: bool = False


def planted(part: str) -> Iterator[Planted]:
    for target in TARGETS:
        if part in target.file:
            text = read(PROJECT, target.file)
            every = templates if target.file.endswith(".html") else code
            for mutant in drawn(every.mutants(target.file, text), text, target.count):
                yield Planted(mutant, target)


def tried(fault: Planted, copies: "SimpleQueue[Path]") -> Planted:
    """The tests over a copy that has the fault, until one fails."""
    copy = copies.get()
    try:
        file = copy / fault.mutant.file
        text = read(PROJECT, fault.mutant.file)
        _write(file, fault.mutant.applied(text))
        is_caught = not _passes(copy, fault.target.command)
        _write(file, text)
    finally:
        copies.put(copy)
    return Planted(fault.mutant, fault.target, is_caught)


def _write(file: Path, text: str) -> None:
    """The file, without what Python remembers of it."""
    file.write_text(text, encoding="utf-8")
    for remembered in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
        remembered.unlink()


def _passes(copy: Path, tests: list[str]) -> bool:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(
            command, cwd=copy, env=kept, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    # Nothing else may be taken for a test that failed: no test found, a wrong option.
    assert done.returncode in (0, 1, 2), done.stdout.decode() + done.stderr.decode()
    return done.returncode == 0


def check_sound(copy: Path, faults: list[Planted]) -> None:
    """Without a fault every test passes, or what they found means nothing."""
    targets = {fault.target for fault in faults}
    pages = " or ".join(sorted({target.pages for target in targets if target.pages}))
    tests = sorted({test for target in targets for test in target.tests})
    command = Target("", 0, pages, tuple(tests)).command
    assert _passes(copy, command), f"pytest {' '.join(command)} fails without a fault"


def main(part: str = "") -> int:
    faults = list(planted(part))
    with TemporaryDirectory() as folder:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(COPIES):
            copy = Path(folder) / str(number)
            shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
            copies.put(copy)
        with ThreadPoolExecutor(COPIES) as pool:
            found = list(pool.map(lambda fault: _told(tried(fault, copies)), faults))
        check_sound(copy, faults)
    caught = sum(fault.is_caught for fault in found)
    percent = 100 * caught / len(found)
    print(f"\n{caught} of {len(found)} planted faults caught, {percent:.1f} %")
    return 0 if percent >= LEAST_PERCENT else 1


def _told(fault: Planted) -> Planted:
    word = "caught  " if fault.is_caught else "SURVIVED"
    text = read(PROJECT, fault.mutant.file)
    line = text.count("\n", 0, fault.mutant.start) + 1
    difference = "" if fault.is_caught else f"\n{fault.mutant.difference(text)}\n"
    print(f"{word} {fault.mutant.file}:{line} {fault.mutant.operator}{difference}", flush=True)
    return fault


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
