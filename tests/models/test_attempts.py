"""Attempts: the published manager, the archive, saving, locking."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from freezegun import freeze_time

from edx_proctoring.exceptions import StudentExamAttemptDoesNotExistsException
from edx_proctoring.models import HistoricalProctoredExamStudentAttempt, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import COURSE, NOON, make_attempt, make_exam, make_user

pytestmark = pytest.mark.django_db

attempts = ProctoredExamStudentAttempt.objects


@pytest.mark.contract("tables#attempt-manager")
class TestOneAttempt:
    @pytest.mark.parametrize(
        ("method", "field"),
        [
            ("get_exam_attempt_by_id", "id"),
            ("get_exam_attempt_by_code", "attempt_code"),
            ("get_exam_attempt_by_external_id", "external_id"),
        ],
    )
    def test_is_found_with_exam_and_learner_in_one_query(self, method, field, django_assert_num_queries):
        attempt = make_attempt()
        make_attempt()
        with django_assert_num_queries(1):
            found = getattr(attempts, method)(getattr(attempt, field))
            assert (found, found.proctored_exam, found.user) == (attempt, attempt.proctored_exam, attempt.user)

    @pytest.mark.parametrize(
        ("method", "unknown"),
        [
            ("get_exam_attempt_by_id", 12345),
            ("get_exam_attempt_by_id", "12345"),
            ("get_exam_attempt_by_code", "nobody"),
            ("get_exam_attempt_by_external_id", "nobody"),
        ],
    )
    def test_an_unknown_id_or_code_gives_none(self, method, unknown):
        assert getattr(attempts, method)(unknown) is None

    def test_a_malformed_id_raises_an_error(self):
        with pytest.raises(ValueError, match="expected a number"):
            attempts.get_exam_attempt_by_id("abc")

    def test_a_code_of_two_attempts_raises_an_error(self):
        make_attempt(attempt_code="twice")
        make_attempt(attempt_code="twice")
        with pytest.raises(ProctoredExamStudentAttempt.MultipleObjectsReturned):
            attempts.get_exam_attempt_by_code("twice")

    def test_its_text_contains_ids_but_not_the_learners_name(self):
        attempt = make_attempt(user=make_user("julia"))
        assert str(attempt) == (
            f"attempt_id={attempt.id} exam_id={attempt.proctored_exam_id} user_id={attempt.user_id} status=created"
        )


@pytest.mark.contract("tables#attempt-manager")
class TestCurrentAttempt:
    def test_is_the_newest_one(self):
        with freeze_time(NOON) as clock:
            first = make_attempt()
            clock.tick(1)
            newest = make_attempt(first.proctored_exam, first.user)
        first.save()
        assert attempts.get_current_exam_attempt(first.proctored_exam_id, first.user_id) == newest

    def test_of_two_created_at_the_same_instant_is_the_second(self):
        with freeze_time(NOON):
            first = make_attempt()
            second = make_attempt(first.proctored_exam, first.user)
        assert attempts.get_current_exam_attempt(first.proctored_exam_id, first.user_id) == second

    def test_is_none_for_a_learner_without_attempts(self):
        assert attempts.get_current_exam_attempt(make_exam().id, make_user().id) is None


@pytest.mark.contract("tables#attempt-manager")
class TestLists:
    def test_all_attempts_of_a_course_take_one_query_at_any_size(self, django_assert_num_queries):
        exam = make_exam()
        for _ in range(90):
            make_attempt(exam)
        make_attempt(make_exam(course_id="course-v1:Other+1+1"))
        with django_assert_num_queries(1):
            found = list(attempts.get_all_exam_attempts(COURSE))
            assert len(found) == 90
            assert {attempt.proctored_exam.id for attempt in found} == {exam.id}
            assert len({attempt.user.username for attempt in found}) == 90
        assert found == sorted(found, key=lambda attempt: (attempt.created, attempt.id), reverse=True)

    def test_all_attempts_of_an_exam(self):
        attempt = make_attempt()
        make_attempt()
        assert list(attempts.get_all_exam_attempts_by_exam_id(attempt.proctored_exam_id)) == [attempt]

    def test_attempts_of_a_learner_in_an_exam_are_listed_newest_first(self):
        with freeze_time(NOON) as clock:
            first = make_attempt()
            clock.tick(1)
            second = make_attempt(first.proctored_exam, first.user)
        make_attempt(first.proctored_exam)
        make_attempt(user=first.user)
        found = attempts.get_user_attempts_by_exam_id(first.user_id, first.proctored_exam_id)
        assert list(found) == [second, first]

    def test_practice_attempts_of_a_course_can_be_limited_to_users(self):
        practice = make_exam("practice")
        mine, other = make_attempt(practice), make_attempt(practice)
        make_attempt(practice, taking_as_proctored=False)
        make_attempt()
        make_attempt(make_exam("practice", is_active=False))
        found = attempts.get_proctored_practice_attempts_by_course_id
        assert set(found(COURSE)) == {mine, other}
        assert list(found(COURSE, users=[mine.user])) == [mine]
        assert set(found(COURSE, users=[])) == {mine, other}

    def test_practice_attempts_are_listed_by_latest_change(self):
        practice = make_exam("practice")
        with freeze_time(NOON) as clock:
            first, second = make_attempt(practice), make_attempt(practice)
            clock.tick(1)
            first.save()
        assert list(attempts.get_proctored_practice_attempts_by_course_id(COURSE)) == [first, second]

    @pytest.mark.parametrize(
        ("search_by", "found"),
        [("juli", True), ("@example", True), ("nobody", False)],
        ids=["part-of-the-name", "part-of-the-email", "neither"],
    )
    def test_a_search_matches_name_and_email(self, search_by, found):
        attempt = make_attempt(user=make_user("juliet"))
        make_attempt(make_exam(course_id="course-v1:Other+1+1"), attempt.user)
        assert list(attempts.get_filtered_exam_attempts(COURSE, search_by)) == ([attempt] if found else [])

    def test_proctored_attempts_of_a_learner_are_listed_latest_first(self):
        user = make_user()
        earlier = make_attempt(user=user, status=S.submitted, completed_at=NOON)
        later = make_attempt(user=user, status=S.submitted, completed_at=NOON + timedelta(hours=1))
        make_attempt(make_exam("practice"), user, status=S.submitted)
        make_attempt(user=user, taking_as_proctored=False)
        make_attempt(status=S.submitted)
        assert list(attempts.get_proctored_exam_attempts(COURSE, user.username)) == [later, earlier]

    @pytest.mark.parametrize("status", [S.started, S.ready_to_submit])
    def test_an_attempt_with_a_running_clock_is_active(self, status):
        attempt = make_attempt(status=status)
        assert list(attempts.get_active_student_attempts(attempt.user_id)) == [attempt]
        assert list(attempts.get_active_student_attempts(attempt.user_id, COURSE)) == [attempt]
        assert list(attempts.get_active_student_attempts(attempt.user_id, "course-v1:Other+1+1")) == []

    @pytest.mark.parametrize("status", [S.created, S.ready_to_start, S.submitted, S.error])
    def test_an_attempt_without_a_running_clock_is_not_active(self, status):
        attempt = make_attempt(status=status)
        assert list(attempts.get_active_student_attempts(attempt.user_id)) == []


@pytest.mark.contract("timing#verification", "onboarding#verified-attempts", "tables#attempt-manager")
class TestVerifiedOnboarding:
    def found(self, attempt, backend="test"):
        return attempt in attempts.get_last_verified_proctored_onboarding_attempts([attempt.user], backend)

    def test_a_verified_attempt_counts_in_every_course(self):
        assert self.found(make_attempt(make_exam("onboarding", course_id="course-v1:Other+1+1"), status=S.verified))

    @pytest.mark.parametrize(
        "facts",
        [
            pytest.param({"status": S.submitted}, id="not-verified"),
            pytest.param({"taking_as_proctored": False}, id="not-proctored"),
        ],
    )
    def test_an_attempt_that_is_not_verified_or_not_proctored_does_not_count(self, facts):
        assert not self.found(make_attempt(make_exam("onboarding"), **{"status": S.verified, **facts}))

    def test_an_attempt_with_another_provider_does_not_count(self):
        assert not self.found(make_attempt(make_exam("onboarding"), status=S.verified), backend="null")

    def test_an_attempt_in_a_proctored_exam_does_not_count(self):
        assert not self.found(make_attempt(make_exam(), status=S.verified))

    @pytest.mark.parametrize(
        ("age", "valid"),
        [
            pytest.param(timedelta(days=365) - timedelta(seconds=1), True, id="a-second-less-than-a-year"),
            pytest.param(timedelta(days=365), False, id="a-year"),
        ],
    )
    def test_a_verification_expires_after_a_year(self, age, valid):
        with freeze_time(NOON):
            attempt = make_attempt(make_exam("onboarding"), status=S.verified)
        with freeze_time(NOON + age):
            assert self.found(attempt) is valid


@pytest.mark.contract("tables#clear-onboarding-errors")
class TestClearingOnboardingErrors:
    @pytest.fixture
    def refused(self):
        return make_attempt(status=S.onboarding_missing)

    def remaining(self, *candidates):
        return list(attempts.filter(id__in=[attempt.id for attempt in candidates]).order_by("id"))

    @pytest.mark.parametrize("status", S.onboarding_errors)
    def test_attempts_in_an_onboarding_error_are_removed(self, status):
        refused = make_attempt(status=status)
        attempts.clear_onboarding_errors(refused.user_id)
        assert self.remaining(refused) == []

    def test_other_attempts_and_those_of_other_learners_stay(self, refused):
        others = [make_attempt(user=refused.user), make_attempt(status=S.onboarding_missing)]
        attempts.clear_onboarding_errors(refused.user_id)
        assert self.remaining(refused, *others) == others

    def test_the_provider_is_asked_to_remove_the_attempt(self, refused, test_backend):
        attempts.clear_onboarding_errors(refused.user_id)
        assert test_backend.last_attempt_remove == (refused.proctored_exam.external_id, refused.external_id)

    @pytest.mark.parametrize("answer", ["refuses", "fails"])
    def test_attempts_are_removed_even_if_the_provider_refuses_or_fails(
        self, refused, test_backend, monkeypatch, answer
    ):
        def remove(exam, attempt):
            if answer == "fails":
                raise ConnectionError
            return False

        monkeypatch.setattr(test_backend, "remove_exam_attempt", remove)
        attempts.clear_onboarding_errors(refused.user_id)
        assert self.remaining(refused) == []

    def test_the_history_of_removed_attempts_stays(self, refused):
        attempts.clear_onboarding_errors(refused.user_id)
        rows = HistoricalProctoredExamStudentAttempt.objects.filter(attempt_code=refused.attempt_code)
        assert sorted(row.history_type for row in rows) == ["+", "-"]

    @pytest.mark.contract("effects#onboarding-clean-up")
    def test_only_attempts_of_the_named_provider_are_removed(self, refused):
        other = make_attempt(make_exam(backend="null"), refused.user, status=S.onboarding_missing)
        attempts.clear_onboarding_errors(refused.user_id, backend="test")
        assert self.remaining(refused, other) == [other]

    def test_an_exam_without_a_provider_counts_for_the_default_one(self, refused):
        """The default provider of the test settings is ``test``."""
        other = make_attempt(make_exam(backend=None), refused.user, status=S.onboarding_missing)
        attempts.clear_onboarding_errors(refused.user_id, backend="test")
        assert self.remaining(refused, other) == []


@pytest.mark.contract("tables#attempt-archive", "reviews#unchanged-attempts")
class TestArchive:
    def test_a_removed_attempt_is_rebuilt_in_its_last_state(self, django_assert_num_queries):
        attempt = make_attempt(status=S.started)
        attempt.status = S.submitted
        attempt.save()
        attempt_id = attempt.id
        attempt.delete_exam_attempt()
        with django_assert_num_queries(1):
            archived = ProctoredExamStudentAttempt.get_historic_attempt_by_code(attempt.attempt_code)
        assert (archived.pk, archived.status, archived.external_id) == (attempt_id, S.submitted, attempt.external_id)
        assert archived.history.count() == 3

    def test_an_unknown_code_gives_none(self):
        assert ProctoredExamStudentAttempt.get_historic_attempt_by_code("nobody") is None

    def test_of_two_archived_attempts_with_one_code_the_later_one_is_returned(self):
        with freeze_time(NOON) as clock:
            first = make_attempt(attempt_code="again", external_id="first")
            first.delete()
            clock.tick(60)
            second = make_attempt(attempt_code="again", external_id="second")
            second.delete()
        assert HistoricalProctoredExamStudentAttempt.objects.filter(attempt_code="again").count() == 4
        archived = ProctoredExamStudentAttempt.get_historic_attempt_by_code("again")
        assert archived.external_id == "second"

    def test_an_archived_attempt_cannot_be_saved(self):
        attempt = make_attempt()
        attempt.delete()
        archived = ProctoredExamStudentAttempt.get_historic_attempt_by_code(attempt.attempt_code)
        with pytest.raises(ProctoredExamStudentAttempt.DoesNotExist):
            archived.save()

    def test_saving_an_attempt_that_was_deleted_concurrently_fails(self):
        attempt = make_attempt()
        ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).delete()
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt.save()
        assert ProctoredExamStudentAttempt.objects.count() == 0


@pytest.mark.contract("tables#attempt-create", "tables#history", "tables#timestamps")
class TestSaving:
    def test_a_new_attempt_has_no_time_limit_and_no_times(self):
        exam, user = make_exam(), make_user()
        attempt = ProctoredExamStudentAttempt.create_exam_attempt(exam.id, user.id, "CODE", True, False, "external")
        attempt.refresh_from_db()
        assert (attempt.status, attempt.allowed_time_limit_mins, attempt.started_at, attempt.completed_at) == (
            S.created,
            None,
            None,
            None,
        )

    def test_the_modified_date_changes_on_save_but_not_on_queryset_update(self):
        with freeze_time(NOON) as clock:
            attempt = make_attempt()
            clock.tick(60)
            attempt.save(update_fields=["status"])
            attempt.refresh_from_db()
            assert attempt.modified == NOON + timedelta(seconds=60)
            clock.tick(60)
            ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(status=S.error)
            attempt.refresh_from_db()
            assert (attempt.modified, attempt.created) == (NOON + timedelta(seconds=60), NOON)

    def test_saving_an_unfinished_attempt_takes_two_queries(self, django_assert_num_queries):
        attempt = make_attempt(status=S.started)
        with django_assert_num_queries(2):
            attempt.save()


class TestLocking:
    def test_locking_returns_the_attempt(self):
        attempt = make_attempt()
        with transaction.atomic():
            assert attempts.locked(attempt.id) == attempt

    def test_locking_an_unknown_attempt_raises_an_error(self):
        with transaction.atomic(), pytest.raises(StudentExamAttemptDoesNotExistsException, match="attempt_id=12345"):
            attempts.locked(12345)
