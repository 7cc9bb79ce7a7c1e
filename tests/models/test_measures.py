"""What staff put in force in an exam, as queries see it."""

from datetime import datetime, timedelta

import pytest

from edx_proctoring.models import ExamMeasure, ProctoredExam
from tests.factories import NOON, make_exam

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("kind", "starts_at", "ends_at", "is_in_force"),
    [
        pytest.param(ExamMeasure.KIND_OUTAGE, NOON, None, True, id="begins-now-without-an-end"),
        pytest.param(ExamMeasure.KIND_OUTAGE, NOON - SECOND, NOON + SECOND, True, id="ends-later"),
        pytest.param(ExamMeasure.KIND_OUTAGE, NOON - SECOND, NOON, False, id="ends-now"),
        pytest.param(ExamMeasure.KIND_OUTAGE, NOON + SECOND, None, False, id="begins-later"),
        pytest.param(ExamMeasure.KIND_ANNOUNCEMENT, NOON, None, False, id="no-outage"),
    ],
)
def test_an_exam_is_read_with_the_outage_that_is_in_force(
    kind: str, starts_at: datetime, ends_at: datetime | None, is_in_force: bool
) -> None:
    exam, other = make_exam(), make_exam()
    measure = ExamMeasure.objects.create(kind=kind, exam_id=exam.pk, starts_at=starts_at, ends_at=ends_at)

    read = {row.pk: row.outage_id for row in ProctoredExam.objects.with_outage(NOON)}
    assert read == {exam.pk: measure.pk if is_in_force else None, other.pk: None}
    assert ExamMeasure.objects.outages().in_force(NOON).exists() is is_in_force
