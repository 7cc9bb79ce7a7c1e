#!/usr/bin/env python
"""Django's command line with the test settings, for example ``python manage.py makemigrations --check``."""

import os
import sys


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "test_settings")
    from django.core.management import execute_from_command_line  # needs the environment above

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
