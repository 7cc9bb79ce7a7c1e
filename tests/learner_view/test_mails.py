"""The texts of the status mails."""

import re

import pytest
from django.utils import translation

from edx_proctoring import api
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import COURSE, make_attempt, make_exam
from tests.learner_view.test_pages import Outline

pytestmark = pytest.mark.django_db

COURSE_URL = "https://learning.test.org/course/course-v1:Demo+PROC+2026/home"


def body_of(status: str, course_name: str = "Démonstration") -> str:
    """Return the mail's body as outside suites read it: without newlines, with single spaces."""
    attempt = make_attempt(make_exam(exam_name="Final"), status=status)
    message = api.create_proctoring_attempt_status_email(attempt, course_name, COURSE)
    assert message is not None
    return re.sub(r"\s+", " ", message.body.replace("\n", ""))


@pytest.mark.contract("emails#words", "emails#variables")
@pytest.mark.parametrize("status", [S.submitted, S.verified, S.rejected])
@pytest.mark.parametrize(
    "words",
    [
        pytest.param("Hello,", id="greeting"),
        pytest.param('Your proctored exam "Final"', id="exam"),
        pytest.param(f'<a href="{COURSE_URL}">Démonstration</a>', id="linked-course"),
    ],
)
def test_every_mail_contains_its_common_words(status, words):
    assert words in body_of(status)


@pytest.mark.contract("emails#words")
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
def test_a_mail_contains_the_words_of_its_status(status, words):
    assert words in body_of(status)


@pytest.mark.contract("emails#contact")
@pytest.mark.parametrize("status", [S.verified, S.rejected])
def test_without_an_address_of_the_course_team_questions_go_to_support(status, settings):
    url = f"http://{settings.SITE_NAME}/support/contact_us"
    assert f'<a href="{url}"> {url} </a>' in body_of(status)


@pytest.mark.contract("emails#contact")
@pytest.mark.parametrize("status", [S.verified, S.rejected])
def test_with_an_address_of_the_course_team_questions_go_there(status, instructor):
    instructor.service.mock_proctoring_escalation_email("team@example.com")
    body = body_of(status)
    assert '<a href="mailto:team@example.com"> team@example.com </a>' in body
    assert "support/contact_us" not in body


def test_the_mail_about_a_submission_does_not_mention_support():
    assert "contact_us" not in body_of(S.submitted)


def test_markup_in_a_course_name_is_escaped():
    assert "<b>x" not in body_of(S.submitted, course_name="<b>x</b>")


@pytest.mark.contract("emails#subject")
@pytest.mark.parametrize("status", [S.submitted, S.verified, S.rejected])
def test_the_subject_names_exam_and_course(status):
    attempt = make_attempt(make_exam(exam_name="Final"), status=status)
    message = api.create_proctoring_attempt_status_email(attempt, "Astronomy", COURSE)
    assert message.subject.endswith(": Final in Astronomy")


def test_a_line_break_in_a_name_adds_no_header():
    attempt = make_attempt(make_exam(exam_name="Final\r\nBcc: x@example.com"), status=S.submitted)
    message = api.create_proctoring_attempt_status_email(attempt, "Astro\nnomy", COURSE)
    assert message.subject == "Proctoring attempt submitted: Final Bcc: x@example.com in Astro nomy"
    assert "Bcc" not in message.message()


@pytest.mark.contract("emails#language")
@pytest.mark.parametrize("status", [S.submitted, S.verified, S.rejected])
@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar", "rtl")])
def test_a_mail_declares_its_language_and_direction(status, language, direction):
    with translation.override(language):
        assert f'<div lang="{language}" dir="{direction}">' in body_of(status)


@pytest.mark.parametrize("status", [S.submitted, S.verified, S.rejected])
def test_every_tag_of_a_mail_is_closed(status):
    assert Outline(body_of(status)).faults == []


@pytest.mark.contract("emails#templates")
class TestOverride:
    """A theme replaces a mail for one provider, or for all, in whole or block by block."""

    NAME = "proctoring_attempt_satisfactory_email.html"

    def test_for_the_exams_provider_is_used_first(self, theme):
        theme(f"emails/proctoring/test/{self.NAME}", "for one provider")
        theme(f"emails/{self.NAME}", "for all")
        assert body_of(S.verified) == "for one provider"

    def test_for_another_provider_is_ignored(self, theme):
        theme(f"emails/proctoring/null/{self.NAME}", "for one provider")
        assert "you met all proctoring requirements" in body_of(S.verified)

    def test_for_all_providers_is_used_next(self, theme):
        theme(f"emails/{self.NAME}", "for all")
        assert body_of(S.verified) == "for all"

    def test_of_one_block_keeps_the_other_blocks(self, theme):
        theme(
            f"emails/proctoring/test/{self.NAME}",
            f'{{% extends "emails/{self.NAME}" %}}'
            "{% block contact_information %}ask {{ platform }} at {{ contact_url }}{% endblock %}",
        )
        body = body_of(S.verified)
        assert "you met all proctoring requirements" in body
        assert re.search(r"ask \S.* at http://\S+/support/contact_us", body)
        assert "<a href" in body.partition("ask ")[0]


