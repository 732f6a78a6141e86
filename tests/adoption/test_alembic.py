"""The translator's own migrations over an adopted database, made by Flask-Migrate."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.adoption.conftest import ADOPTED, Live
from tests.processes import PROJECT

pytestmark = pytest.mark.database("server")

(LINES,) = re.findall(
    r"```python\n(.*?)```", (PROJECT / "docs/adopting.md").read_text("utf-8"), re.DOTALL
)
INDEXES = {"usage_created_at", "usage_user_created_at", "usage_job_created_at"}


class Translator:
    """A Flask application in a folder of its own, over the live database."""

    def __init__(self, folder: Path, live: Live, lines: str) -> None:
        self.folder, self.live = folder, live
        source = (PROJECT / "tests/adoption/flask_translator.py").read_text("utf-8")
        (folder / "app.py").write_text(f"{source}\n\n{lines}", "utf-8")
        self.flask("db", "init")

    def flask(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def proposed(self) -> str:
        """The upgrade of a new migration; empty where it finds no change."""
        said = self.flask("db", "migrate", "-m", "nothing")
        found = list((self.folder / "migrations/versions").glob("*.py"))
        if not found:
            assert "No changes in schema detected" in said
            return ""
        (file,) = found
        text = file.read_text("utf-8").partition("def downgrade")[0]
        file.unlink()
        return text

    @property
    def environment(self) -> dict[str, str]:
        socket = self.live.url.partition("unix_socket=")[2]
        url = f"mysql+mysqldb://root@/{self.live.name}?unix_socket={socket}"
        return {**os.environ, "TRANSLATOR_URL": url}


@pytest.fixture
def adopted(live: Live) -> Live:
    live.adopt()
    done = live.manage("adopt_database", "--create-indexes", **ADOPTED)
    assert done.returncode == 0, done.stderr
    return live


def ours(live: Live) -> set[str]:
    theirs = {"dt_users", "dt_translation_jobs", "dt_api_usage_stats", "alembic_version"}
    return {name for name in live.tables() if name not in theirs and "usage_by" not in name}


def test_without_the_lines_it_would_drop_all_that_is_ours(adopted: Live, tmp_path: Path) -> None:
    text = Translator(tmp_path, adopted, "Migrate(app, db)").proposed()
    assert set(re.findall(r"op\.drop_table\('(\w+)'\)", text)) == ours(adopted)
    assert set(re.findall(r"\.drop_index\(batch_op\.f\('(usage_\w+)'", text)) == INDEXES


def test_with_the_lines_it_finds_no_change(adopted: Live, tmp_path: Path) -> None:
    assert Translator(tmp_path, adopted, LINES).proposed() == ""


def test_with_the_lines_changes_of_its_own_are_found(adopted: Live, tmp_path: Path) -> None:
    """Its tables are compared, one of a name like ours among them."""
    more = (
        'class Token(db.Model):\n    __tablename__ = "auth_token"\n'
        "    id = db.Column(db.Integer, primary_key=True)\n\n\n"
        "User.language = db.Column(db.String(5))\n\n\n"
    )
    text = Translator(tmp_path, adopted, more + LINES).proposed()
    assert "op.create_table('auth_token'" in text
    assert "sa.Column('language'" in text
    assert "drop" not in text
