"""Statuses of attempts and reviews, compared with the tables of contract/statuses#attempt and
contract/statuses#stored-verdicts."""

import pytest

from edx_proctoring.exceptions import ProctoredExamBadReviewStatus
from edx_proctoring.statuses import (
    InstructorDashboardOnboardingAttemptStatus,
    ProctoredExamStudentAttemptStatus,
    ReviewStatus,
    SoftwareSecureReviewStatus,
    VerificientOnboardingProfileStatus,
)

INCOMPLETE = ["eligible", "created", "download_software_clicked", "ready_to_start", "started", "ready_to_submit"]
ONBOARDING_ERRORS = ["onboarding_missing", "onboarding_pending", "onboarding_failed", "onboarding_expired"]
COMPLETE = [
    "declined",
    "timed_out",
    "submitted",
    "second_review_required",
    "verified",
    "rejected",
    "error",
    *ONBOARDING_ERRORS,
]
NEITHER = ["expired", "onboarding_reset"]
ALL = [*INCOMPLETE, *COMPLETE, *NEITHER]


@pytest.mark.contract("statuses#attempt")
@pytest.mark.parametrize("status", ALL)
def test_the_constant_of_a_status_equals_its_name(status):
    assert getattr(ProctoredExamStudentAttemptStatus, status) == status


@pytest.mark.contract("statuses#attempt")
def test_the_onboarding_errors_have_their_published_order():
    assert ProctoredExamStudentAttemptStatus.onboarding_errors == tuple(ONBOARDING_ERRORS)


@pytest.mark.contract("statuses#groups")
@pytest.mark.parametrize(
    ("predicate", "statuses"),
    [
        ("is_incomplete_status", INCOMPLETE),
        ("is_completed_status", COMPLETE),
        ("is_valid_status", [*INCOMPLETE, *COMPLETE]),
        ("is_pre_started_status", ["created", "download_software_clicked", "ready_to_start"]),
        ("is_in_progress_status", ["started", "ready_to_submit"]),
        ("needs_credit_status_update", ["verified", "rejected", "declined", "submitted", "error"]),
        ("needs_grade_override", ["rejected"]),
        ("is_a_cascadable_failure", ["declined"]),
    ],
)
def test_a_predicate_is_true_for_exactly_its_statuses(predicate, statuses):
    holds = getattr(ProctoredExamStudentAttemptStatus, predicate)
    assert [status for status in [*ALL, "", "unknown"] if holds(status)] == [s for s in ALL if s in statuses]


REVIEWS = {
    "passed": "Clean",
    "violation": "Rules Violation",
    "suspicious": "Suspicious",
    "not_reviewed": "Not Reviewed",
}


class TestReviews:
    @pytest.mark.contract("statuses#verdicts")
    @pytest.mark.parametrize("standard", REVIEWS)
    def test_a_standard_status_is_valid(self, standard):
        assert ReviewStatus.validate(standard) is True

    @pytest.mark.contract("statuses#stored-verdicts")
    @pytest.mark.parametrize("stored", REVIEWS.values())
    def test_a_stored_status_is_valid(self, stored):
        assert SoftwareSecureReviewStatus.validate(stored) is True

    @pytest.mark.contract("statuses#verdicts", "statuses#stored-verdicts")
    @pytest.mark.parametrize("statuses", [ReviewStatus, SoftwareSecureReviewStatus])
    def test_any_other_status_is_refused(self, statuses):
        with pytest.raises(ProctoredExamBadReviewStatus, match="bogus"):
            statuses.validate("bogus")

    @pytest.mark.contract("statuses#stored-verdicts")
    def test_standard_and_stored_statuses_map_to_each_other(self):
        assert SoftwareSecureReviewStatus.from_standard_status == REVIEWS
        assert SoftwareSecureReviewStatus.to_standard_status == {v: k for k, v in REVIEWS.items()}

    @pytest.mark.contract("statuses#stored-verdicts")
    def test_the_lists_have_their_published_values(self):
        assert SoftwareSecureReviewStatus.passing_statuses == ["Clean", "Rules Violation"]
        assert SoftwareSecureReviewStatus.failing_statuses == ["Not Reviewed", "Suspicious"]
        assert SoftwareSecureReviewStatus.notify_support_for_status == "Suspicious"


class TestOnboarding:
    @pytest.mark.contract("statuses#onboarding")
    @pytest.mark.parametrize(
        ("attempt", "dashboard"),
        [
            (None, "not_started"),
            ("", "not_started"),
            ("created", "setup_started"),
            ("download_software_clicked", "setup_started"),
            ("ready_to_start", "setup_started"),
            ("started", "onboarding_started"),
            ("ready_to_submit", "onboarding_started"),
            ("submitted", "submitted"),
            ("rejected", "rejected"),
            ("verified", "verified"),
            ("error", "error"),
            ("expired", "expired"),
            ("declined", None),
            ("onboarding_reset", None),
        ],
    )
    def test_an_attempt_status_maps_to_its_dashboard_status(self, attempt, dashboard):
        translate = InstructorDashboardOnboardingAttemptStatus.get_onboarding_status_from_attempt_status
        assert translate(attempt) == dashboard

    @pytest.mark.contract("provider-wire#profile-statuses", "statuses#onboarding-profiles")
    @pytest.mark.parametrize(
        ("profile", "edx", "dashboard"),
        [
            ("no-profile", None, "not_started"),
            ("approved-in-course", "verified", "verified"),
            ("approved-in-different-course", "other_course_approved", "other_course_approved"),
            ("rejected", "rejected", "rejected"),
            ("expired", "expired", "expired"),
            ("pending", "submitted", "submitted"),
            ("bogus", None, None),
            (None, None, None),
        ],
    )
    def test_a_profile_status_maps_to_attempt_and_dashboard_status(self, profile, edx, dashboard):
        statuses = VerificientOnboardingProfileStatus
        assert statuses.get_edx_status_from_profile_status(profile) == edx
        assert statuses.get_instructor_status_from_profile_status(profile) == dashboard

    @pytest.mark.contract("provider-wire#profile-statuses", "statuses#onboarding-profiles")
    @pytest.mark.parametrize(
        ("wanted", "profile"),
        [
            ("not_started", "no-profile"),
            ("verified", "approved-in-course"),
            ("other_course_approved", "approved-in-different-course"),
            ("rejected", "rejected"),
            ("expired", "expired"),
            ("submitted", "pending"),
            ("setup_started", None),
            (None, None),
        ],
    )
    def test_a_filter_maps_to_its_profile_status(self, wanted, profile):
        assert VerificientOnboardingProfileStatus.get_profile_status_from_filter(wanted) == profile
