"""Print what is stored about one learner."""

import argparse
import json
import os
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from rest_framework.utils.encoders import JSONEncoder

from edx_proctoring import api
from edx_proctoring.utils.storable import as_id


class Command(BaseCommand):
    """``manage.py export_learner USER [--out FILE]``. Contract: contract/commands#export-learner."""

    help = "Print what is stored about a learner as JSON."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the learner and the file."""
        parser.add_argument("user", metavar="USER", help="id, username or e-mail address")
        parser.add_argument("--out", metavar="FILE", help="write to this file, which must not exist")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print or write it."""
        text = json.dumps(api.export_learner(user_id_of(options["user"])), cls=JSONEncoder, indent=2)
        if options["out"] is None:
            self.stdout.write(text)
            return
        try:
            # Only the operator may read it, and nothing is overwritten.
            handle = os.open(options["out"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as exc:
            raise CommandError(f"{options['out']}: {exc.strerror}") from exc
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{text}\n")


def user_id_of(text: str) -> int:
    """Return the id that an argument names. Raises CommandError if no one, or more than one, has the name."""
    number = as_id(text)
    if number is not None:
        return number
    found = list(
        get_user_model().objects.filter(Q(username=text) | Q(email__iexact=text)).values_list("pk", flat=True)[:2]
    )
    if len(found) != 1:
        raise CommandError("No user has this name." if not found else "Several users have this address: give the id.")
    return int(found[0])
