"""A missing or malformed variable stops the start with one sentence that names it."""

import runpy
import secrets
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.processes import PROJECT, manage
from usage_project.environment import Environment

# Nothing here depends on the database.
pytestmark = pytest.mark.database("sqlite")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "  "),
        ("SECRET_KEY", "x" * 100),
        ("SECRET_KEY", "only forty-nine characters, and so one too little"),
        ("SECRET_KEY", "django-insecure-0123456789-abcdefghijklmnopqrstuvwxyz"),
        ("DEBUG", "maybe"),
        ("ALLOWED_HOSTS", ""),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "usage.example.com,*"),
        ("LOG_FORMAT", "xml"),
        ("ADOPTED", "perhaps"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("TIME_ZONE", "../../etc/passwd"),
        ("TIME_ZONE", ""),
        ("DATABASE_TIME_ZONE", "+08:00"),
        ("DATABASE_URL", "postgres://localhost/ledger"),
        ("DATABASE_URL", "mysql://["),
        ("DATABASE_URL", "mysql://localhost/"),
        ("USER_LABEL_COLUMN", "display_name"),
        ("JOB_LABEL_COLUMN", "original_filename"),
        ("USER_GROUP_COLUMN", "department"),
        ("JOB_STATUS_COLUMN", "status"),
        ("JOB_EXTRA_COLUMNS", "language,pages"),
        ("CSRF_TRUSTED_ORIGINS", "usage.example.com"),
        ("CACHE_URL", "nonsense://localhost"),
        ("EMAIL_URL", "pigeon://loft"),
        ("EMAIL_URL", "smtp://host:post"),
        ("EMAIL_URL", "file://mails"),
        ("EMAIL_URL", "file:///"),
        ("SITE_URL", "ledger.example.com"),
        ("SITE_URL", "https://ledger.example.com/admin/"),
        ("IDEMPOTENCY_KEEP_HOURS", "71"),
        ("IDEMPOTENCY_KEEP_HOURS", "three days"),
        ("API_RATE", "0"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("HSTS_SECONDS", "-1"),
        ("HSTS_SECONDS", "a year"),
    ],
)
def test_a_wrong_variable_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert name in refusal()


@pytest.mark.parametrize(
    ("environment", "backend", "is_set_up"),
    [
        ({"DEBUG": "1", "EMAIL_URL": ""}, "console", True),
        ({"DEBUG": "0", "EMAIL_URL": ""}, "dummy", False),
        ({"DEBUG": "0", "EMAIL_URL": "submission://mail.example.com"}, "smtp", True),
    ],
)
def test_where_mail_goes(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], backend: str, is_set_up: bool
) -> None:
    start = {"SECRET_KEY": secrets.token_urlsafe(50), "ALLOWED_HOSTS": "localhost"}
    for name, value in {**start, **environment}.items():
        monkeypatch.setenv(name, value)
    settings = runpy.run_path(str(PROJECT / "usage_project/settings.py"))
    assert settings["EMAIL_BACKEND"] == f"django.core.mail.backends.{backend}.EmailBackend"
    assert settings["MAIL_IS_SET_UP"] is is_set_up


def test_mail_goes_to_a_folder(tmp_path: Path) -> None:
    """To the one that is named, from wherever the process runs."""
    folder = tmp_path / "fresh mail"
    address = f"file://{quote(str(folder))}"
    done = manage("sendtestemail", "ann@example.com", EMAIL_URL=address)
    assert (done.returncode, done.stderr) == (0, "")
    (mail,) = folder.iterdir()
    assert "To: ann@example.com" in mail.read_text(encoding="utf-8")


def test_an_env_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("SECRET_KEY=秘密".encode("utf-16"))
    with pytest.raises(ImproperlyConfigured, match=r"\.env cannot be read"):
        Environment(str(tmp_path / ".env"))


