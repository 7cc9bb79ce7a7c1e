"""The entrance page while the provider is out of order."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from edx_proctoring.models import AttemptIncident
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_incident, make_measure, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.contract("outage#page")]


def test_it_says_that_no_software_is_needed(look: Any) -> None:
    exam, user = make_exam(), make_user()
    make_measure(exam, text="Ask <b>the invigilator</b>.\nGo on.")
    seen = look(exam, user)
    assert seen.template == "proctored_exam/outage.html"
    assert 'data-start-immediately="true"' in seen.html
    assert "Ask &lt;b&gt;the invigilator&lt;/b&gt;.<br>Go on." in seen.html


def test_without_a_text_of_staff(look: Any) -> None:
    exam = make_exam()
    make_measure(exam)
    assert "proctoring-block__notice" not in look(exam, make_user()).html


@pytest.mark.parametrize(
    "fields",
    [
        {"ends_at": timezone.now() - timedelta(days=1)},
        {"starts_at": timezone.now() + timedelta(days=1), "ends_at": timezone.now() + timedelta(days=2)},
        {"kind": "waiting_room", "ends_at": None},
    ],
    ids=["over", "not-yet", "another-measure"],
)
def test_otherwise_it_is_the_entrance_as_ever(fields: Any, look: Any) -> None:
    exam = make_exam()
    make_measure(exam, **fields)
    make_measure(make_exam())
    assert look(exam, make_user()).template == "proctored_exam/entrance.html"


def test_who_was_released_for_resumption_sees_it_too(look: Any) -> None:
    exam, user = make_exam(), make_user()
    make_attempt(exam, user, status=S.error, ready_to_resume=True, time_remaining_seconds=600)
    assert look(exam, user).template == "proctored_exam/ready_to_resume.html"
    make_measure(exam)
    assert look(exam, user).template == "proctored_exam/outage.html"


def test_a_failed_prerequisite_holds(look: Any) -> None:
    exam = make_exam()
    make_measure(exam)
    failed = {"namespace": "proctored_exam", "name": "first", "status": "failed", "order": 0, "display_name": "First"}
    this = {"namespace": "proctored_exam", "name": exam.content_id, "status": None, "order": 1, "display_name": "This"}
    seen = look(exam, make_user(), credit_state={"credit_requirement_status": [failed, this]})
    assert seen.template == "proctored_exam/failed-prerequisites.html"


def test_the_content_is_shown_although_the_provider_shows_it_only_in_its_software(
    look: Any, test_backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_backend, "should_block_access_to_exam_material", lambda: True)
    exam, user = make_exam(), make_user()
    attempt = make_attempt(exam, user, status=S.started, taking_as_proctored=False, external_id=None)
    assert look(exam, user).template == "proctored_exam/error_wrong_browser.html"
    make_incident(attempt, kind=AttemptIncident.KIND_OUTAGE)
    assert look(exam, user).template is None
