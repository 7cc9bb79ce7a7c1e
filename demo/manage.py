"""``python -m demo.manage <command>``: Django's commands with the demo's settings."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings.combined")
    execute_from_command_line(["demo.manage", *sys.argv[1:]])


if __name__ == "__main__":
    main()
