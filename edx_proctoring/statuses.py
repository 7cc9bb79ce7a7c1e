"""Statuses of attempts and reviews. Contract: contract/statuses#attempt, contract/statuses#stored-verdicts.

The strings are stored in the database, sent to providers and matched by clients: they are data, and are not translated
or renamed.
"""

from typing import ClassVar, Final

from edx_proctoring.exceptions import ProctoredExamBadReviewStatus


class ProctoredExamStudentAttemptStatus:
    """Status of an attempt. Each value equals its name."""

    # Shown by the status summary, never stored by this package.
    eligible: Final = "eligible"
    # The row exists; the learner has not opened the provider's software yet.
    created: Final = "created"
    # The learner clicked the link to the proctoring software.
    download_software_clicked: Final = "download_software_clicked"
    # The provider has checked identity and surroundings.
    ready_to_start: Final = "ready_to_start"
    # The clock is running.
    started: Final = "started"
    # The learner ended the exam but has not confirmed; the clock is still running.
    ready_to_submit: Final = "ready_to_submit"

    # The learner chose to take the exam without proctoring.
    declined: Final = "declined"
    # The time ran out; stored only if ALLOW_TIMED_OUT_STATE is on.
    timed_out: Final = "timed_out"
    submitted: Final = "submitted"
    # A failing review waits for a decision of the course team.
    second_review_required: Final = "second_review_required"
    verified: Final = "verified"
    rejected: Final = "rejected"
    error: Final = "error"
    # Shown by the status summary, never stored by this package.
    expired: Final = "expired"

    # A practice or onboarding attempt that a newer one replaced.
    onboarding_reset: Final = "onboarding_reset"
    # Stored on a *proctored* attempt that the provider refused to register for onboarding reasons.
    onboarding_missing: Final = "onboarding_missing"
    onboarding_pending: Final = "onboarding_pending"
    onboarding_failed: Final = "onboarding_failed"
    onboarding_expired: Final = "onboarding_expired"

    onboarding_errors: ClassVar[tuple[str, ...]] = (
        onboarding_missing,
        onboarding_pending,
        onboarding_failed,
        onboarding_expired,
    )

    _pre_started: ClassVar[frozenset[str]] = frozenset({created, download_software_clicked, ready_to_start})
    _in_progress: ClassVar[frozenset[str]] = frozenset({started, ready_to_submit})
    _incomplete: ClassVar[frozenset[str]] = _pre_started | _in_progress | {eligible}
    _completed: ClassVar[frozenset[str]] = frozenset(
        {declined, timed_out, submitted, second_review_required, verified, rejected, error, *onboarding_errors}
    )
    _credit: ClassVar[frozenset[str]] = frozenset({verified, rejected, declined, submitted, error})

    @classmethod
    def is_completed_status(cls, status: str) -> bool:
        """Return whether the learner can no longer work in an attempt of this status."""
        return status in cls._completed

    @classmethod
    def is_incomplete_status(cls, status: str) -> bool:
        """Return whether an attempt of this status is still open."""
        return status in cls._incomplete

    @classmethod
    def is_valid_status(cls, status: str) -> bool:
        """Return whether an operator may set this status.

        Contract: ``expired`` and ``onboarding_reset`` are neither completed nor incomplete, so not valid here.
        """
        return cls.is_completed_status(status) or cls.is_incomplete_status(status)

    @classmethod
    def is_pre_started_status(cls, status: str) -> bool:
        """Return whether there is an attempt that the learner has not started (``eligible`` has no attempt)."""
        return status in cls._pre_started

    @classmethod
    def is_in_progress_status(cls, status: str) -> bool:
        """Return whether the clock of an attempt of this status is running."""
        return status in cls._in_progress

    @classmethod
    def needs_credit_status_update(cls, to_status: str) -> bool:
        """Return whether entering this status updates the credit service."""
        return to_status in cls._credit

    @classmethod
    def needs_grade_override(cls, to_status: str) -> bool:
        """Return whether entering this status may override the grade of the exam."""
        return to_status == cls.rejected

    @classmethod
    def is_a_cascadable_failure(cls, to_status: str) -> bool:
        """Return whether entering this status also closes the learner's other proctored exams of the course."""
        return to_status == cls.declined


class ReviewStatus:
    """Verdicts in the provider interface."""

    passed: Final = "passed"
    violation: Final = "violation"
    suspicious: Final = "suspicious"
    not_reviewed: Final = "not_reviewed"

    _all: ClassVar[frozenset[str]] = frozenset({passed, violation, suspicious, not_reviewed})

    @classmethod
    def validate(cls, status: str) -> bool:
        """Return True for a known verdict; raise ``ProctoredExamBadReviewStatus`` otherwise."""
        if status not in cls._all:
            raise ProctoredExamBadReviewStatus(status)
        return True


