"""The files that pages link to, as `collectstatic` has put them for the server."""

import os
from collections.abc import Iterator

from django.apps import apps
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage


def missing_static_files() -> list[str]:
    """Those of this version that are not collected, of which a page that links to one is a 500.

    Always none with DEBUG=1, where they are served from where they lie.
    """
    if not isinstance(staticfiles_storage, ManifestFilesMixin):
        return []
    return sorted(name for name in _files() if not _is_collected(name))


def _files() -> Iterator[str]:
    """As `collectstatic` goes over them."""
    ignored = apps.get_app_config("staticfiles").ignore_patterns
    for finder in finders.get_finders():
        for path, _storage in finder.list(ignored):
            yield path.replace(os.sep, "/")


def _is_collected(name: str) -> bool:
    built = staticfiles_storage.hashed_files.get(staticfiles_storage.hash_key(name))
    return built is not None and staticfiles_storage.exists(built)
