"""The project's settings as deployed, but for a browser over HTTP, with built files of our own."""

from tests.collected import *  # noqa: F403

# Over HTTP a browser takes no `__Host-` cookie.
SESSION_COOKIE_NAME = "sessionid"
SESSION_COOKIE_SECURE = False
