"""Services of the host platform: one Protocol per runtime service, with the methods that this app calls.

Contract: contract/host-services#registry, contract/host-services#absent. Which arguments are
positional is contract, and tests of hosts assert it: call each method as its docstring says.

A service is fetched at each use with ``runtime.get_runtime_service(NAME)`` and may be absent. Ids of courses and usages
are passed as ``str``; only ``learning_sequences`` takes key objects.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol, TypedDict, runtime_checkable

from opaque_keys.edx.keys import CourseKey, UsageKey

# Names under which the host registers its services.
CREDIT: Final = "credit"
GRADES: Final = "grades"
CERTIFICATES: Final = "certificates"
INSTRUCTOR: Final = "instructor"
ENROLLMENTS: Final = "enrollments"
LEARNING_SEQUENCES: Final = "learning_sequences"
NAME_AFFIRMATION: Final = "name_affirmation"
# Registered by the app ``seb_openedx``, where that is installed.
SAFE_EXAM_BROWSER: Final = "safe_exam_browser"


class CreditRequirement(TypedDict, total=False):
    """One requirement of a credit course and the learner's status."""

    namespace: str
    name: str
    display_name: str
    criteria: dict[str, Any]
    reason: dict[str, Any] | None
    # None, satisfied, submitted, failed or declined
    status: str | None
    status_date: datetime | None
    order: int


class CreditState(TypedDict, total=False):
    """A learner's credit data in a course. Any key may be missing."""

    enrollment_mode: str
    profile_fullname: str
    student_email: str
    is_credit_course: bool
    credit_requirement_status: list[CreditRequirement]
    # Only with ``return_course_info=True``.
    course_name: str
    # Naive for a course that the host does not know.
    course_end_date: datetime | None


@runtime_checkable
class CreditService(Protocol):
    """Registered as ``credit`` in LMS and Studio."""

    def get_credit_state(
        self, user_id: int, course_key_or_id: CourseKey | str, return_course_info: bool = False
    ) -> CreditState | None:
        """Return the learner's state, None without an active enrolment. First two positional.

        Raises the host's ``ObjectDoesNotExist`` for a user without profile.
        """

    def set_credit_requirement_status(
        self,
        user_id: int,
        course_key_or_id: CourseKey | str,
        req_namespace: str,
        req_name: str,
        status: str = "satisfied",
        reason: dict[str, Any] | None = None,
    ) -> None:
        """Record a requirement. All by keyword. Does nothing if the course gives no credit."""

    def remove_credit_requirement_status(
        self, user_id: int, course_key_or_id: CourseKey | str, req_namespace: str, req_name: str
    ) -> None:
        """Delete a requirement. All by keyword."""


@runtime_checkable
class GradesService(Protocol):
    """Registered as ``grades`` in the LMS."""

    def should_override_grade_on_rejected_exam(self, course_key_or_id: CourseKey | str) -> bool:
        """Return whether a rejected exam is graded zero in this course. Positional."""

    def override_subsection_grade(
        self,
        user_id: int,
        course_key_or_id: CourseKey | str,
        usage_key_or_id: UsageKey | str,
        earned_all: float | None = None,
        earned_graded: float | None = None,
        *,
        overrider: Any = None,
        comment: str | None = None,
    ) -> None:
        """Replace a grade. All by keyword; ``overrider`` is a User or None."""

    def undo_override_subsection_grade(
        self, user_id: int, course_key_or_id: CourseKey | str, usage_key_or_id: UsageKey | str
    ) -> None:
        """Remove our own override. All by keyword. Does nothing without a grade or an override."""


@runtime_checkable
class CertificatesService(Protocol):
    """Registered as ``certificates`` in the LMS."""

    def invalidate_certificate(self, user_id: int, course_key_or_id: CourseKey | str) -> bool:
        """Invalidate a certificate; False if there is none. All by keyword."""


