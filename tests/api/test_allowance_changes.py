"""What is on record about an allowance, in the order in which it happened; and the version of an allowance."""

from datetime import timedelta

import pytest
from django.utils import timezone
from freezegun import freeze_time

from edx_proctoring import api
from edx_proctoring.api.course_staff import allowance_search
from edx_proctoring.api.exams import allowance_changes
from edx_proctoring.api.jobs import allowances as job_kind
from edx_proctoring.api.jobs import creating, working
from edx_proctoring.api.jobs.kinds import Target
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAllowance, StaffJobRow
from tests.factories import NOON, make_allowance, make_exam, make_staff, make_user

pytestmark = pytest.mark.django_db

TIME = ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0]


class TestAJobThatIsWorkedOnLater:
    """Its row is older than the record of a change that was made before the row was worked on."""

    @pytest.fixture
    def exam(self) -> ProctoredExam:
        return make_exam("timed")

    @pytest.fixture
    def row_id(self, exam: ProctoredExam, monkeypatch: pytest.MonkeyPatch) -> int:
        """Ann orders 45 minutes for a learner, Ben gives 30 at once, and then Ann's job is worked on."""
        monkeypatch.setattr(working, "begin", lambda job, by: job)
        learner, ann, ben = make_user(), make_staff("ann"), make_staff("ben")
        target = Target(exam.pk, learner.pk, data={"type": TIME, "action": job_kind.SET, "value": "45"})
        ordered = creating.request_job("allowances", [target], course_id=exam.course_id, by=ann, reason="")
        row = StaffJobRow.objects.get()
        assert row.state == StaffJobRow.STATE_WAITING
        api.add_allowance_for_user(exam.pk, learner.pk, TIME, "30", by=ben)
        working.work_on(ordered.job.code)
        return row.pk

    def test_can_be_undone(self, row_id: int) -> None:
        change = allowance_changes.undo_allowance_change(row_id, by=make_staff())
        assert (change.before, change.after) == ("45", "30")

    def test_is_who_granted_it(self, row_id: int, exam: ProctoredExam) -> None:
        wanted = allowance_search.matching(exam.course_id, allowance_search.AllowanceFilter())
        [row] = allowance_search.allowance_rows(wanted)
        assert (row.value, row.granted_by.username, row.change_id) == ("45", "ann", row_id)

    def test_what_came_before_it_cannot_be_undone(self, row_id: int) -> None:
        bens = StaffJobRow.objects.exclude(pk=row_id).get()
        with pytest.raises(allowance_changes.AllowanceChangedSince):
            allowance_changes.undo_allowance_change(bens.pk, by=make_staff())


@pytest.mark.contract("rest-v2#allowances-versions")
def test_the_version_changes_with_a_second_change_in_the_same_moment() -> None:
    """As in columns of old databases, which hold whole seconds."""
    with freeze_time(NOON):
        allowance = make_allowance(value="30")
        seen = allowance_changes.version_of(allowance)
        allowance_changes.change_allowance(allowance.pk, value="40", by=make_staff())
    allowance.refresh_from_db()
    assert allowance.modified == NOON
    with pytest.raises(allowance_changes.OtherVersion):
        allowance_changes.change_allowance(allowance.pk, value="50", versions={seen}, by=make_staff())


@pytest.mark.contract("rest-v2#allowances-versions")
def test_the_version_changes_with_the_time_of_the_same_value() -> None:
    allowance = make_allowance(value="30")
    seen = allowance_changes.version_of(allowance)
    allowance.modified = timezone.now() + timedelta(seconds=1)
    assert allowance_changes.version_of(allowance) != seen
