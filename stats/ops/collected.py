"""The files that pages link to, as `collectstatic` has put them for the server."""

import os
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage


def missing_static_files() -> list[str]:
    """Those of this version that are not collected, of which a page that links to one is a 500.

    Always none with DEBUG=1, where they are served from where they lie.
    """
    storage: Any = staticfiles_storage
    if not isinstance(storage, ManifestFilesMixin):
        return []
    return sorted(name for name in _files() if not _is_collected(name, storage))


def _files() -> Iterator[str]:
    """As `collectstatic` goes over them."""
    application: Any = apps.get_app_config("staticfiles")
    for finder in finders.get_finders():
        for path, _storage in finder.list(application.ignore_patterns):
            yield path.replace(os.sep, "/")


def _is_collected(name: str, storage: Any) -> bool:
    built = storage.hashed_files.get(storage.hash_key(name))
    return built is not None and storage.exists(built)
