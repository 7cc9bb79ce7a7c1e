"""Allowances: granting, validation, look-ups and the archive."""

import pytest

from edx_proctoring.exceptions import (
    AllowanceValueNotAllowedException,
    ProctoredExamNotActiveException,
    UserNotFoundException,
)
from edx_proctoring.models import ProctoredExamStudentAllowance, ProctoredExamStudentAllowanceHistory
from tests.factories import COURSE, make_allowance, make_exam, make_user

pytestmark = pytest.mark.django_db

EXTRA_TIME = ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED
EXCEPTION = ProctoredExamStudentAllowance.REVIEW_POLICY_EXCEPTION
add = ProctoredExamStudentAllowance.add_allowance_for_user


def archived() -> list[tuple[int, str]]:
    return list(ProctoredExamStudentAllowanceHistory.objects.order_by("id").values_list("allowance_id", "value"))


def test_the_constants_have_their_published_values():
    assert EXTRA_TIME == ("additional_time_granted", "Additional Time (minutes)")
    assert EXCEPTION == ("review_policy_exception", "Review Policy Exception")
    assert ProctoredExamStudentAllowance.all_allowances == [EXTRA_TIME + EXCEPTION]


@pytest.mark.contract("allowances#value")
class TestValidValues:
    @pytest.mark.parametrize("kind", EXTRA_TIME, ids=["key", "label"])
    @pytest.mark.parametrize("value", ["0", "30", 30, 0])
    def test_a_whole_number_of_minutes_is_valid_extra_time(self, kind, value):
        assert ProctoredExamStudentAllowance.is_allowance_value_valid(kind, value)

    @pytest.mark.parametrize("kind", EXTRA_TIME, ids=["key", "label"])
    @pytest.mark.parametrize("value", ["-1", "1.5", "", "ten", "²", "٣", None, -1, 1.5, True, " 3"])
    def test_any_other_value_is_invalid_extra_time(self, kind, value):
        assert not ProctoredExamStudentAllowance.is_allowance_value_valid(kind, value)

    @pytest.mark.parametrize("value", ["", "may use a calculator", -1, None])
    def test_other_kinds_accept_any_value(self, value):
        assert ProctoredExamStudentAllowance.is_allowance_value_valid(EXCEPTION[0], value)


@pytest.mark.contract("allowances#add")
class TestGranting:
    @pytest.mark.parametrize(
        "who",
        [
            pytest.param(lambda user: user.id, id="by-id"),
            pytest.param(lambda user: user.username, id="by-username"),
            pytest.param(lambda user: user.email, id="by-email"),
            pytest.param(lambda user: user, id="as-object"),
        ],
    )
    def test_the_learner_may_be_an_id_a_name_an_email_or_an_object(self, who):
        exam, user = make_exam(), make_user()
        allowance, action = add(exam.id, who(user), EXTRA_TIME[0], "30")
        assert (allowance.user_id, allowance.proctored_exam_id, allowance.value, action) == (
            user.id,
            exam.id,
            "30",
            "created",
        )

    def test_the_constant_is_accepted_as_key(self):
        allowance, _ = add(make_exam().id, make_user().id, EXTRA_TIME, "30")
        assert allowance.key == EXTRA_TIME[0]

    def test_granting_again_updates_and_archives_the_first(self):
        allowance = make_allowance(value="30")
        changed, action = add(allowance.proctored_exam_id, allowance.user_id, EXTRA_TIME[0], "45")
        assert (changed.pk, changed.value, action) == (allowance.pk, "45", "updated")
        assert archived() == [(allowance.pk, "30")]

    def test_a_number_is_stored_as_text(self):
        allowance, _ = add(make_exam().id, make_user().id, "any", 5)
        allowance.refresh_from_db()
        assert allowance.value == "5"

    def test_an_invalid_value_is_refused_and_named(self):
        with pytest.raises(AllowanceValueNotAllowedException) as refusal:
            add(make_exam().id, make_user().id, EXTRA_TIME[0], "-1")
        assert str(refusal.value) == 'allowance_value "-1" should be non-negative integer value.'

    @pytest.mark.parametrize("unknown", ["nobody", "99"], ids=["name", "number-as-text-is-read-as-name"])
    def test_an_unknown_learner_is_refused_and_named(self, unknown):
        with pytest.raises(UserNotFoundException) as refusal:
            add(make_exam().id, unknown, EXTRA_TIME[0], "30")
        assert str(refusal.value) == f"Cannot find user against {unknown}"

    def test_an_inactive_exam_is_refused(self):
        exam = make_exam(is_active=False)
        with pytest.raises(ProctoredExamNotActiveException, match=f"exam_id={exam.id}"):
            add(exam.id, make_user().id, EXTRA_TIME[0], "30")

    def test_the_value_is_checked_first_then_the_learner_then_the_exam(self):
        exam = make_exam(is_active=False)
        with pytest.raises(AllowanceValueNotAllowedException):
            add(exam.id, "nobody", EXTRA_TIME[0], "x")
        with pytest.raises(UserNotFoundException):
            add(exam.id, "nobody", EXTRA_TIME[0], "30")

    def test_an_allowance_inserted_concurrently_is_updated(self, monkeypatch):
        """The row appears between our look-up and our insert: the unique key refuses the insert, so we update."""
        theirs = make_allowance(value="10")
        real_filter, calls = ProctoredExamStudentAllowance.objects.filter, []

        def find_nothing_once(**criteria):
            calls.append(criteria)
            return real_filter(**criteria) if len(calls) > 1 else real_filter(**criteria).none()

        monkeypatch.setattr(ProctoredExamStudentAllowance.objects, "filter", find_nothing_once)
        ours, action = add(theirs.proctored_exam_id, theirs.user_id, EXTRA_TIME[0], "30")
        assert (ours.pk, ours.value, action) == (theirs.pk, "30", "updated")
        assert archived() == [(theirs.pk, "10")]


