"""Who may take an exam with any browser."""

import pytest

from edx_proctoring import api
from tests.factories import make_exam
from tests.seb.app.conftest import COURSE
from tests.seb.exams.conftest import EXAM, PAGE

pytestmark = [pytest.mark.django_db, pytest.mark.contract("seb-exams#exempt")]


@pytest.mark.parametrize(
    ("value", "passes"),
    [("true", True), ("1", True), ("no screen reader in SEB", True), ("false", False), ("0", False), (" No ", False)],
)
def test_an_allowance_opens_the_exam_to_any_browser(require, browser, learner, value, passes):
    exam = make_exam("timed", course_id=COURSE, content_id=EXAM)
    require()
    api.add_allowance_for_user(exam.pk, learner.pk, "seb_exemption", value)

    assert (browser.get(PAGE).content == b"render_xblock") is passes
    started = browser.post(
        "/api/edx_proctoring/v1/proctored_exam/attempt",
        {"exam_id": exam.pk, "start_clock": True},
        content_type="application/json",
    )
    assert started.status_code == (200 if passes else 403)


def test_an_allowance_counts_for_its_own_exam_and_key(require, browser, learner):
    make_exam("timed", course_id=COURSE, content_id=EXAM)
    other = make_exam("timed", course_id=COURSE)
    require()
    api.add_allowance_for_user(other.pk, learner.pk, "seb_exemption", "true")
    api.add_allowance_for_user(other.pk, learner.pk, "additional_time_granted", "10")

    assert browser.get(PAGE).content != b"render_xblock"
