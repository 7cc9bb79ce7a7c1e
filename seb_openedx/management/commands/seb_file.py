"""Look into a ``.seb`` file, compute its Config Key, or make one."""

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from seb_openedx.protocol import SebError, cli


class Command(BaseCommand):
    """``manage.py seb_file inspect|key|generate FILE``: the same as ``python -m seb_openedx.protocol``."""

    requires_system_checks = ()

    help = "Look into a .seb file of Safe Exam Browser, compute its Config Key, or make one."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the three commands."""
        cli.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it. Exit with 1 if ``inspect`` finds errors; a ``CommandError`` if the file cannot be used."""
        try:
            status = cli.execute(argparse.Namespace(**options), self.stdout)
        except (SebError, OSError) as error:
            raise CommandError(str(error)) from error
        if status:
            sys.exit(status)
