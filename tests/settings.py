"""The project's settings for tests: a test database, and no built files."""

from usage_project.settings import *  # noqa: F403
from usage_project.settings import DATABASES, STORAGES, on_sqlite

# A file and not :memory:, so that threads and processes share it as in a deployment.
DATABASES["default"]["TEST"] = (
    {"NAME": f"{DATABASES['default']['NAME']}.test"} if on_sqlite else {"CHARSET": "utf8mb4"}
)
# The default storage needs the manifest of collectstatic, which tests do not run.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
# Fast; tests have no secrets.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
