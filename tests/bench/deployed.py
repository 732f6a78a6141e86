"""The project's settings as deployed, but for a browser over HTTP, with built files of our own."""

import os
from pathlib import Path

from usage_project.settings import *  # noqa: F403

STATIC_ROOT = Path(os.environ["STATIC_ROOT"])
# Over HTTP a browser takes no `__Host-` cookie.
SESSION_COOKIE_NAME = "sessionid"
SESSION_COOKIE_SECURE = False
