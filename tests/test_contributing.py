"""Applies docs/contributing.md literally to a copy of the project."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

PROJECT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```\w+\n# (?P<file>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
REGISTRY = "stats/admin/pages/__init__.py"
ORACLE = "tests/reading/expected.py"
CATALOGUE = "stats/locale/zh_Hant/LC_MESSAGES/django.po"
LEFT_OUT = (".git", ".venv", ".servers", ".env", "__pycache__", ".*_cache", "docs", "*.sqlite3*")


@pytest.fixture(scope="module")
def blocks() -> dict[str, str]:
    """The code blocks of the page, per file."""
    page = (PROJECT / "docs/contributing.md").read_text(encoding="utf-8")
    return {block["file"]: block["text"] for block in BLOCK.finditer(page)}


@pytest.fixture(scope="module")
def copy(blocks: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the report of the page."""
    copy = tmp_path_factory.mktemp("recipe") / "project"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for name, text in blocks.items():
        file = copy / name
        if name == REGISTRY:
            text = registered(file.read_text(encoding="utf-8"), text)
        elif name == ORACLE:
            text = f"{file.read_text(encoding='utf-8')}\n\n{text}"
        elif name == CATALOGUE:
            text = f"{file.read_text(encoding='utf-8')}\n{text}"
        else:
            assert not file.exists()
        file.write_text(text, encoding="utf-8")
    if shutil.which("msgfmt"):
        catalogue = copy / CATALOGUE
        subprocess.run(["msgfmt", "-o", catalogue.with_suffix(".mo"), catalogue], check=True)
    return copy


def registered(registry: str, text: str) -> str:
    """The registry with the page's import, and its entry as the last one."""
    line, entry = text.strip("\n").split("\n\n")
    registry = registry.replace("\n\nPAGES", f"\n{line}\n\nPAGES")
    return f"{registry.rstrip().removesuffix(')')}{entry}\n)\n"


def run(copy: Path, *arguments: str) -> str:
    """The output of a Python module in the copy; it must succeed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=copy, env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_four_files_make_a_report(blocks: dict[str, str]) -> None:
    assert len(blocks.keys() - {ORACLE}) <= 4


def test_it_is_in_good_style(copy: Path, blocks: dict[str, str]) -> None:
    files = [name for name in blocks if name.endswith(".py")]
    run(copy, "ruff", "check", *files)
    run(copy, "ruff", "format", "--check", *files)


@pytest.mark.slow
def test_page_files_menu_and_rights_follow(copy: Path) -> None:
    """The tests of all reports include the new one."""
    tests = ("test_access.py", "test_files.py", "test_translations.py")
    paths = [*(f"tests/admin/{test}" for test in tests), "tests/reading/test_tables.py"]
    which = "weekdays or Weekdays or forgotten or menu or translated"
    done = run(
        copy, "pytest", "--database", "sqlite", "-p", "no:cacheprovider", *paths, "-k", which, "-v"
    )
    for name in (
        "reports_weekdays-administrator",
        "reports_weekdays-nobody",
        "reports_weekdays_csv-other_staff",
        "reports_weekdays_xlsx-analyst",
        "WeekdaysPage-weekdays-csv",
        "test_the_menu_has_what_one_may_see",
        "test_a_page_says_what_its_calls_do.reports_weekdays-running-en",
        "test_a_file_says_what_its_calls_do.reports_weekdays-weekdays-mixed-zh-hant",
        "test_every_table_of_a_page_is_read.reports_weekdays",
    ):
        assert re.search(rf"{name}\S* PASSED", done), done
