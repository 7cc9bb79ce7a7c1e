"""Base classes for the test cases of hosts and provider packages (contract/test-support#base-class)."""

import re
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.http import HttpRequest
from django.test import Client, TestCase
from django.utils import timezone
from eventtracking import tracker
from eventtracking.tracker import Tracker

# Puts the test providers into the registry.
import edx_proctoring.tests  # noqa: F401
from edx_proctoring.api import create_exam
from edx_proctoring.models import (
    ProctoredExamReviewPolicy,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.runtime import set_runtime_service
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus
from edx_proctoring.tests.test_services import MockCreditService, MockInstructorService

User = get_user_model()


class TestClient(Client):
    """A client that signs users in without a password."""

    # Not a test case, whatever its name says.
    __test__ = False

    def login_user(self, user):
        """Sign ``user`` in."""
        user.backend = "django.contrib.auth.backends.ModelBackend"
        request = HttpRequest()
        if self.session:
            request.session = self.session
        else:
            request.session = import_module(settings.SESSION_ENGINE).SessionStore()
        login(request, user)
        self.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
        self.cookies[settings.SESSION_COOKIE_NAME].update(
            {
                "max-age": None,
                "path": "/",
                "domain": settings.SESSION_COOKIE_DOMAIN,
                "secure": settings.SESSION_COOKIE_SECURE or None,
                "expires": None,
            }
        )
        request.session.save()


class LoggedInTestCase(TestCase):
    """A test case whose ``self.client`` is signed in as ``self.user``."""

    def setUp(self):
        super().setUp()
        self.client = TestClient()
        self.user = User(username="tester", email="tester@test.com")
        self.user.save()
        self.client.login_user(self.user)

    def create_batch_users(self, number_of_users):
        """Make users ``student0``, ``student1`` … and return them."""
        users = []
        for index in range(number_of_users):
            user = User(username=f"student{index}", email=f"student{index}@test.com")
            user.save()
            users.append(user)
        return users


class MockTracker(Tracker):
    """A tracker that drops every event."""

    def emit(self, name=None, data=None):
        """Do nothing."""


class ProctoredExamTestCase(LoggedInTestCase):
    """A test case that knows how to make exams and attempts.

    The ``_create_*_attempt`` methods without an exam argument use ``self.proctored_exam_id``,
    ``self.timed_exam_id``, ``self.practice_exam_id`` and ``self.onboarding_exam_id``, which the
    subclass sets.
    """

    def setUp(self):
        super().setUp()
        self.default_time_limit = 21
        self.course_id = "a/b/c"
        self.content_id_for_exam_with_due_date = "test_content_due_date_id"
        usage = "block-v1:test+course+1+type@sequential+block@"
        self.content_id = f"{usage}exam"
        self.content_id_timed = f"{usage}timed"
        self.content_id_practice = f"{usage}practice"
        self.content_id_onboarding = f"{usage}onboard"
        self.disabled_content_id = f"{usage}disabled"
        self.exam_name = "Test Exam"
        self.user_id = self.user.id
        self.key = ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0]
        self.value = "10"
        self.external_id = "test_external_id"
        self.proctored_exam_id = None
        self.timed_exam_id = None
        self.practice_exam_id = None
        self.onboarding_exam_id = None

        set_runtime_service("credit", MockCreditService())
        set_runtime_service("instructor", MockInstructorService(is_user_course_staff=True))
        tracker.register_tracker(MockTracker())

        self.prerequisites = self._requirements(second_reverification="failed")
        self.declined_prerequisites = self._requirements(second_reverification="declined")

    def tearDown(self):
        super().tearDown()
        tracker.TRACKERS.pop("default", None)

    @staticmethod
    def _requirements(second_reverification):
        return [
            {"namespace": "proctoring", "name": "proc1", "order": 2, "status": "satisfied"},
            {"namespace": "reverification", "name": "rever1", "order": 1, "status": "satisfied"},
            {"namespace": "grade", "name": "grade1", "order": 0, "status": "pending"},
            {"namespace": "reverification", "name": "rever2", "order": 3, "status": second_reverification},
            {"namespace": "proctoring", "name": "proc2", "order": 4, "status": "pending"},
        ]

    # Exams. Each returns an id.

    def _create_exam(self, content_id, **kwargs):
        return create_exam(
            **{
                "course_id": self.course_id,
                "content_id": content_id,
                "exam_name": self.exam_name,
                "time_limit_mins": self.default_time_limit,
                **kwargs,
            }
        )

    def _create_proctored_exam(self):
        return self._create_exam(self.content_id, external_id=self.external_id)

    def _create_exam_with_due_time(self, is_proctored=True, is_practice_exam=False, due_date=None):
        return self._create_exam(
            self.content_id_for_exam_with_due_date,
            is_proctored=is_proctored,
            is_practice_exam=is_practice_exam,
            due_date=due_date,
        )

    def _create_timed_exam(self):
        return self._create_exam(self.content_id_timed, is_proctored=False)

    def _create_practice_exam(self):
        return self._create_exam(self.content_id_practice, is_proctored=True, is_practice_exam=True, backend="null")

    def _create_onboarding_exam(self):
        return self._create_exam(self.content_id_onboarding, is_proctored=True, is_practice_exam=True, backend="test")

    def _create_disabled_exam(self):
        return self._create_exam(self.disabled_content_id, is_proctored=False, is_active=False)

    # Attempts. Each returns a saved object.

    def _create_exam_attempt(
        self,
        exam_id,
        status=ProctoredExamStudentAttemptStatus.created,
        is_practice_exam=False,
        time_remaining_seconds=None,
        ready_to_resume=False,
        resumed=False,
    ):
        attempt = ProctoredExamStudentAttempt(
            proctored_exam_id=exam_id,
            user_id=self.user_id,
            external_id=self.external_id,
            allowed_time_limit_mins=10,
            taking_as_proctored=True,
            is_sample_attempt=is_practice_exam,
            status=status,
            time_remaining_seconds=time_remaining_seconds,
            ready_to_resume=ready_to_resume,
            resumed=resumed,
        )
        if status in (
            ProctoredExamStudentAttemptStatus.started,
            ProctoredExamStudentAttemptStatus.ready_to_submit,
            ProctoredExamStudentAttemptStatus.submitted,
        ):
            attempt.started_at = timezone.now()
        if ProctoredExamStudentAttemptStatus.is_completed_status(status):
            attempt.completed_at = timezone.now()
        if status == ProctoredExamStudentAttemptStatus.error and not (ready_to_resume or resumed):
            attempt.is_resumable = True
        attempt.save()
        return attempt

    def _create_onboarding_attempt(self):
        return self._create_exam_attempt(self.onboarding_exam_id, is_practice_exam=True)

    def _create_unstarted_exam_attempt(self, is_proctored=True, is_practice=False):
        if is_practice:
            exam_id = self.practice_exam_id
        else:
            exam_id = self.proctored_exam_id if is_proctored else self.timed_exam_id
        return ProctoredExamStudentAttempt.objects.create(
            proctored_exam_id=exam_id,
            user_id=self.user_id,
            external_id=self.external_id,
            allowed_time_limit_mins=10,
            taking_as_proctored=is_proctored,
            is_sample_attempt=is_practice,
            status=ProctoredExamStudentAttemptStatus.created,
        )

    def _create_started(self, exam_id, started_at, *, is_proctored=True, is_sample_attempt=False):
        return ProctoredExamStudentAttempt.objects.create(
            proctored_exam_id=exam_id,
            user_id=self.user_id,
            external_id=self.external_id,
            started_at=started_at or timezone.now(),
            allowed_time_limit_mins=10,
            taking_as_proctored=is_proctored,
            is_sample_attempt=is_sample_attempt,
            status=ProctoredExamStudentAttemptStatus.started,
        )

    def _create_started_exam_attempt(self, started_at=None, is_proctored=True, is_sample_attempt=False):
        exam_id = self.proctored_exam_id if is_proctored else self.timed_exam_id
        return self._create_started(exam_id, started_at, is_proctored=is_proctored, is_sample_attempt=is_sample_attempt)

    def _create_started_practice_exam_attempt(self, started_at=None):
        return self._create_started(self.practice_exam_id, started_at, is_sample_attempt=True)

    def _create_started_onboarding_exam_attempt(self, started_at=None):
        return self._create_started(self.onboarding_exam_id, started_at, is_sample_attempt=True)

    def _create_review_policy(self, exam_id):
        return ProctoredExamReviewPolicy.objects.create(
            set_by_user_id=self.user_id, proctored_exam_id=exam_id, review_policy="test policy"
        )

    @staticmethod
    def _normalize_whitespace(string):
        """Return ``string`` with each run of white space as one space, and no space at the ends."""
        return re.sub(r"\s+", " ", string).strip()
