"""Reads and checks environment variables. A wrong one gives one sentence."""

import re
import sys
import zoneinfo
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
import dj_email_url
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError

COLUMN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# The length that `manage.py check --deploy` demands.
SHORTEST_SECRET_KEY = 50
FEWEST_CHARACTERS = 5
MAIL_SECONDS = 10
LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]


@contextmanager
def start_or_one_sentence() -> Iterator[None]:
    """End the process on a wrong setting: its sentence on standard error, exit status 1."""
    try:
        yield
    except ImproperlyConfigured as error:
        sys.exit(f"Usage Ledger does not start: {error}")


class Environment:
    """A wrapper of environs whose errors are sentences that name the variable."""

    def __init__(self, dotenv: str) -> None:
        self.env = Env()
        try:
            self.env.read_env(dotenv, recurse=False)
        except (OSError, ValueError) as error:
            raise ImproperlyConfigured(f"{dotenv} cannot be read: {error}") from error

    def read(self, kind: str, name: str, default: Any = ...) -> Any:
        """The variable, parsed by environs as `kind`: `str`, `bool`, `list`, `dj_cache_url`."""
        try:
            return getattr(self.env, kind)(name, default)
        except (EnvError, ValueError) as error:
            raise ImproperlyConfigured(f"{name} cannot be used: {error}") from error

    def at_least(self, name: str, least: int, default: int) -> int:
        """A whole number, at least `least`."""
        value: int = self.read("int", name, default)
        if value < least:
            raise ImproperlyConfigured(f"{name}={value} is too little: at least {least} is needed.")
        return value

    def one_of(self, name: str, choices: tuple[str, ...], default: str) -> str:
        value: str = self.read("str", name, "") or default
        if value not in choices:
            raise ImproperlyConfigured(f"{name}={value!r} must be one of {', '.join(choices)}.")
        return value

    def secret_key(self, *, is_production: bool) -> str:
        """SECRET_KEY; in production it must be hard to guess."""
        key: str = self.read("str", "SECRET_KEY", "").strip()
        if not key:
            raise ImproperlyConfigured(
                "SECRET_KEY is not set: give it 50 random characters, or start with `make run`, "
                "which keeps one in .env."
            )
        is_guessable = len(key) < SHORTEST_SECRET_KEY or len(set(key)) < FEWEST_CHARACTERS
        if is_production and (is_guessable or key.startswith("django-insecure-")):
            raise ImproperlyConfigured(
                "SECRET_KEY can be guessed: without DEBUG=1 it needs at least "
                f"{SHORTEST_SECRET_KEY} random characters, and not those of an example."
            )
        return key

    def hosts(self, *, is_production: bool) -> list[str]:
        """ALLOWED_HOSTS: in production no wildcard, otherwise only this machine's names."""
        hosts: list[str] = self.read("list", "ALLOWED_HOSTS", LOCAL_HOSTS)
        if not any(hosts) or "*" in hosts:
            raise ImproperlyConfigured(
                "ALLOWED_HOSTS must name the hosts that the server answers to, and no wildcard."
            )
        strange = [host for host in hosts if host not in LOCAL_HOSTS]
        if strange and not is_production:
            raise ImproperlyConfigured(
                f"DEBUG=1 is for one's own machine: it does not go with {strange[0]!r} in "
                "ALLOWED_HOSTS."
            )
        return hosts

    def origins(self, name: str) -> list[str]:
        """Origins such as https://usage.example.com, separated by commas."""
        values: list[str] = self.read("list", name, [])
        for value in values:
            if not re.match("https?://.", value):
                raise ImproperlyConfigured(
                    f"{name}: {value!r} does not begin with https:// or http://."
                )
        return values

    def zone(self, name: str) -> str:
        """An IANA time-zone name; UTC if unset."""
        value: str = self.read("str", name, "UTC")
        try:
            zoneinfo.ZoneInfo(value)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ImproperlyConfigured(
                f"{name}={value!r} is no time zone: give an IANA name such as UTC or Asia/Taipei."
            ) from error
        return value

    def column(self, name: str, *, besides: Collection[str] = ()) -> str:
        """A column of the adopted database, or an empty string; none of those `besides`."""
        value: str = self.read("str", name, "")
        if value:
            _check_column(name, value, besides)
        return value

    def columns(self, name: str, *, besides: Collection[str]) -> list[str]:
        """Columns of the adopted database, separated by commas: each once, none of `besides`."""
        values = list(filter(None, map(str.strip, self.read("list", name, []))))
        for place, value in enumerate(values):
            _check_column(name, value, (*besides, *values[:place]))
        return values

    def cache(self, name: str, default: str) -> dict[str, Any]:
        """Django's CACHES entry, with short timeouts so that an absent Redis delays nobody."""
        cache: dict[str, Any] = self.read("dj_cache_url", name, default)
        if cache["BACKEND"].endswith("RedisCache"):
            patience = {"socket_connect_timeout": 1, "socket_timeout": 1}
            cache["OPTIONS"] = patience | cache.get("OPTIONS", {})
        return cache

    def mail(self, name: str, default: str) -> dict[str, Any]:
        """Django's EMAIL_* settings for EMAIL_URL: smtp://…, submission://…, console://, file:///….

        A server that does not answer is given up after 10 seconds.
        """
        url: str = self.read("str", name, default) or default
        try:
            settings: dict[str, Any] = dj_email_url.parse(url)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} cannot be used: {error}") from error
        if "EMAIL_BACKEND" not in settings:
            raise ImproperlyConfigured(
                f"{name} must begin with smtp://, submission://, console:// or file:///."
            )
        if settings["EMAIL_BACKEND"].endswith("filebased.EmailBackend"):
            # The parser takes the first slash of a path away, as URLs of databases have it.
            settings["EMAIL_FILE_PATH"] = _folder(name, url)
        return settings | {"EMAIL_TIMEOUT": settings["EMAIL_TIMEOUT"] or MAIL_SECONDS}

    def site(self, name: str, default: str) -> str:
        """The origin that links in mails begin with, such as https://ledger.example.com."""
        value: str = self.read("str", name, default) or default
        if not re.fullmatch(r"https?://[^/?#\s]+", value):
            raise ImproperlyConfigured(
                f"{name}={value!r} is no origin: give one such as https://ledger.example.com."
            )
        return value

    def database(self, default: str) -> dict[str, Any]:
        """Django's DATABASES entry for DATABASE_URL: sqlite:///…, or mysql://… (MariaDB too)."""
        url: str = self.read("str", "DATABASE_URL", default) or default
        if not url.startswith(("sqlite://", "mysql://")):
            raise ImproperlyConfigured(
                "DATABASE_URL must begin with sqlite:/// or mysql:// (MariaDB as well as MySQL)."
            )
        try:
            parsed = dict(dj_database_url.parse(url))
        except ValueError as error:
            raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {error}") from error
        if not parsed["NAME"]:
            raise ImproperlyConfigured("DATABASE_URL does not name a database.")
        return parsed


def _folder(name: str, url: str) -> str:
    parts = urlsplit(url)
    if parts.netloc or not parts.path.strip("/"):
        raise ImproperlyConfigured(f"{name} must name a folder, such as file:///var/mail/ledger.")
    return unquote(parts.path)


def _check_column(name: str, value: str, taken: Collection[str]) -> None:
    if not COLUMN_NAME.fullmatch(value):
        raise ImproperlyConfigured(f"{name}={value!r} is no column name.")
    if value.lower() in {one.lower() for one in taken}:
        raise ImproperlyConfigured(f"{name}: {value} is shown already: name it once only.")
