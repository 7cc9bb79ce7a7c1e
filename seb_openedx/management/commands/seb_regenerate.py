"""Make the files of exams with Safe Exam Browser again. Contract: contract/seb-exams#regenerate."""

import argparse
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey

from seb_openedx import conf
from seb_openedx.exams.regeneration import Outcome, Result, exams_with_files, is_origin, regenerate

_SHOWN_OF_KEY = 7
_BY = "seb_regenerate"


class Command(BaseCommand):
    """``manage.py seb_regenerate [--course ID] [--dry-run] [--force]``: may be repeated."""

    help = (
        "Make the files of exams with Safe Exam Browser again, after LMS_ROOT_URL, another setting or SECRET_KEY has "
        "changed. Exit status 1: the files of some exams are still the earlier ones."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add which exams, and how."""
        parser.add_argument("--course", action="append", metavar="ID", help="only this course; may be repeated")
        parser.add_argument("--dry-run", action="store_true", help="save nothing, only print")
        parser.add_argument(
            "--force", action="store_true", help="also exams that learners are in; they have to reopen it"
        )
        parser.add_argument("--origin", default="", help="scheme://host[:port] of the LMS; default: LMS_ROOT_URL")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and print a line for each exam."""
        origin = (options["origin"] or conf.seb.lms_root_url).rstrip("/")
        if not is_origin(origin):
            text = f"{origin!r} is no address such as https://lms.example.com: set LMS_ROOT_URL or give --origin"
            raise CommandError(text, returncode=2)
        rows = exams_with_files()
        if options["course"]:
            rows = rows.filter(course_id__in=[_course_key(text) for text in options["course"]])
        counts: Counter[Result] = Counter()
        for outcome in regenerate(rows, origin=origin, by=_BY, force=options["force"], dry_run=options["dry_run"]):
            counts[outcome.result] += 1
            self.stdout.write(_line(outcome))
        done = "would be changed" if options["dry_run"] else "changed"
        self.stdout.write(
            f"{counts[Result.CHANGED]} {done}, {counts[Result.UNCHANGED]} unchanged, "
            f"{counts[Result.PRESERVED]} served unchanged, {counts[Result.WAITS]} with learners in the exam, "
            f"{counts[Result.FAILED]} failed"
        )
        if counts[Result.WAITS] or counts[Result.FAILED]:
            raise CommandError("Some exams keep their earlier file. Run it again after the exam, or with --force.")


def _course_key(text: str) -> CourseKey:
    try:
        return CourseKey.from_string(text)
    except InvalidKeyError as error:
        raise CommandError(f"{text!r} is no course id", returncode=2) from error


def _line(outcome: Outcome) -> str:
    keys = ""
    if outcome.new_key and outcome.new_key != outcome.old_key:
        keys = f" {outcome.old_key[:_SHOWN_OF_KEY]} -> {outcome.new_key[:_SHOWN_OF_KEY]}"
    detail = f" ({outcome.detail})" if outcome.detail else ""
    return f"{outcome.course_id} {outcome.content_id}: {outcome.result}{keys}{detail}"
