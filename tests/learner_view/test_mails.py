"""What the status mails say. Spec: learner-experience.md 5."""

import re

import pytest

from edx_proctoring import api
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import COURSE, make_attempt, make_exam

pytestmark = pytest.mark.django_db

COURSE_URL = "https://learning.test.org/course/course-v1:Demo+PROC+2026/home"


def body_of(status: str, course_name: str = "Démonstration") -> str:
    """The mail's body as outside suites read it: newlines deleted, then blanks collapsed."""
    attempt = make_attempt(make_exam(exam_name="Final"), status=status)
    message = api.create_proctoring_attempt_status_email(attempt, course_name, COURSE)
    assert message is not None
    return re.sub(r"\s+", " ", message.body.replace("\n", ""))


@pytest.mark.parametrize("status", [S.submitted, S.verified, S.rejected])
@pytest.mark.parametrize(
    "words",
    [
        pytest.param("Hello,", id="greeting"),
        pytest.param('Your proctored exam "Final"', id="exam"),
        pytest.param(f'<a href="{COURSE_URL}">Démonstration</a>', id="linked-course"),
    ],
)
def test_every_mail_says(status, words):
    assert words in body_of(status)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (S.submitted, "was submitted successfully"),
        (S.submitted, "five business days"),
        (S.verified, "was reviewed and you met all proctoring requirements"),
        (S.rejected, "the course team has identified one or more violations"),
        (S.rejected, "appeal"),
    ],
)
def test_mail_says(status, words):
    assert words in body_of(status)


@pytest.mark.parametrize("status", [S.verified, S.rejected])
def test_questions_go_to_support_by_default(status, settings):
    url = f"http://{settings.SITE_NAME}/support/contact_us"
    assert f'<a href="{url}"> {url} </a>' in body_of(status)


@pytest.mark.parametrize("status", [S.verified, S.rejected])
def test_questions_go_to_the_course_team_if_it_has_an_address(status, instructor):
    instructor.service.mock_proctoring_escalation_email("team@example.com")
    body = body_of(status)
    assert '<a href="mailto:team@example.com"> team@example.com </a>' in body
    assert "support/contact_us" not in body


def test_a_submission_raises_no_questions():
    assert "contact_us" not in body_of(S.submitted)


def test_the_name_of_a_course_is_text():
    assert "<b>x" not in body_of(S.submitted, course_name="<b>x</b>")
