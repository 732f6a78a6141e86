"""The project's settings, but requests that read have less time, so that a test has not to wait."""

from tests.settings import *  # noqa: F403

REQUEST_SECONDS, PAGE_SECONDS = 3, 2
