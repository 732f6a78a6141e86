"""The project's settings, but nothing is committed late, so that a fold need not wait."""

from usage_project.settings import *  # noqa: F403

FOLD_MARGIN_SECONDS = 0