@pytest.mark.parametrize(
    "name",
    [
        "USER_LABEL_COLUMN",
        "JOB_LABEL_COLUMN",
        "USER_GROUP_COLUMN",
        "JOB_STATUS_COLUMN",
        "JOB_EXTRA_COLUMNS",
    ],
)
def test_a_column_is_a_name_and_nothing_more(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("ADOPTED", "1")
    monkeypatch.setenv(name, "name; DROP TABLE dt_users")
    assert name in refusal()


@pytest.mark.parametrize(
    ("status", "extra", "name"),
    [
        ("title", "", "JOB_STATUS_COLUMN: title"),
        ("ID", "", "JOB_STATUS_COLUMN: ID"),
        ("state", "pages,state", "JOB_EXTRA_COLUMNS: state"),
        ("", "pages, Title", "JOB_EXTRA_COLUMNS: Title"),
        ("", "pages,language,PAGES", "JOB_EXTRA_COLUMNS: PAGES"),
    ],
)
def test_a_column_of_jobs_is_shown_once(
    monkeypatch: pytest.MonkeyPatch, status: str, extra: str, name: str
) -> None:
    monkeypatch.setenv("ADOPTED", "1")
    monkeypatch.setenv("JOB_LABEL_COLUMN", "title")
    monkeypatch.setenv("JOB_STATUS_COLUMN", status)
    monkeypatch.setenv("JOB_EXTRA_COLUMNS", extra)
    assert refusal() == f"{name} is shown already: name it once only."


def test_debugging_is_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "1")
    monkeypatch.setenv("ALLOWED_HOSTS", "localhost,usage.example.com")
    assert refusal() == (
        "DEBUG=1 is for one's own machine: it does not go with 'usage.example.com' in "
        "ALLOWED_HOSTS."
    )


def test_a_short_key_is_enough_with_debug() -> None:
    done = manage("check", DEBUG="1", SECRET_KEY="x", ALLOWED_HOSTS="localhost,127.0.0.1")
    assert (done.returncode, done.stderr) == (0, "")


def refusal() -> str:
    """The sentence with which the settings refuse the current environment."""
    with pytest.raises(ImproperlyConfigured) as caught:
        runpy.run_path(str(PROJECT / "usage_project/settings.py"))
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_the_start_ends_with_that_sentence_alone() -> None:
    done = manage("check", TIME_ZONE="Mars/Olympus")
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr == (
        "Usage Ledger does not start: TIME_ZONE='Mars/Olympus' is no time zone: "
        "give an IANA name such as UTC or Asia/Taipei.\n"
    )


def test_a_sound_environment_starts() -> None:
    done = manage(
        "check",
        ADOPTED="1",
        USER_LABEL_COLUMN="display_name",
        JOB_LABEL_COLUMN="original_filename",
        USER_GROUP_COLUMN="department",
        JOB_STATUS_COLUMN="status",
        JOB_EXTRA_COLUMNS="language, pages",
        TIME_ZONE="Asia/Taipei",
        DATABASE_TIME_ZONE="Asia/Kolkata",
        CSRF_TRUSTED_ORIGINS="https://usage.example.com,http://localhost:8000",
        ALLOWED_HOSTS="usage.example.com",
        LOG_FORMAT="text",
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_check_before_a_start_in_production_is_clean(collected: dict[str, str]) -> None:
    """With the settings of docs/operating.md."""
    done = manage(
        *("check", "--deploy", "--fail-level", "WARNING"),
        SECRET_KEY=secrets.token_urlsafe(50),
        ALLOWED_HOSTS="ledger.example.com",
        CSRF_TRUSTED_ORIGINS="https://ledger.example.com",
        CACHE_URL="redis://127.0.0.1:6379/0",
        **collected,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_uncollected_static_files_are_a_warning(tmp_path: Path) -> None:
    environment = {"DJANGO_SETTINGS_MODULE": "tests.collected", "STATIC_ROOT": str(tmp_path)}
    done = manage("check", "--deploy", **environment)
    assert "(stats.W003)" in done.stderr
    assert "HINT: Run manage.py collectstatic --noinput, then restart the server." in done.stderr
    assert "stats.W003" not in manage("check", **environment).stderr
    done = manage("check", "--deploy", **environment, DEBUG="1", ALLOWED_HOSTS="localhost")
    assert "stats.W002" in done.stderr
    assert "stats.W003" not in done.stderr


@pytest.mark.parametrize(
    ("cache", "is_warned"), [("locmem://", True), ("redis://127.0.0.1:1/0", False)]
)
def test_a_cache_of_each_process_counts_for_it_alone(cache: str, is_warned: bool) -> None:
    done = manage("check", "--deploy", CACHE_URL=cache)
    assert ("stats.W002" in done.stderr) == is_warned
