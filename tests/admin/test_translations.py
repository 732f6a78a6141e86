"""Traditional Chinese is complete: every string that the code asks for is there, none is fuzzy."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import django
import pytest
from django.test import Client

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent.parent
CATALOGUE = Path("stats/locale/zh_Hant/LC_MESSAGES/django.po")
# Django's words for its users.
OF_DJANGO = "usage_project/django_words"
ENTRY_ID = re.compile(r'^msgid ((?:".*"\n)+)', re.MULTILINE)
ENTRY = re.compile(
    r'^(?:msgctxt (?P<context>(?:".*"\n)+))?msgid (?P<id>(?:".*"\n)+)'
    r'(?:msgid_plural (?:".*"\n)+)?msgstr(?:\[0\])? (?P<text>(?:".*"\n?)+)',
    re.MULTILINE,
)


def entries(catalogue: Path) -> dict[tuple[str, str], str]:
    """Per context and string its translation."""
    found = {}
    for entry in ENTRY.finditer(catalogue.read_text(encoding="utf-8")):
        context, string, text = (
            "".join(re.findall(r'"(.*)"', entry[part] or "")) for part in ("context", "id", "text")
        )
        found[context, string] = text
    return found


@pytest.fixture
def extracted(tmp_path: Path) -> dict[tuple[str, str], str]:
    """What makemessages finds in a copy of the sources."""
    if shutil.which("xgettext") is None:
        pytest.skip("xgettext is not installed (Debian: apt-get install gettext)")
    for name in ("stats", "templates", "usage_project"):
        leave = shutil.ignore_patterns("*.pyc", "*.po", "*.mo", "static")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=leave)
    script = (
        "from django.conf import settings; from django.core.management import call_command;"
        "settings.configure(LOCALE_PATHS=['stats/locale'], USE_I18N=True);"
        "import django; django.setup();"
        "call_command('makemessages', locale=['zh_Hant'], no_location=True, verbosity=0)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
    return entries(tmp_path / CATALOGUE)


def test_every_string_is_translated(extracted: dict[tuple[str, str], str]) -> None:
    translated = entries(ROOT / CATALOGUE)
    assert len(extracted) > 200
    missing = [key for key in extracted if not translated.get(key)]
    assert not missing, f"translate them in {CATALOGUE}, and compile it"


def test_no_translation_is_left_over(extracted: dict[tuple[str, str], str]) -> None:
    assert set(entries(ROOT / CATALOGUE)) - set(extracted) == set()


def test_none_is_fuzzy() -> None:
    assert "#, fuzzy" not in (ROOT / CATALOGUE).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "catalogue",
    [str(CATALOGUE), *(f"{OF_DJANGO}/{name}/LC_MESSAGES/django.po" for name in ("en", "zh_Hant"))],
)
def test_the_compiled_catalogue_is_that_one(tmp_path: Path, catalogue: str) -> None:
    if shutil.which("msgfmt") is None:
        pytest.skip("msgfmt is not installed (Debian: apt-get install gettext)")
    compiled = tmp_path / "django.mo"
    subprocess.run(["msgfmt", "--check-format", "-o", compiled, ROOT / catalogue], check=True)
    assert compiled.read_bytes() == (ROOT / catalogue).with_suffix(".mo").read_bytes()


def test_django_says_every_word_of_the_catalogues_of_its_own_words() -> None:
    """One that Django words otherwise in a later version would be left over."""
    templates = Path(django.__file__).parent
    said = "".join(
        file.read_text(encoding="utf-8")
        for app in ("auth", "admin")
        for file in (templates / "contrib" / app / "locale/en").rglob("django.po")
    )
    known = {"".join(re.findall(r'"(.*)"', one)) for one in ENTRY_ID.findall(said)}
    for name in ("en", "zh_Hant"):
        own = entries(ROOT / OF_DJANGO / name / "LC_MESSAGES/django.po")
        labels = {"Staff status", "Superuser status", "User permissions"}
        assert {string for _context, string in own} - known - labels - {""} == set()


@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/reports/users/", "/admin/stats/apiusagestats/"]
)
def test_pages_are_in_the_language_that_was_chosen(
    analyst: Client, ledger: None, path: str
) -> None:
    analyst.post("/i18n/setlang/", {"language": "zh-hant", "next": path})
    page = analyst.get(path).content.decode()
    assert '<html lang="zh-hant"' in page
    assert "2026年11月1日至24日" in page
    assert "本月" in page
