"""The project's settings with what only tests want: a test database, and no built files."""

from usage_project.settings import *  # noqa: F403
from usage_project.settings import DATABASES, STORAGES, on_sqlite

# A file and not :memory:, so that threads and processes meet on it as they do in earnest.
DATABASES["default"]["TEST"] = (
    {"NAME": f"{DATABASES['default']['NAME']}.test"} if on_sqlite else {"CHARSET": "utf8mb4"}
)
# The manifest is made by collectstatic, which tests do without.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
# Quick, since it keeps no secret.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
