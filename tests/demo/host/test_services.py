"""The services behave as the platform's do, oddities included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.utils.module_loading import import_string
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey, UsageKey

from demo.host import call_log, instrumentation, signal_receivers
from demo.host.models import (
    BlockCompletion,
    Certificate,
    CertificateAllowlist,
    CourseRole,
    CreditEligibility,
    CreditRequest,
    CreditRequirement,
    CreditRequirementStatus,
    Enrollment,
    LearnerState,
    ServiceFault,
    Submission,
    SubsectionGrade,
    SubsectionGradeOverride,
    SubsectionGradeOverrideChange,
    SupportTicket,
    VerifiedName,
)
from edx_proctoring import api
from edx_proctoring.runtime import get_runtime_service

UNKNOWN = "course-v1:No+SUCH+course"


@pytest.fixture
def key(course):
    return CourseKey.from_string(course.course_id)


@pytest.fixture
def requirement(course):
    return CreditRequirement.objects.create(course=course, namespace="proctored_exam", name="exam")


def status_of(learner):
    return CreditRequirementStatus.objects.filter(user=learner).values_list("status", flat=True).first()


class TestCredit:
    @property
    def service(self):
        return get_runtime_service("credit")

    @pytest.mark.parametrize("as_key", [True, False], ids=["key", "string"])
    def test_state_of_a_learner(self, learner, course, requirement, as_key):
        course_id = CourseKey.from_string(course.course_id) if as_key else course.course_id
        state = self.service.get_credit_state(learner.pk, course_id)
        assert state["profile_fullname"] == "Lena"
        assert state["enrollment_mode"] == "verified"
        assert [row["status"] for row in state["credit_requirement_status"]] == [None]
        assert "course_end_date" not in state

    def test_unknown_user_has_no_state(self, course):
        assert self.service.get_credit_state(987654, course.course_id) is None

    def test_not_enrolled_has_no_state(self, person, course):
        assert self.service.get_credit_state(person().pk, course.course_id) is None

    def test_inactive_enrolment_has_no_state(self, learner, course):
        Enrollment.objects.update(is_active=False)
        assert self.service.get_credit_state(learner.pk, course.course_id) is None

    def test_a_user_without_profile_raises(self, learner, course):
        learner.profile.delete()
        with pytest.raises(ObjectDoesNotExist):
            self.service.get_credit_state(learner.pk, course.course_id)

    def test_an_unpublished_course_has_no_name_and_a_naive_end_in_the_past(self, learner, course):
        state = self.service.get_credit_state(learner.pk, course.course_id, return_course_info=True)
        assert "course_name" not in state
        assert state["course_end_date"].tzinfo is None
        assert state["course_end_date"] < datetime.now()  # noqa: DTZ005  (the oddity is that it is naive)

    def test_a_published_course_has_a_name_and_an_aware_end(self, learner, course, publish):
        publish()
        state = self.service.get_credit_state(learner.pk, course.course_id, return_course_info=True)
        assert state["course_name"] == "Exams"
        assert state["course_end_date"].tzinfo is not None

    def set(self, learner, course, status="satisfied"):
        self.service.set_credit_requirement_status(
            user_id=learner.pk,
            course_key_or_id=course.course_id,
            req_namespace="proctored_exam",
            req_name="exam",
            status=status,
        )

    def test_a_status_is_stored(self, learner, course, requirement):
        self.set(learner, course, "submitted")
        assert status_of(learner) == "submitted"

    def test_no_status_is_stored_for_a_course_without_credit(self, learner, course, requirement):
        course.is_credit_course = False
        course.save()
        self.set(learner, course)
        assert status_of(learner) is None

    def test_no_status_is_stored_for_an_audit_learner(self, learner, course, requirement):
        Enrollment.objects.update(mode="audit")
        self.set(learner, course)
        assert status_of(learner) is None

    def test_no_status_is_stored_once_credit_was_requested(self, learner, course, requirement):
        CreditRequest.objects.create(user=learner, course=course)
        self.set(learner, course)
        assert status_of(learner) is None

    def test_no_status_is_stored_for_an_unknown_requirement(self, learner, course):
        self.set(learner, course)
        assert status_of(learner) is None

    def test_a_learner_who_satisfied_every_requirement_is_eligible(self, learner, course, requirement):
        self.set(learner, course)
        assert CreditEligibility.objects.filter(user=learner).exists()

    def test_an_eligible_learner_cannot_fail_afterwards(self, learner, course, requirement):
        self.set(learner, course)
        self.set(learner, course, "failed")
        assert status_of(learner) == "satisfied"

    def test_a_status_can_be_removed(self, learner, course, requirement):
        self.set(learner, course)
        self.service.remove_credit_requirement_status(
            user_id=learner.pk, course_key_or_id=course.course_id, req_namespace="proctored_exam", req_name="exam"
        )
        assert status_of(learner) is None


class TestGrades:
    @property
    def service(self):
        return get_runtime_service("grades")

    @pytest.fixture
    def block(self, sequence, publish):
        made = sequence()
        publish()
        return made.usage_key

    def test_the_course_flag_decides_whether_grades_are_overridden(self, course):
        assert self.service.should_override_grade_on_rejected_exam(course.course_id) is False
        course.rejected_exam_overrides_grade = True
        course.save()
        assert self.service.should_override_grade_on_rejected_exam(CourseKey.from_string(course.course_id)) is True

    def override(self, learner, course, block, **more):
        self.service.override_subsection_grade(
            user_id=learner.pk,
            course_key_or_id=course.course_id,
            usage_key_or_id=block,
            earned_all=0.0,
            earned_graded=0.0,
            overrider=None,
            comment="rejected",
            **more,
        )

    def test_an_override_creates_a_missing_grade(self, learner, course, block):
        self.override(learner, course, block)
        assert SubsectionGrade.objects.get(user=learner).override.earned_graded_override == 0.0
        assert list(SubsectionGradeOverrideChange.objects.values_list("action", flat=True)) == ["override"]

    def test_overriding_a_missing_block_raises(self, learner, course, block):
        with pytest.raises(Exception, match="is not in"):
            self.override(learner, course, block.replace("exam", "gone"))

    def test_the_overrider_must_be_a_user(self, learner, course, block):
        with pytest.raises(ValueError, match=r"must be a .User. instance"):
            self.service.override_subsection_grade(
                user_id=learner.pk, course_key_or_id=course.course_id, usage_key_or_id=block, overrider="stan"
            )

    def test_undoing_removes_the_override(self, learner, course, block):
        self.override(learner, course, block)
        self.service.undo_override_subsection_grade(
            user_id=learner.pk, course_key_or_id=course.course_id, usage_key_or_id=block
        )
        assert not SubsectionGradeOverride.objects.exists()

    def test_undoing_keeps_another_features_override(self, learner, course, block):
        self.override(learner, course, block, feature="GRADEBOOK")
        self.service.undo_override_subsection_grade(
            user_id=learner.pk, course_key_or_id=course.course_id, usage_key_or_id=block
        )
        assert SubsectionGradeOverride.objects.exists()

    def test_undoing_without_an_override_does_nothing(self, learner, course, block):
        self.service.undo_override_subsection_grade(
            user_id=learner.pk, course_key_or_id=course.course_id, usage_key_or_id=block
        )


class TestCertificates:
    @property
    def service(self):
        return get_runtime_service("certificates")

    def test_a_learner_without_a_certificate_returns_false(self, learner, course):
        assert self.service.invalidate_certificate(user_id=learner.pk, course_key_or_id=course.course_id) is False

    def test_a_certificate_becomes_unavailable(self, learner, course):
        certificate = Certificate.objects.create(user=learner, course=course)
        assert self.service.invalidate_certificate(user_id=learner.pk, course_key_or_id=course.course_id) is True
        certificate.refresh_from_db()
        assert certificate.status == Certificate.UNAVAILABLE

    def test_a_certificate_on_the_allow_list_is_kept(self, learner, course):
        certificate = Certificate.objects.create(user=learner, course=course)
        CertificateAllowlist.objects.create(user=learner, course=course)
        assert self.service.invalidate_certificate(user_id=learner.pk, course_key_or_id=course.course_id) is False
        certificate.refresh_from_db()
        assert certificate.status == Certificate.DOWNLOADABLE


class TestInstructor:
    @property
    def service(self):
        return get_runtime_service("instructor")

    @pytest.fixture
    def block(self, sequence, publish):
        made = sequence()
        publish()
        return made.usage_key

    @pytest.fixture
    def answered(self, learner, course, block):
        problem = block.replace("sequential", "problem")
        LearnerState.objects.create(user=learner, course=course, usage_key=problem, state={"answer": "4"})
        Submission.objects.create(user=learner, usage_key=problem, answer="4")
        return learner

    @pytest.mark.parametrize("by", ["username", "email"])
    def test_a_reset_deletes_answers_and_sets_completion_to_zero(
        self, answered, course, block, person, by, django_capture_on_commit_callbacks
    ):
        BlockCompletion.objects.create(user=answered, usage_key=block, completion=1.0)
        with django_capture_on_commit_callbacks(execute=True):
            self.service.delete_student_attempt(getattr(answered, by), course.course_id, block, person("stan"))
        assert not LearnerState.objects.exists()
        assert not Submission.objects.exists()
        assert BlockCompletion.objects.get(usage_key=block).completion == 0.0

    def test_an_unknown_learner_is_logged(self, course, block, person, caplog):
        self.service.delete_student_attempt("nobody", course.course_id, block, person("stan"))
        assert "learner unknown" in caplog.text

    def test_a_malformed_content_id_is_logged(self, answered, course, person, caplog):
        self.service.delete_student_attempt(answered.username, course.course_id, "no key", person("stan"))
        assert "content unknown" in caplog.text
        assert LearnerState.objects.exists()

    def test_the_requesting_user_must_be_a_user(self, answered, course, block):
        with pytest.raises(AttributeError):
            self.service.delete_student_attempt(answered.username, course.course_id, block, None)

    def test_key_objects_raise(self, answered, key, block, person):
        with pytest.raises(TypeError):
            self.service.delete_student_attempt(answered.username, key, block, person("stan"))
        with pytest.raises(TypeError):
            self.service.complete_student_attempt(answered.username, UsageKey.from_string(block))

    def test_completing_a_subsection_completes_its_problems(self, learner, block, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            self.service.complete_student_attempt(learner.username, block)
        done = set(BlockCompletion.objects.filter(completion=1.0).values_list("usage_key", flat=True))
        assert done == {block, block.replace("sequential", "problem")}

    @pytest.mark.contract("host-services#course-staff")
    @pytest.mark.parametrize(
        ("fields", "role", "expected"),
        [
            pytest.param({}, None, False, id="learner"),
            pytest.param({}, "staff", True, id="course-staff"),
            pytest.param({}, "instructor", True, id="course-instructor"),
            pytest.param({"is_staff": True}, None, True, id="global-staff"),
            pytest.param({"is_staff": True, "is_active": False}, None, False, id="inactive-global-staff"),
        ],
    )
    def test_course_staff_are_recognized(self, person, course, fields, role, expected):
        user = person("someone", **fields)
        if role:
            CourseRole.objects.create(user=user, course=course, role=role)
        assert self.service.is_course_staff(user, course.course_id) is expected

    def test_a_malformed_course_id_raises(self, learner):
        with pytest.raises(InvalidKeyError):
            self.service.is_course_staff(learner, "no key")

    def test_a_ticket_is_opened(self, course):
        self.service.send_support_notification(course.course_id, "Midterm", "lena", "Suspicious", "http://review")
        assert SupportTicket.objects.count() == 1

    def test_no_ticket_is_opened_when_the_course_does_not_want_any(self, course):
        course.create_zendesk_tickets = False
        course.save()
        self.service.send_support_notification(course.course_id, "Midterm", "lena", "Suspicious")
        assert not SupportTicket.objects.exists()

    def test_a_ticket_for_an_unknown_course_raises(self, db):
        with pytest.raises(AttributeError):
            self.service.send_support_notification(UNKNOWN, "Midterm", "lena", "Suspicious")

    def test_escalation_address_of_an_unknown_course_raises(self, db):
        with pytest.raises(ObjectDoesNotExist):
            self.service.get_proctoring_escalation_email(UNKNOWN)

    def test_escalation_address_may_be_none(self, course):
        assert self.service.get_proctoring_escalation_email(course.course_id) is None

    @pytest.mark.parametrize("allowed", [True, False])
    def test_course_says_whether_learners_may_opt_out_of_proctoring(self, course, allowed):
        course.allow_proctoring_opt_out = allowed
        course.save()
        assert self.service.is_proctoring_opt_out_allowed(course.course_id) is allowed

    def test_opting_out_is_not_allowed_in_an_unknown_course(self, db):
        assert self.service.is_proctoring_opt_out_allowed(UNKNOWN) is False


class TestEnrollments:
    @property
    def service(self):
        return get_runtime_service("enrollments")

    def who(self, course, text=None):
        found = self.service.get_enrollments_can_take_proctored_exams(course.course_id, text)
        return {enrollment.user.username for enrollment in found}

    @pytest.fixture(autouse=True)
    def class_of_2026(self, course, person):
        for mode in ("verified", "masters", "honor", "audit"):
            Enrollment.objects.create(user=person(f"{mode}-learner"), course=course, mode=mode)
        Enrollment.objects.create(user=person("left"), course=course, mode="verified", is_active=False)

    def test_only_modes_that_may_be_proctored_are_listed(self, course):
        assert self.who(course) == {"verified-learner", "masters-learner"}

    def test_honor_learners_are_listed_when_the_provider_allows_it(self, course, settings):
        settings.PROCTORING_BACKENDS = {**settings.PROCTORING_BACKENDS, "null": {"allow_honor_mode": True}}
        assert "honor-learner" in self.who(course)

    def test_search_ignores_case(self, course):
        assert self.who(course, "MASTERS") == {"masters-learner"}

    def test_an_unknown_course_returns_none(self):
        assert self.service.get_enrollments_can_take_proctored_exams(UNKNOWN) is None

    def test_a_course_without_proctored_exams_returns_none(self, course):
        course.enable_proctored_exams = False
        course.save()
        assert self.service.get_enrollments_can_take_proctored_exams(course.course_id) is None


class TestLearningSequences:
    @property
    def service(self):
        return get_runtime_service("learning_sequences")

    def details(self, key, user):
        return self.service.get_user_course_outline_details(key, user, datetime.now(UTC))

    def test_an_unpublished_outline_raises_an_exception_that_callers_cannot_import(self, key, learner):
        with pytest.raises(Exception, match="no published outline") as caught:
            self.details(key, learner)
        assert type(caught.value).__mro__[1] is Exception

    def test_a_course_id_as_string_raises(self, course, learner):
        with pytest.raises(TypeError):
            self.details(course.course_id, learner)

    def test_a_naive_time_raises(self, key, learner):
        with pytest.raises(ValueError, match="aware"):
            self.service.get_user_course_outline_details(key, learner, datetime.now())  # noqa: DTZ005

    def test_a_subsection_without_a_start_has_no_effective_start(self, key, learner, sequence, publish):
        made = sequence(starts_at=None)
        publish()
        dates = self.details(key, learner).schedule.sequences[UsageKey.from_string(made.usage_key)]
        assert dates.effective_start is None

    def test_a_subsection_that_starts_later_is_not_accessible(self, key, learner, sequence, publish):
        sequence(starts_at=datetime.now(UTC) + timedelta(days=1))
        publish()
        assert self.details(key, learner).outline.accessible_sequences == frozenset()

    def test_the_outline_contains_the_status_summary_of_each_exam(self, key, learner, sequence, publish):
        made = sequence()
        publish()
        attempts = self.details(key, learner).special_exam_attempts
        assert attempts[UsageKey.from_string(made.usage_key)]["short_description"] == "Timed Exam"


class TestNameAffirmation:
    @property
    def service(self):
        return get_runtime_service("name_affirmation")

    def test_a_learner_without_a_verified_name_returns_none(self, learner):
        assert self.service.get_verified_name(learner, is_verified=False, statuses_to_exclude=["denied"]) is None

    def test_denied_names_are_excluded(self, learner):
        VerifiedName.objects.create(user=learner, verified_name="Lena B.", status="approved")
        VerifiedName.objects.create(user=learner, verified_name="L.", status="denied")
        found = self.service.get_verified_name(learner, is_verified=False, statuses_to_exclude=["denied"])
        assert found.verified_name == "Lena B."


class TestInstrumentation:
    def test_a_call_is_logged_with_argument_types(self, learner, key):
        get_runtime_service("credit").get_credit_state(learner.pk, key)
        entry = next(call_log.entries())
        assert (entry["service"], entry["method"], entry["outcome"]) == ("credit", "get_credit_state", "ok")
        assert entry["arguments"]["course_key_or_id"].startswith("CourseLocator ")
        assert entry["in_transaction"] is True

    def test_a_failing_call_is_logged_with_its_error(self, course):
        with pytest.raises(InvalidKeyError):
            get_runtime_service("instructor").is_course_staff(None, "no key")
        assert next(call_log.entries())["outcome"].startswith("InvalidKeyError")

    def test_a_fault_raises_as_often_as_configured(self, course):
        ServiceFault.objects.create(service="credit", method="is_credit_course", kind="raise", remaining=1)
        with pytest.raises(instrumentation.InjectedFault):
            get_runtime_service("credit").is_credit_course(course.course_id)
        assert get_runtime_service("credit").is_credit_course(course.course_id) is True

    def test_a_fault_of_one_method_does_not_affect_the_others(self, learner, course):
        ServiceFault.objects.create(service="credit", method="is_credit_course", kind="returns_none")
        assert get_runtime_service("credit").is_credit_course(course.course_id) is None
        assert get_runtime_service("credit").get_credit_state(learner.pk, course.course_id) is not None

    def test_an_absent_service_returns_when_its_fault_is_removed(self, db):
        fault = ServiceFault.objects.create(service="grades", kind="none")
        instrumentation.apply_absences()
        assert get_runtime_service("grades") is None
        fault.delete()
        instrumentation.apply_absences()
        assert get_runtime_service("grades") is not None


@pytest.mark.contract("host-integration#receivers")
class TestNameAffirmationPlugin:
    def test_its_receivers_hear_of_each_status_and_of_a_deletion(self, learner, sequence, publish):
        made = sequence()
        publish()
        exam = api.get_exam_by_content_id(made.section.course.course_id, made.usage_key)
        attempt_id = api.create_exam_attempt(exam["id"], learner.pk)
        api.update_attempt_status(attempt_id, "started")
        import_string("edx_proctoring.models.ProctoredExamStudentAttempt").objects.get(pk=attempt_id).delete()
        heard = [entry for entry in call_log.entries() if entry["service"] == "signal"][::-1]
        assert [entry["method"] for entry in heard] == ["exam_attempt_status"] * 2 + ["attempt_deleted"]
        assert [str(attempt_id) in entry["arguments"]["attempt_id"] for entry in heard] == [True] * 3

    def test_its_signal_is_found_by_path(self):
        signal = import_string("edx_proctoring.signals.exam_attempt_status_signal")
        assert any(signal_receivers.on_attempt_status in found for found in signal._live_receivers(None))
