"""A host that costs next to nothing: its database, its services and a provider that answers at once."""

import logging
import sqlite3
import sys
import uuid
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import rules
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone
from eventtracking import tracker
from eventtracking.tracker import Tracker
from opaque_keys.edx.keys import CourseKey, UsageKey

from bench import course
from bench.enrollments import EnrollmentsService
from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.models import ProctoredExam
from edx_proctoring.runtime import set_runtime_service

PROVIDER = "test"
PROVIDER_USERNAME = "provider"
STAFF_USERNAME = "staff"


class StubProvider(ProctoringBackendProvider):
    """Agrees with everything, in the process, without a network."""

    verbose_name = "Stub"
    supports_onboarding = True
    # The id of the latest attempt, which its callbacks are about.
    last_external_id = ""

    def register_exam_attempt(self, exam: Any, context: Any) -> str:
        """Return a new id."""
        self.last_external_id = uuid.uuid4().hex
        return self.last_external_id

    def start_exam_attempt(self, exam: Any, attempt: Any) -> None:
        """Do nothing."""

    def stop_exam_attempt(self, exam: Any, attempt: Any) -> None:
        """Do nothing."""

    def mark_erroneous_exam_attempt(self, exam: Any, attempt: Any) -> None:
        """Do nothing."""

    def remove_exam_attempt(self, exam: Any, attempt: Any) -> bool:
        """Confirm."""
        return True

    def get_software_download_url(self) -> str:
        """Return an address."""
        return "https://provider.example.com/download"

    def on_review_callback(self, attempt: Any, payload: Any) -> Any:
        """Take the payload as it is."""
        return payload

    def on_exam_saved(self, exam: Any) -> str:
        """Return an id."""
        return str(exam.get("external_id") or "external")


class CreditService:
    """A course without credit."""

    def get_credit_state(self, user_id: int, course_key: Any, return_course_info: bool = False) -> dict[str, Any]:
        """Return the same state for each learner."""
        return {
            "enrollment_mode": "verified",
            "profile_fullname": "A Learner",
            "student_email": "learner@example.com",
            "course_name": "Bench",
            "is_credit_course": False,
            "credit_requirement_status": [],
        }

    def set_credit_requirement_status(self, **_kwargs: Any) -> None:
        """Do nothing."""

    def remove_credit_requirement_status(self, **_kwargs: Any) -> None:
        """Do nothing."""


class GradesService:
    """Grades are left alone."""

    def should_override_grade_on_rejected_exam(self, course_key: Any) -> bool:
        """Return no."""
        return False

    def override_subsection_grade(self, **_kwargs: Any) -> None:
        """Do nothing."""

    def undo_override_subsection_grade(self, *_args: Any, **_kwargs: Any) -> None:
        """Do nothing."""


class CertificatesService:
    """There are no certificates."""

    def invalidate_certificate(self, *_args: Any, **_kwargs: Any) -> bool:
        """Return that there was none."""
        return False


class InstructorService:
    """One course team."""

    def is_course_staff(self, user: Any, course_id: str) -> bool:
        """Return no: the caller of the staff rows is global staff."""
        return False

    def delete_student_attempt(self, *_args: Any, **_kwargs: Any) -> None:
        """Do nothing."""

    def complete_student_attempt(self, *_args: Any, **_kwargs: Any) -> None:
        """Do nothing."""

    def send_support_notification(self, **_kwargs: Any) -> None:
        """Do nothing."""

    def get_proctoring_escalation_email(self, course_key: Any) -> None:
        """Return none."""


class RelativeDatesFlag:
    """The platform's switch of relative dates, off."""

    @staticmethod
    def is_enabled(course_key: Any) -> bool:
        """Return no."""
        return False


def install() -> StubProvider:
    """Register provider, services, permissions and the tracker of events. Return the provider."""
    # ``edx_when`` imports this at each date. Where the platform is missing, Python searches the whole path each time.
    course_experience = ModuleType("openedx.features.course_experience")
    course_experience.RELATIVE_DATES_FLAG = RelativeDatesFlag  # type: ignore[attr-defined]
    for module in (ModuleType("openedx"), ModuleType("openedx.features"), course_experience):
        sys.modules[module.__name__] = module
    provider = StubProvider()
    apps.get_app_config("edx_proctoring").backends[PROVIDER] = provider  # type: ignore[attr-defined]
    for name, service in {
        "credit": CreditService(),
        "grades": GradesService(),
        "certificates": CertificatesService(),
        "instructor": InstructorService(),
        "enrollments": EnrollmentsService(),
    }.items():
        set_runtime_service(name, service)
    rules.set_perm("edx_proctoring.can_take_proctored_exam", rules.always_true)
    # Events are part of the path; sending them on is the host's.
    tracker.register_tracker(Tracker())
    logging.disable(logging.ERROR)
    return provider


def create_database(learners: int) -> None:
    """Make the database, with all migrations and a course with past attempts."""
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    filled = course.fill(learners, exams=4, allowances=learners // 10)
    provider = get_user_model().objects.create_user(PROVIDER_USERNAME, "provider@example.com")
    provider.groups.add(Group.objects.create(name=f"{PROVIDER}_review"))
    if apps.is_installed("edx_when"):
        from edx_when import api as when

        when.set_dates_for_course(
            CourseKey.from_string(course.COURSE),
            [(UsageKey.from_string(exam.content_id), {"due": due_date()}) for exam in filled.exams],
        )


def drop_database() -> None:
    """Remove the database."""
    connection.creation.destroy_test_db(verbosity=0)


def open_database() -> None:
    """Connect. On SQLite: with a copy of the file in memory, so that the disk does not count."""
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        source = sqlite3.connect(settings.DATABASE_NAME)  # type: ignore[misc]
        source.backup(connection.connection)
        source.close()


def due_date() -> datetime:
    """The due date of all exams: far enough not to shorten an attempt."""
    return timezone.now().replace(microsecond=0) + timedelta(days=30)


def exam(number: int) -> ProctoredExam:
    """One of the course's exams, as ``bench.course`` numbers them."""
    return ProctoredExam.objects.get(course_id=course.COURSE, content_id__endswith=f"exam{number}")
