"""Settings for Django's stock admin, with the same models and deployment."""

from tests.bench.deployed import *  # noqa: F403
from tests.bench.deployed import TEMPLATES

ROOT_URLCONF = "tests.bench.stock_urls"
# Without our templates.
TEMPLATES[0]["DIRS"] = []
