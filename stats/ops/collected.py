"""Finds static files that `collectstatic` has not collected."""

import os
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage


def missing_static_files() -> list[str]:
    """The static files of this version that are not collected.

    Always none with DEBUG=1, since Django then serves them from their folders.
    """
    storage: Any = staticfiles_storage
    if not isinstance(storage, ManifestFilesMixin):
        return []
    return sorted(name for name in _files() if not _is_collected(name, storage))


def _files() -> Iterator[str]:
    """The names of all files that `collectstatic` would collect."""
    application: Any = apps.get_app_config("staticfiles")
    for finder in finders.get_finders():
        for path, _storage in finder.list(application.ignore_patterns):
            yield path.replace(os.sep, "/")


def _is_collected(name: str, storage: Any) -> bool:
    built = storage.hashed_files.get(storage.hash_key(name))
    return built is not None and storage.exists(built)
