#!/usr/bin/env python3
"""Django's command-line utility. A wrong setting ends it with one sentence."""

import os
import sys

from django.core.management import execute_from_command_line

from usage_project.environment import start_or_one_sentence


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "usage_project.settings")
    with start_or_one_sentence():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
