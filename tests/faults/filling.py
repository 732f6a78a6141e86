"""A process that fills the rollups of the next version, to be killed: run as a program."""

import django

django.setup()

from stats.rollups.filling import fill_month  # noqa: E402
from tests.rollups.added import NEW_GRAINS, version  # noqa: E402


def main() -> None:
    """Until nothing is left, or another process was first for once."""
    print("ready", flush=True)
    with version(NEW_GRAINS):
        while fill_month():
            pass


if __name__ == "__main__":
    main()
