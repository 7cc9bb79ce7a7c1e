"""Learners read everything in their language; one test per language."""

from collections.abc import Callable

import pytest
from django.template import loader
from django.utils import translation

from edx_proctoring import api
from edx_proctoring.constructor import refusal_texts as constructor_texts
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.views.problem_details import CATALOGUE
from seb_openedx import texts as seb_texts
from seb_openedx.exams import learner_texts as seb_exam_texts
from seb_openedx.reasons import Reason
from tests.factories import COURSE, make_attempt, make_exam, make_user
from tests.learner_view.conftest import Look
from tests.learner_view.test_decision_tables import resolve
from tests.learner_view.test_pages import every_page
from tests.learner_view.test_translations import Words
from tools import messages

pytestmark = [pytest.mark.django_db, pytest.mark.contract("languages#learners")]

# One row of the tables per template and kind of exam.
PAGES = {(row.values[0], row.values[4]): row.values for row in every_page()}
HOST = {"allow_proctoring_opt_out": True}
COURSE_NAME = "Course Y"


def page_texts(look: Callable[..., Look]) -> set[str]:
    """What learners read on the pages of an exam."""
    found: set[str] = set()
    for kind, status, host, attempt, _template in PAGES.values():
        exam, user = make_exam(kind, exam_name="Exam X"), make_user()
        if status is not None:
            make_attempt(exam, user, status, **attempt)
        found.update(Words(look(exam, user, **HOST, **resolve(host)).html or "").found)
    return found


def mail_texts() -> set[str]:
    """What learners read in the mails about their attempts."""
    found: set[str] = set()
    for status in (S.submitted, S.verified, S.rejected):
        attempt = make_attempt(make_exam(exam_name="Exam X"), status=status)
        mail = api.create_proctoring_attempt_status_email(attempt, COURSE_NAME, COURSE)
        assert mail is not None
        found.update([mail.subject, *Words(mail.body).found])
    return found


def refusal_texts() -> set[str]:
    """What learners read when Safe Exam Browser, Constructor or the REST API refuses them."""
    found = {str(kind.sentence) for kind in CATALOGUE.values()}
    for reason in constructor_texts.reasons().values():
        found.update([reason.title, reason.text])
    for context in ({}, {"banned": True}, {"banned": True, "is_new_ban": True}, {"config_error": True}):
        for section in (False, True):
            found.add(seb_texts.refusal(context, section=section)["message"])
    for code in Reason:
        found.update(seb_exam_texts.page(code, {"win": "3.7"}).values())
    found.discard(seb_texts.DOWNLOAD_URL)
    found.update(Words(loader.render_to_string("proctored_exam/launched_again.html", {"attempt": {}})).found)
    return found


def everything(look: Callable[..., Look], language: str) -> set[str]:
    """All of these texts in a language."""
    with translation.override(translation.to_language(language)):
        return page_texts(look) | mail_texts() | refusal_texts()


@pytest.fixture(scope="module")
def english() -> set[str]:
    """The texts in English, once they were rendered."""
    return set()


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_no_text_for_learners_is_english(language: str, look: Callable[..., Look], english: set[str]) -> None:
    if not english:
        english |= everything(look, "en")
        assert len(english) > 200
    texts = everything(look, language)
    assert COURSE_NAME in texts & english, "the control: what is the same in both is found"
    # Django knows the months of zh-hans, but not of zh-cn.
    same = {text for text in texts & english if " " in text and not text.endswith(" UTC")}
    assert same == {COURSE_NAME}