@pytest.mark.contract("allowances#model-lookups")
class TestReading:
    def test_extra_minutes_are_read_as_a_number(self):
        allowance = make_allowance(value="45")
        minutes = ProctoredExamStudentAllowance.get_additional_time_granted
        assert minutes(allowance.proctored_exam_id, allowance.user_id) == 45
        assert minutes(allowance.proctored_exam_id, make_user().id) is None

    def test_a_policy_exception_is_read_as_text(self):
        allowance = make_allowance(key=EXCEPTION[0], value="calculator")
        text = ProctoredExamStudentAllowance.get_review_policy_exception
        assert text(allowance.proctored_exam_id, allowance.user_id) == "calculator"
        assert text(allowance.proctored_exam_id, make_user().id) is None

    def test_allowances_of_a_course_come_with_learner_and_exam_in_one_query(self, django_assert_num_queries):
        exam = make_exam()
        for _ in range(5):
            make_allowance(exam)
        make_allowance(make_exam(course_id="course-v1:Other+1+1"))
        with django_assert_num_queries(1):
            found = list(ProctoredExamStudentAllowance.get_allowances_for_course(COURSE))
            assert len({allowance.user.username for allowance in found}) == 5
            assert {allowance.proctored_exam.id for allowance in found} == {exam.id}

    def test_allowances_of_a_learner_are_limited_to_the_exam(self):
        allowance = make_allowance()
        make_allowance(allowance.proctored_exam)
        make_allowance(user=allowance.user)
        found = ProctoredExamStudentAllowance.get_allowances_for_user(allowance.proctored_exam_id, allowance.user_id)
        assert list(found) == [allowance]


@pytest.mark.contract("signals#archives", "allowances#queryset-update")
class TestArchive:
    def test_granting_archives_nothing(self):
        make_allowance()
        assert archived() == []

    def test_saving_archives_the_previous_state(self):
        allowance = make_allowance(value="30")
        allowance.value = "45"
        allowance.save()
        row = ProctoredExamStudentAllowanceHistory.objects.get()
        assert (row.allowance_id, row.value, row.key) == (allowance.pk, "30", allowance.key)
        assert (row.user, row.proctored_exam) == (allowance.user, allowance.proctored_exam)

    def test_two_updates_and_a_save_archive_three_states(self):
        allowance = make_allowance(value="1")
        rows = ProctoredExamStudentAllowance.objects.filter(pk=allowance.pk)
        rows.update(value="2")
        rows.update(value="3")
        allowance.refresh_from_db()
        allowance.save()
        assert archived() == [(allowance.pk, "1"), (allowance.pk, "2"), (allowance.pk, "3")]

    def test_deleting_archives_the_last_state(self):
        allowance = make_allowance(value="30")
        pk = allowance.pk
        allowance.delete()
        assert archived() == [(pk, "30")]

    @pytest.mark.parametrize("owner", ["user", "proctored_exam"])
    def test_deleting_the_owner_deletes_allowance_and_archive(self, owner):
        allowance = make_allowance()
        allowance.save()
        getattr(allowance, owner).delete()
        assert archived() == []
        assert ProctoredExamStudentAllowance.objects.count() == 0

    @pytest.mark.parametrize("size", [0, 1, 5, 50])
    def test_an_update_archives_each_row_in_a_constant_number_of_statements(self, size, django_assert_max_num_queries):
        exam = make_exam()
        allowances = [make_allowance(exam, value="30") for _ in range(size)]
        # Savepoint, former states, update, archive, release.
        with django_assert_max_num_queries(5):
            changed = ProctoredExamStudentAllowance.objects.filter(proctored_exam=exam).update(value="60")
        assert changed == size
        assert sorted(archived()) == sorted((allowance.pk, "30") for allowance in allowances)

    def test_an_update_of_the_filtered_column_is_archived(self):
        allowance = make_allowance(value="30")
        assert ProctoredExamStudentAllowance.objects.filter(value="30").update(value="60") == 1
        assert archived() == [(allowance.pk, "30")]

    def test_a_bulk_update_archives_each_row(self):
        first, second = make_allowance(value="1"), make_allowance(value="2")
        first.value, second.value = "10", "20"
        assert ProctoredExamStudentAllowance.objects.bulk_update([first, second], ["value"]) == 2
        assert sorted(archived()) == sorted([(first.pk, "1"), (second.pk, "2")])
