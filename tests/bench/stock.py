"""The settings of Django's admin as it comes, over the same models and deployed alike."""

from tests.bench.deployed import *  # noqa: F403
from tests.bench.deployed import TEMPLATES

ROOT_URLCONF = "tests.bench.stock_urls"
# None of ours.
TEMPLATES[0]["DIRS"] = []
