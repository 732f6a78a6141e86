"""The settings of a deployment, with static files collected into a test folder."""

import os
from pathlib import Path

from usage_project.settings import *  # noqa: F403

STATIC_ROOT = Path(os.environ["STATIC_ROOT"])