@pytest.mark.contract("emails#when")
@pytest.mark.parametrize(
    ("status", "mailed"),
    [
        (S.submitted, True),
        (S.verified, True),
        (S.rejected, True),
        (S.error, False),
        (S.declined, False),
        (S.second_review_required, False),
        (S.timed_out, False),
        (S.started, False),
        (S.ready_to_submit, False),
    ],
)
def test_a_mail_is_sent_for_some_statuses_only(status, mailed):
    attempt = make_attempt(status=status)
    assert (api.create_proctoring_attempt_status_email(attempt, "Course", COURSE) is not None) is mailed


@pytest.mark.contract("emails#when")
@pytest.mark.parametrize("kind", ["timed", "practice", "onboarding"])
@pytest.mark.parametrize("status", [S.submitted, S.verified, S.rejected])
def test_no_mail_is_sent_for_timed_and_practice_exams(kind, status):
    attempt = make_attempt(make_exam(kind), status=status)
    assert api.create_proctoring_attempt_status_email(attempt, "Course", COURSE) is None


@pytest.mark.contract("emails#form")
def test_a_status_change_sends_the_learner_one_mail_with_one_html_part(mailoutbox):
    attempt = make_attempt(status=S.started)
    api.update_attempt_status(attempt.id, S.submitted)
    [mail] = mailoutbox
    assert (mail.to, mail.from_email) == ([attempt.user.email], "no-reply@example.com")
    assert mail.content_subtype == "html"
    assert not mail.message().is_multipart()


@pytest.mark.contract("emails#variables")
def test_without_a_credit_service_the_mail_says_your_course(mailoutbox):
    attempt = make_attempt(status=S.started)
    api.update_attempt_status(attempt.id, S.submitted)
    assert mailoutbox[0].subject.endswith("in your course")


@pytest.mark.contract("emails#failure")
def test_a_mail_that_fails_does_not_undo_the_submission(monkeypatch, caplog):
    error = ConnectionError("no mail server")

    def fail(self, fail_silently=False):
        raise error

    monkeypatch.setattr("django.core.mail.message.EmailMessage.send", fail)
    attempt = make_attempt(status=S.started)
    api.update_attempt_status(attempt.id, S.submitted)
    attempt.refresh_from_db()
    assert attempt.status == S.submitted
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.args == {"user_id": attempt.user_id, "course_id": attempt.proctored_exam.course_id, "err": error}
    assert record.msg == (
        "Exception occurred while trying to send proctoring attempt status email for user_id=%(user_id)s "
        "in course_id=%(course_id)s -- %(err)s"
    )


@pytest.mark.contract("emails#text-part")
class TestTextPart:
    @pytest.fixture
    def message(self, settings):
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "EMAIL_TEXT_ALTERNATIVE": True}
        attempt = make_attempt(make_exam(exam_name="Final & more"), status=S.rejected)
        return api.create_proctoring_attempt_status_email(attempt, "Astronomy", COURSE)

    def test_is_the_first_of_two_parts(self, message):
        parts = [part.get_content_type() for part in message.message().walk()]
        assert parts == ["multipart/alternative", "text/plain", "text/html"]

    def test_has_paragraphs_lists_and_urls_but_no_markup(self, message, settings):
        support = f"http://{settings.SITE_NAME}/support/contact_us"
        assert message.body.startswith(
            f'Hello,\n\nYour proctored exam "Final & more" in Astronomy ({COURSE_URL}) was reviewed'
        )
        assert "violation:\n\n- looking at notes, books, a telephone or another screen\n- talking to" in message.body
        assert f"contact us: {support}\n" in message.body
        assert "<" not in message.body
        assert "\n\n\n" not in message.body

    def test_is_made_from_a_themes_own_mail(self, message, theme):
        theme(
            "emails/proctoring/test/proctoring_attempt_satisfactory_email.html",
            "<style>p {color: red}</style><h1>Well&nbsp;done</h1>"
            "Ask<br><a href='mailto:a@example.com'>a@example.com</a>",
        )
        attempt = make_attempt(make_exam(), status=S.verified)
        text = api.create_proctoring_attempt_status_email(attempt, "Astronomy", COURSE).body
        assert text == "Well done\n\nAsk\na@example.com\n"
