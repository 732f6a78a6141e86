"""The docs: manage.py accepts the commands in them, and their links lead somewhere."""

import re
import shlex
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from stats.ingest.importers.registry import FORMATS as IMPORTS
from stats.invoices.formats import FORMATS as INVOICES
from stats.notices.outbox import LETTERS
from stats.notices.registry import OCCASIONS
from stats.rollups.grains import GRAINS
from stats.scheduled.registry import JOBS
from tests.processes import PROJECT

# Nothing here depends on the database.
pytestmark = pytest.mark.database("sqlite")

PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")])
# In a code block up to a comment, in text up to the backtick.
COMMAND = re.compile(r"manage\.py ([a-z]\w+) *([^`#\n]*?) *(?=[`#\n])")
PLACEHOLDERS = {"DATE": "2026-11-01"}
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)")
HEADING = re.compile("^#+ (.*)$", re.MULTILINE)


def commands() -> list[tuple[str, str]]:
    """Names and arguments of all commands, without repetitions."""
    return sorted({found for page in PAGES for found in COMMAND.findall(page.read_text("utf-8"))})


def links() -> list[tuple[Path, str, str]]:
    """Page, path and anchor of all links between pages and to files."""
    return [(page, *found) for page in PAGES for found in LINK.findall(page.read_text("utf-8"))]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings."""
    headings = HEADING.findall(page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(("name", "arguments"), commands())
def test_commands_are_taken(name: str, arguments: str) -> None:
    command = load_command_class(get_commands()[name], name)
    words = [PLACEHOLDERS.get(word, word) for word in shlex.split(arguments)]
    command.create_parser("manage.py", name).parse_args(words)


def test_links_lead_somewhere() -> None:
    assert len(links()) > 50
    for page, path, anchor in links():
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), (page.name, path)
        assert not anchor or anchor in anchors(target), (page.name, path, anchor)


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("importing", IMPORTS),
        ("invoices", INVOICES),
        ("notices", OCCASIONS.keys() - set(LETTERS)),
        ("operating", [job.name for job in JOBS]),
        ("rollups", [grain.table for grain in GRAINS]),
    ],
)
def test_what_is_added_by_a_file_is_told(page: str, names: Iterable[str]) -> None:
    text = (PROJECT / f"docs/{page}.md").read_text("utf-8")
    missing = [name for name in names if f"`{name}`" not in text]
    assert not missing, f"docs/{page}.md has a row for each"


def test_each_command_is_told() -> None:
    text = (PROJECT / "docs/operating.md").read_text("utf-8")
    names = {file.stem for file in (PROJECT / "stats/management/commands").glob("[a-z]*.py")}
    # `make run` alone runs the first one.
    missing = names - {"first_run"} - set(re.findall(r"`(?:manage\.py )?([a-z]\w+)", text))
    assert not missing, "docs/operating.md has a row for each"


def test_what_cites_the_spec_finds_its_section() -> None:
    sections = set(
        re.findall(r"^## (\d+)\. ", (PROJECT / "docs/spec.md").read_text(), re.MULTILINE)
    )
    cited = {
        number
        for folder in ("stats", "usage_project", "tests")
        for path in (PROJECT / folder).rglob("*.py")
        for number in re.findall(r"spec §(\d+)", path.read_text("utf-8"))
    }
    assert cited
    assert cited <= sections


def test_the_picture_is_what_the_import_contract_holds() -> None:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    (layers,) = (
        contract["layers"]
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    )
    held = [set(re.findall(r"\w+", layer)) - {"migrations", "templatetags"} for layer in layers]
    picture = (PROJECT / "docs/architecture.md").read_text("utf-8").split("```")[1]
    rooms = {room for layer in held for room in layer}
    drawn = [rooms & set(re.findall(r"\w+", line[:34])) for line in picture.strip().splitlines()]
    assert drawn == held
