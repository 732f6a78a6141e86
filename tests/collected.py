"""The project's settings as deployed, with static files collected in a folder of the tests."""

import os
from pathlib import Path

from usage_project.settings import *  # noqa: F403

STATIC_ROOT = Path(os.environ["STATIC_ROOT"])
