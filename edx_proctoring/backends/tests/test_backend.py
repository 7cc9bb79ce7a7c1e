"""Providers for tests (contract/test-support#providers)."""

from edx_proctoring.backends.backend import ProctoringBackendProvider
from edx_proctoring.exceptions import (
    BackendProviderCannotRetireUser,
    BackendProviderOnboardingException,
    BackendProviderSentNoAttemptID,
)


class TestBackendProvider(ProctoringBackendProvider):
    """A provider that accepts every call and keeps the arguments of the last one."""

    # Not a test case, whatever its name says.
    __test__ = False

    last_exam = None
    last_retire_user = None
    last_attempt_remove = None
    # Set one of these to make the next registration fail.
    attempt_error = None
    no_attempt_id_error = None

    has_dashboard = True
    supports_onboarding = True

    def register_exam_attempt(self, exam, context):
        """Return an id, or fail as set."""
        if self.attempt_error:
            raise BackendProviderOnboardingException(self.attempt_error)
        if self.no_attempt_id_error:
            raise BackendProviderSentNoAttemptID(self.no_attempt_id_error, http_status=200)
        return "testexternalid"

    def start_exam_attempt(self, exam, attempt):
        """Do nothing."""

    def stop_exam_attempt(self, exam, attempt):
        """Do nothing."""

    def mark_erroneous_exam_attempt(self, exam, attempt):
        """Do nothing."""

    def remove_exam_attempt(self, exam, attempt):
        """Keep both ids and confirm."""
        self.last_attempt_remove = (exam, attempt)
        return True

    def get_software_download_url(self):
        """Return None: there is no software."""

    def on_review_callback(self, attempt, payload):
        """Return the payload: it is taken to be normalised already."""
        return payload

    def on_exam_saved(self, exam):
        """Keep the exam; return its external id, or a fixed one."""
        self.last_exam = exam
        return exam.get("external_id", None) or "externalid"

    def get_instructor_url(
        self,
        course_id,
        user,
        exam_id=None,
        attempt_id=None,
        show_configuration_dashboard=False,
        encrypted_video_review_url=None,
    ):
        """Return a path that shows the arguments."""
        url = f"/instructor/{course_id}/"
        if exam_id:
            url += f"?exam={exam_id}"
            if attempt_id:
                url += f"&attempt={attempt_id}"
        if show_configuration_dashboard:
            url += "&config=true"
        return url

    def retire_user(self, user_id):
        """Keep the first user and confirm; refuse every other one."""
        if self.last_retire_user:
            raise BackendProviderCannotRetireUser(user_id)
        self.last_retire_user = user_id
        return True

    def get_proctoring_config(self):
        """Return the name only."""
        return {"name": self.verbose_name}


class PassthroughBackendProvider(ProctoringBackendProvider):
    """A provider whose methods call the base class, which raises for abstract methods."""

    def register_exam_attempt(self, exam, context):
        """Call the base class."""
        return super().register_exam_attempt(exam, context)

    def start_exam_attempt(self, exam, attempt):
        """Call the base class."""
        return super().start_exam_attempt(exam, attempt)

    def stop_exam_attempt(self, exam, attempt):
        """Call the base class."""
        return super().stop_exam_attempt(exam, attempt)

    def mark_erroneous_exam_attempt(self, exam, attempt):
        """Call the base class."""
        return super().mark_erroneous_exam_attempt(exam, attempt)

    def remove_exam_attempt(self, exam, attempt):
        """Call the base class."""
        return super().remove_exam_attempt(exam, attempt)

    def get_software_download_url(self):
        """Call the base class."""
        return super().get_software_download_url()

    def on_review_callback(self, attempt, payload):
        """Call the base class."""
        return super().on_review_callback(attempt, payload)

    def on_exam_saved(self, exam):
        """Call the base class."""
        return super().on_exam_saved(exam)

    def get_exam(self, exam):
        """Call the base class."""
        return super().get_exam(exam)
