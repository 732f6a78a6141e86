"""The settings of a deployment, for a browser over HTTP."""

from tests.collected import *  # noqa: F403

# Over HTTP a browser refuses `__Host-` cookies.
SESSION_COOKIE_NAME = "sessionid"
SESSION_COOKIE_SECURE = False
