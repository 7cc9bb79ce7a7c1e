"""Stand-ins for the services of the host (contract/test-support#services). Outside suites use them by name."""

from datetime import timedelta

from django.utils import timezone

from edx_proctoring.exceptions import UserNotFoundException


class MockCreditService:
    """A credit service that knows one learner and keeps requirements in a list."""

    def __init__(
        self,
        enrollment_mode="verified",
        profile_fullname="Wolfgang von Strucker",
        course_name="edx demo",
        student_email="foo@bar",
    ):
        self.order = 0
        self.status = {
            "course_name": course_name,
            "enrollment_mode": enrollment_mode,
            "profile_fullname": profile_fullname,
            "student_email": student_email,
            "credit_requirement_status": [],
        }

    def get_credit_state(self, user_id, course_key, return_course_info=False):
        """Return the state, the same for every learner and course."""
        return self.status

    def set_credit_requirement_status(
        self, user_id, course_key_or_id, req_namespace, req_name, status="satisfied", reason=None
    ):
        """Add a requirement, or change the one with this namespace, name and course."""
        for requirement in self.status["credit_requirement_status"]:
            if (
                requirement["name"] == req_name
                and requirement["namespace"] == req_namespace
                and requirement["course_id"] == str(course_key_or_id)
            ):
                requirement["status"] = status
                return
        self.order += 1
        self.status["credit_requirement_status"].append(
            {
                "course_id": str(course_key_or_id),
                "req_namespace": req_namespace,
                "namespace": req_namespace,
                "name": req_name,
                "status": status,
                "order": self.order,
            }
        )

    def remove_credit_requirement_status(self, user_id, course_key_or_id, req_namespace, req_name):
        """Remove the requirement with this namespace, name and course, if there is one."""
        self.status["credit_requirement_status"] = [
            requirement
            for requirement in self.status["credit_requirement_status"]
            if not (
                requirement["name"] == req_name
                and requirement["namespace"] == req_namespace
                and requirement["course_id"] == str(course_key_or_id)
            )
        ]
        return True


class MockCreditServiceWithCourseEndDate(MockCreditService):
    """A credit service of a course that ended yesterday."""

    def get_credit_state(self, user_id, course_key, return_course_info=False):
        """Return the state with ``course_end_date``."""
        self.status["course_end_date"] = timezone.now() - timedelta(days=1)
        return self.status


class MockCreditServiceNone(MockCreditService):
    """A credit service that does not know the learner."""

    def get_credit_state(self, user_id, course_key, return_course_info=False):
        """Return None, as for a learner without enrolment."""


class MockInstructorService:
    """An instructor service that remembers the notifications it was asked to send."""

    def __init__(self, is_user_course_staff=True):
        self.is_user_course_staff = is_user_course_staff
        self.notifications = []
        self._escalation_email = None
        self._escalation_email_error = None

    def delete_student_attempt(self, student_identifier, course_id, content_id, requesting_user):
        """Return True. Raises ``UserNotFoundException`` if ``requesting_user`` has no ``id``."""
        if not hasattr(requesting_user, "id"):
            raise UserNotFoundException("requesting_user has no id")
        return True

    def complete_student_attempt(self, user_identifier, content_id):
        """Do nothing."""

    def is_course_staff(self, user, course_id):
        """Return what the service was made with."""
        return self.is_user_course_staff

    def send_support_notification(self, course_id, exam_name, student_username, review_status, review_url):
        """Remember the notification."""
        self.notifications.append((course_id, exam_name, student_username, review_status, review_url))

    def mock_proctoring_escalation_email(self, email):
        """Answer with this address from now on."""
        self._escalation_email = email
        self._escalation_email_error = None

    def mock_proctoring_escalation_email_error(self, error):
        """Raise this error from now on."""
        self._escalation_email_error = error

    def get_proctoring_escalation_email(self, course_key):
        """Return the address, or raise the error, that was set."""
        if self._escalation_email_error is not None:
            raise self._escalation_email_error
        return self._escalation_email


class MockGrade:
    """A grade of a subsection."""

    def __init__(self, earned_all=0.0, earned_graded=0.0):
        self.earned_all = earned_all
        self.earned_graded = earned_graded


class MockGradeOverride:
    """An override of a grade."""

    def __init__(self, earned_all=0.0, earned_graded=0.0):
        self.earned_all_override = earned_all
        self.earned_graded_override = earned_graded


class MockGeneratedCertificate:
    """A certificate that can be downloaded."""

    def __init__(self):
        self.verify_uuid = "test_verify_uuid"
        self.download_uuid = "test_download_uuid"
        self.download_url = "test_download_url"
        self.grade = 1.0
        self.status = "downloadable"

    def mock_invalidate(self):
        """Withdraw it."""
        self.verify_uuid = ""
        self.download_uuid = ""
        self.download_url = ""
        self.grade = ""
        self.status = "unavailable"