@runtime_checkable
class InstructorService(Protocol):
    """Registered as ``instructor`` in the LMS."""

    def delete_student_attempt(
        self, student_identifier: str, course_id: str, content_id: str, requesting_user: Any
    ) -> None:
        """Delete the learner's answers in the exam. Three positional, ``requesting_user`` by keyword.

        ``requesting_user`` must have ``id``.
        """

    def complete_student_attempt(self, user_identifier: str, content_id: str) -> None:
        """Mark everything in the exam complete for the learner (username). Positional."""

    def is_course_staff(self, user: Any, course_id: str) -> bool:
        """Return whether the user is staff of this course. Positional.

        Raises ``InvalidKeyError`` for a bad id.
        """

    def send_support_notification(
        self,
        course_id: str,
        exam_name: str,
        student_username: str,
        review_status: str,
        review_url: str | None = None,
    ) -> None:
        """Open a support ticket about a suspicious review. All by keyword."""

    def get_proctoring_escalation_email(self, course_key: CourseKey | str) -> str | None:
        """Return the course's address for questions about reviews; empty or None if it has none.

        Positional. Raises ``ObjectDoesNotExist`` for an unknown course, ``InvalidKeyError`` for a bad id.
        """


@runtime_checkable
class OptOutService(Protocol):
    """Optional method of the service ``instructor``; without it, learners may opt out over REST."""

    def is_proctoring_opt_out_allowed(self, course_id: str) -> bool:
        """Return whether learners of the course may take its proctored exams without proctoring. Positional.

        The learner's page gets the same fact as ``allow_proctoring_opt_out`` in its context.
        """


@runtime_checkable
class Enrollment(Protocol):
    """One learner's active enrolment."""

    user: Any
    mode: str


@runtime_checkable
class EnrollmentsService(Protocol):
    """Registered as ``enrollments`` in the LMS."""

    def get_enrollments_can_take_proctored_exams(
        self, course_id: str, text_search: str | None = None
    ) -> Iterable[Enrollment] | None:
        """Return the enrolments that may take proctored exams, in no particular order. Positional.

        None: the course is unknown, or proctored exams are off there.
        """


class ScheduledSequence(Protocol):
    """When one sequence opens and closes for a learner."""

    effective_start: datetime | None
    due: datetime | None


class UserSchedule(Protocol):
    """The dates of a course for one learner."""

    course_end: datetime | None
    sequences: Mapping[UsageKey, ScheduledSequence]


class UserOutline(Protocol):
    """The part of a course that one learner may see."""

    accessible_sequences: Collection[UsageKey]


class UserOutlineDetails(Protocol):
    """Outline and dates of a course for one learner."""

    outline: UserOutline
    schedule: UserSchedule


@runtime_checkable
class LearningSequencesService(Protocol):
    """Registered as ``learning_sequences`` in LMS and Studio.

    Computing details calls ``api.get_attempt_status_summary`` for each exam of the outline, so do not call the service
    from that function. Any exception is treated as "no details".
    """

    def get_user_course_outline_details(
        self, course_key: CourseKey, user: Any, at_time: datetime
    ) -> UserOutlineDetails:
        """Return outline and dates at an aware UTC instant. Positional."""


class VerifiedName(Protocol):
    """A name that an identity check confirmed."""

    verified_name: str


@runtime_checkable
class NameAffirmationService(Protocol):
    """Registered as ``name_affirmation`` where that plug-in is installed."""

    def get_verified_name(
        self, user: Any, is_verified: bool = False, statuses_to_exclude: list[str] | None = None
    ) -> VerifiedName | None:
        """Return the learner's verified name, or None. ``user`` positional, the rest by keyword."""


class SafeExamBrowserInfo(TypedDict):
    """What leads a learner into Safe Exam Browser. Links are None where there is none to offer."""

    required: bool
    verified: bool
    # manual, template, upload or client
    mode: str | None
    # seb:// or sebs://
    launch_url: str | None
    config_url: str | None
    quit_url: str | None
    # win, mac, ios -> lowest version
    min_versions: dict[str, str]


@runtime_checkable
class SafeExamBrowserService(Protocol):
    """Registered as ``safe_exam_browser`` by the app ``seb_openedx``. All by keyword."""

    def is_required(self, course_id: CourseKey | str, content_id: UsageKey | str) -> bool:
        """Return whether an exam demands the browser. Costs no query while no exam does."""

    def is_verified(self, request: Any, course_id: CourseKey | str, content_id: UsageKey | str) -> bool:
        """Return whether a request has proved the browser for an exam, or needs no proof."""

    def get_launch_info(
        self, request: Any, course_id: CourseKey | str, content_id: UsageKey | str
    ) -> SafeExamBrowserInfo | None:
        """Return what leads a learner into the browser; None if the exam does not demand it."""

    def end_session(self, user_id: int, course_id: CourseKey | str, content_id: UsageKey | str, reason: str) -> int:
        """End what the learner has proved for an exam; return how many sessions that were."""
