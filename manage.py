#!/usr/bin/env python3
"""Django's command-line utility; a wrong setting ends it with one sentence."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "usage_project.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Usage Ledger does not start: {error}")


if __name__ == "__main__":
    main()
