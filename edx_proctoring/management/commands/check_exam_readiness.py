"""Check whether the exams of a course can be taken."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey

from edx_proctoring.api.course_staff.readiness import ERROR, OK, check_readiness


class Command(BaseCommand):
    """``manage.py check_exam_readiness COURSE``, to run before an exam day.

    Contract: contract/commands#check-readiness.

    Exit code 1 if any check found an error, for monitoring.
    """

    # What is wrong with the configuration is what the command is to tell.
    requires_system_checks = ()

    help = (
        "Check whether the exams of a course can be taken: providers, exams, dates, reviewers, learners. Changes "
        "nothing. Exit code: 0 without an error, 1 with one."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the course and what is left out."""
        parser.add_argument("course_id", metavar="COURSE", help="course id, such as course-v1:Org+Course+Run")
        parser.add_argument("--exam", type=int, metavar="ID", help="only this exam")
        parser.add_argument("--offline", action="store_true", help="do not ask the providers")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one paragraph per check that is not in order. Raises ``CommandError`` if there is an error."""
        try:
            course_id = str(CourseKey.from_string(options["course_id"]))
        except InvalidKeyError as exc:
            raise CommandError(f"{options['course_id']!r} is no course id.") from exc
        report = check_readiness(
            course_id, now=timezone.now(), exam_id=options["exam"], ask_providers=not options["offline"]
        )
        if options["json"]:
            self.stdout.write(json.dumps({**asdict(report), "summary": report.summary}, cls=DjangoJSONEncoder))
        else:
            for check in report.checks:
                if check.level != OK:
                    subject = " ".join(part for part in (check.subject.kind, check.subject.id) if part)
                    self.stdout.write(f"{check.level:8}{check.code}: {subject}")
                    self.stdout.write(f"        {check.text} {check.fix}".rstrip())
            self.stdout.write(", ".join(f"{level}: {number}" for level, number in report.summary.items()))
        if errors := report.summary[ERROR]:
            raise CommandError(f"Errors: {errors}.")
