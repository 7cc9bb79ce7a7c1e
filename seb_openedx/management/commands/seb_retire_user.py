"""Remove what Safe Exam Browser has stored about a user."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from seb_openedx.retirement import retire_user


class Command(BaseCommand):
    """``manage.py seb_retire_user USER_ID USERNAME RETIRED_USERNAME``: may be repeated."""

    help = "Delete what Safe Exam Browser has stored about a user; bans stay under the retired name."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add whom to retire."""
        parser.add_argument("user_id", type=int)
        parser.add_argument("username")
        parser.add_argument("retired_username")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and print how many rows were concerned."""
        try:
            done = retire_user(options["user_id"], options["username"], options["retired_username"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        for name, count in done.items():
            self.stdout.write(f"{name}: {count}")
        if not done:
            self.stdout.write("Nothing is stored about this user.")