class MockGradesService:
    """A grades service that keeps grades and overrides in dicts."""

    def __init__(self, rejected_exam_overrides_grade=True):
        self.grades = {}
        self.overrides = {}
        self.rejected_exam_overrides_grade = rejected_exam_overrides_grade

    def init_grade(self, user_id, course_key_or_id, usage_key_or_id, earned_all, earned_graded):
        """Give the learner a grade to begin with."""
        self.grades[self._key(user_id, course_key_or_id, usage_key_or_id)] = MockGrade(earned_all, earned_graded)

    def get_subsection_grade(self, user_id, course_key_or_id, usage_key_or_id):
        """Return the grade or None; an override wins."""
        key = self._key(user_id, course_key_or_id, usage_key_or_id)
        override = self.overrides.get(key)
        if override is not None:
            return MockGrade(override.earned_all_override, override.earned_graded_override)
        return self.grades.get(key)

    def get_subsection_grade_override(self, user_id, course_key_or_id, usage_key_or_id):
        """Return the override, or None."""
        return self.overrides.get(self._key(user_id, course_key_or_id, usage_key_or_id))

    def override_subsection_grade(
        self,
        user_id,
        course_key_or_id,
        usage_key_or_id,
        earned_all=None,
        earned_graded=None,
        overrider=None,
        comment=None,
    ):
        """Override the grade."""
        key = self._key(user_id, course_key_or_id, usage_key_or_id)
        self.overrides[key] = MockGradeOverride(earned_all, earned_graded)

    def undo_override_subsection_grade(self, user_id, course_key_or_id, usage_key_or_id):
        """Take the override back, if there is one."""
        self.overrides.pop(self._key(user_id, course_key_or_id, usage_key_or_id), None)

    def should_override_grade_on_rejected_exam(self, course_key):
        """Return what the service was made with."""
        return self.rejected_exam_overrides_grade

    @staticmethod
    def _key(user_id, course_key_or_id, usage_key_or_id):
        return f"{user_id}:{course_key_or_id}:{usage_key_or_id}"


class MockCertificateService:
    """A certificate service in which every learner has a certificate until it is withdrawn."""

    def __init__(self):
        self.generated_certificate = {}

    def invalidate_certificate(self, user_id, course_key_or_id):
        """Withdraw the certificate."""
        certificate = MockGeneratedCertificate()
        certificate.mock_invalidate()
        self.generated_certificate[self._key(user_id, course_key_or_id)] = certificate
        return True

    def get_invalidated_certificate(self, user_id, course_key_or_id):
        """Return the withdrawn certificate, or None."""
        return self.generated_certificate.get(self._key(user_id, course_key_or_id))

    @staticmethod
    def _key(user_id, course_key_or_id):
        return f"{user_id}:{course_key_or_id}"


class MockEnrollment:
    """An active enrolment."""

    def __init__(self, user, mode):
        self.user = user
        self.mode = mode


class MockEnrollmentsService:
    """An enrolments service that knows the enrolments it was made with, whatever the course.

    ``enrollments``: dicts with ``user`` and ``mode``.
    """

    def __init__(self, enrollments):
        self.enrollments = [MockEnrollment(enrollment["user"], enrollment["mode"]) for enrollment in enrollments]

    def get_active_enrollments_by_course(self, course_id):
        """Return all enrolments."""
        return self.enrollments

    def get_enrollments_can_take_proctored_exams(self, course_id, text_search=None):
        """Return all enrolments."""
        return self.enrollments


class MockUserCourseOutlineDetailsData:
    """Outline and dates of a course for a learner."""

    def __init__(self, outline, schedule):
        self.outline = outline
        self.schedule = schedule


class MockUserCourseOutlineData:
    """What of a course a learner may see."""

    def __init__(self, accessible_sequences):
        self.accessible_sequences = accessible_sequences


class MockScheduleData:
    """The dates of a course."""

    def __init__(self, schedule_items, course_end=None):
        self.sequences = schedule_items
        self.course_end = course_end


class MockScheduleItemData:
    """The dates of a sequence."""

    def __init__(self, effective_start, due_date=None):
        self.effective_start = effective_start
        self.due = due_date


class MockLearningSequencesService:
    """A learning-sequences service that answers the same for every course and learner."""

    def __init__(self, accessible_sequences, schedule_items):
        self.accessible_sequences = accessible_sequences
        self.schedule_items = schedule_items

    def get_user_course_outline_details(self, course_key, user, at_time):
        """Return outline and dates."""
        return MockUserCourseOutlineDetailsData(
            self.get_user_course_outline(course_key, user, at_time), MockScheduleData(self.schedule_items)
        )

    def get_user_course_outline(self, course_key, user, at_time):
        """Return the outline."""
        return MockUserCourseOutlineData(self.accessible_sequences)


class MockVerifiedName:
    """A name that an identity check confirmed, or is to confirm."""

    def __init__(
        self,
        user,
        verified_name,
        profile_name,
        verification_attempt_id=None,
        proctored_exam_attempt_id=None,
        status=None,
    ):
        self.user = user
        self.verified_name = verified_name
        self.profile_name = profile_name
        self.verification_attempt_id = verification_attempt_id
        self.proctored_exam_attempt_id = proctored_exam_attempt_id
        self.status = status


class MockNameAffirmationService:
    """A name-affirmation service that keeps one name per learner."""

    def __init__(self):
        self.verified_names = {}

    def get_verified_name(self, user, is_verified=False, statuses_to_exclude=None):
        """Return the stored name, or None."""
        return self.verified_names.get(user.id)

    def create_verified_name(
        self,
        user,
        verified_name,
        profile_name,
        verification_attempt_id=None,
        proctored_exam_attempt_id=None,
        status=None,
    ):
        """Store and return a name."""
        name = MockVerifiedName(
            user, verified_name, profile_name, verification_attempt_id, proctored_exam_attempt_id, status
        )
        self.verified_names[user.id] = name
        return name
