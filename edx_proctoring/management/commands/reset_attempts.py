"""Remove the attempts that a file lists."""

import argparse
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from edx_proctoring import api
from edx_proctoring.management.batch_command import BatchCommand, items_in_batches
from edx_proctoring.models import ProctoredExamStudentAttempt

log = logging.getLogger(__name__)


class Command(BatchCommand):
    """``manage.py reset_attempts -p FILE``. Contract: contract/commands#reset-attempts.

    Meant for attempts that were not started: credit, grades, the learner's answers and the event log stay unchanged.
    Providers are asked to remove the attempts, but a provider that cannot be reached only once per run. Here they are
    removed in any case. The command may be run again with the same file.
    """

    help = "Remove the attempts whose ids a file lists, one per line. Meant for attempts that were not started."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the file."""
        super().add_arguments(parser)
        parser.add_argument(
            "-p", "--file_path", metavar="FILE", required=True, help="file with one attempt id per line"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove the attempts batch by batch. The file is read twice, but never loaded as a whole."""
        path = Path(options["file_path"])
        # The whole file is validated first: with a mistake in it, nothing is removed.
        listed = sum(1 for _ in read_ids(path))
        failed_backends: set[str | None] = set()
        removed = 0
        for batch in items_in_batches(
            read_ids(path), batch_size=options["batch_size"], sleep_time=options["sleep_time"]
        ):
            attempts = ProctoredExamStudentAttempt.objects.filter(id__in=batch)
            found = list(attempts.values_list("id", flat=True))
            if not options["dry_run"]:
                failed_backends = api._remove_exam_attempts_from_backend(
                    attempts.select_related("proctored_exam"), failed_backends
                )
                attempts.delete()
            removed += len(found)
            log.info(
                "reset attempts: removed=%s of=%s attempt_ids=%s dry_run=%s", removed, listed, found, options["dry_run"]
            )
            self.say(f"{removed} so far, up to attempt_id={batch[-1]}", **options)
        self.say(
            f"{'Would remove' if options['dry_run'] else 'Removed'} {removed} of {listed} listed attempts.", **options
        )


def read_ids(path: Path) -> Iterator[int]:
    """Yield the ids of a file in their order. Raises ``CommandError`` naming the first bad line."""
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                text = line.strip()
                if text:
                    yield _parse_id(text, f"{path}, line {number}")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error


def _parse_id(text: str, location: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise CommandError(f"{location}: {text!r} is not an attempt id; nothing was removed") from error