class SoftwareSecureReviewStatus:
    """Verdicts as stored in review rows, for every provider.

    Named after the first provider, whose words these are.
    """

    clean: Final = "Clean"
    violation: Final = "Rules Violation"
    suspicious: Final = "Suspicious"
    not_reviewed: Final = "Not Reviewed"

    # Lists, not tuples: outside code concatenates them with lists.
    passing_statuses: ClassVar[list[str]] = [clean, violation]
    failing_statuses: ClassVar[list[str]] = [not_reviewed, suspicious]
    # Contract: one string. Compare it for equality; ``in`` would test for a substring.
    notify_support_for_status: Final = suspicious

    from_standard_status: ClassVar[dict[str, str]] = {
        ReviewStatus.passed: clean,
        ReviewStatus.violation: violation,
        ReviewStatus.suspicious: suspicious,
        ReviewStatus.not_reviewed: not_reviewed,
    }
    to_standard_status: ClassVar[dict[str, str]] = {
        clean: ReviewStatus.passed,
        violation: ReviewStatus.violation,
        suspicious: ReviewStatus.suspicious,
        not_reviewed: ReviewStatus.not_reviewed,
    }

    @classmethod
    def validate(cls, status: str) -> bool:
        """Return True for a known stored verdict; raise ``ProctoredExamBadReviewStatus`` otherwise."""
        if status not in cls.to_standard_status:
            raise ProctoredExamBadReviewStatus(status)
        return True


class InstructorDashboardOnboardingAttemptStatus:
    """Onboarding statuses of the instructor dashboard."""

    not_started: Final = "not_started"
    setup_started: Final = "setup_started"
    onboarding_started: Final = "onboarding_started"
    submitted: Final = "submitted"
    rejected: Final = "rejected"
    verified: Final = "verified"
    error: Final = "error"
    expired: Final = "expired"
    # The learner has a valid profile from another course.
    other_course_approved: Final = "other_course_approved"
    # The attempt was reset, and the onboarding exam is past its due date.
    onboarding_reset_past_due: Final = "onboarding_reset_past_due"

    onboarding_statuses: ClassVar[dict[str, str]] = {
        ProctoredExamStudentAttemptStatus.created: setup_started,
        ProctoredExamStudentAttemptStatus.download_software_clicked: setup_started,
        ProctoredExamStudentAttemptStatus.ready_to_start: setup_started,
        ProctoredExamStudentAttemptStatus.started: onboarding_started,
        ProctoredExamStudentAttemptStatus.ready_to_submit: onboarding_started,
        ProctoredExamStudentAttemptStatus.submitted: submitted,
        ProctoredExamStudentAttemptStatus.rejected: rejected,
        ProctoredExamStudentAttemptStatus.verified: verified,
        ProctoredExamStudentAttemptStatus.error: error,
        ProctoredExamStudentAttemptStatus.expired: expired,
    }

    @classmethod
    def get_onboarding_status_from_attempt_status(cls, status: str | None) -> str | None:
        """Return the dashboard's status: ``not_started`` without an attempt status, None for an unmapped one."""
        if not status:
            return cls.not_started
        return cls.onboarding_statuses.get(status)


class VerificientOnboardingProfileStatus:
    """Onboarding statuses of providers that keep a profile per learner."""

    no_profile: Final = "no-profile"
    approved: Final = "approved-in-course"
    other_course_approved: Final = "approved-in-different-course"
    rejected: Final = "rejected"
    expired: Final = "expired"
    pending: Final = "pending"

    profile_status_mapping: ClassVar[dict[str, str | None]] = {
        no_profile: None,
        approved: ProctoredExamStudentAttemptStatus.verified,
        other_course_approved: InstructorDashboardOnboardingAttemptStatus.other_course_approved,
        rejected: ProctoredExamStudentAttemptStatus.rejected,
        expired: ProctoredExamStudentAttemptStatus.expired,
        pending: ProctoredExamStudentAttemptStatus.submitted,
    }
    filter_status_mapping: ClassVar[dict[str, str]] = {
        InstructorDashboardOnboardingAttemptStatus.not_started: no_profile,
        InstructorDashboardOnboardingAttemptStatus.verified: approved,
        InstructorDashboardOnboardingAttemptStatus.other_course_approved: other_course_approved,
        InstructorDashboardOnboardingAttemptStatus.rejected: rejected,
        InstructorDashboardOnboardingAttemptStatus.expired: expired,
        InstructorDashboardOnboardingAttemptStatus.submitted: pending,
    }

    @classmethod
    def get_edx_status_from_profile_status(cls, api_status: str | None) -> str | None:
        """Return the attempt status for a profile status; None without a profile or for an unknown status."""
        return cls.profile_status_mapping.get(api_status) if api_status is not None else None

    @classmethod
    def get_instructor_status_from_profile_status(cls, api_status: str | None) -> str | None:
        """Return the dashboard's status for a profile status; ``not_started`` without a profile."""
        if api_status == cls.no_profile:
            return InstructorDashboardOnboardingAttemptStatus.not_started
        return cls.get_edx_status_from_profile_status(api_status)

    @classmethod
    def get_profile_status_from_filter(cls, attempt_status: str | None) -> str | None:
        """Return the profile status to request when the dashboard filters by ``attempt_status``."""
        return cls.filter_status_mapping.get(attempt_status) if attempt_status is not None else None
