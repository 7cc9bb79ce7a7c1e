"""Exams that demand Safe Exam Browser: pages and payloads, as the runtime service says."""

from typing import Any

import crum
import pytest
from rest_framework.test import APIClient

from edx_proctoring import runtime
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.conftest import Recording
from tests.factories import make_attempt, make_exam, make_user
from tests.learner_view.conftest import yesterday
from tests.learner_view.test_pages import Outline

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.contract("learner-pages#safe-exam-browser", "host-services#safe-exam-browser"),
]

PAGE = "common/safe_exam_browser.html"
INFO = {
    "required": True,
    "verified": False,
    "mode": "manual",
    "launch_url": "sebs://lms.example.com/exam.seb",
    "config_url": "https://lms.example.com/exam.seb",
    "quit_url": "https://lms.example.com/quit/",
    "min_versions": {"win": "3.7", "mac": "3.3"},
}


class Demands:
    """The service, with one answer for every exam."""

    def __init__(self) -> None:
        self.required = True
        self.verified = False

    def is_required(self, *, course_id: Any, content_id: Any) -> bool:
        return self.required

    def is_verified(self, *, request: Any, course_id: Any, content_id: Any) -> bool:
        return self.verified and request is not None

    def get_launch_info(self, *, request: Any, course_id: Any, content_id: Any) -> dict[str, Any]:
        return INFO


@pytest.fixture
def service() -> Recording:
    recording = Recording(Demands())
    runtime.set_runtime_service("safe_exam_browser", recording)
    return recording


@pytest.fixture
def _request(rf):
    crum.set_current_request(rf.get("/"))
    yield
    crum.set_current_request(None)


BEFORE_THE_START = [None, S.created, S.download_software_clicked, S.ready_to_start]


@pytest.mark.parametrize("kind", ["timed", "practice", "onboarding", "proctored"])
@pytest.mark.parametrize("status", [*BEFORE_THE_START, S.started])
def test_another_browser_gets_the_way_into_the_right_one(look, service, kind, status):
    exam, user = make_exam(kind), make_user()
    if status is not None:
        make_attempt(exam, user, status)

    seen = look(exam, user)

    assert seen.template == PAGE
    assert Outline(seen.html).faults == []
    for text in (INFO["launch_url"], INFO["config_url"], "safeexambrowser.org", "Windows 3.7", "macOS 3.3"):
        assert text in seen.html
    assert ('data-action="stop"' in seen.html) is (status == S.started)
    assert "start-timed-exam" not in seen.html


@pytest.mark.usefixtures("_request")
@pytest.mark.parametrize("kind", ["timed", "practice", "onboarding", "proctored"])
@pytest.mark.parametrize("status", [*BEFORE_THE_START, S.started])
def test_the_right_browser_gets_what_it_would_get_without_the_demand(look, service, kind, status):
    exam, user = make_exam(kind), make_user()
    if status is not None:
        make_attempt(exam, user, status)
    service.service.required = False
    expected = look(exam, user).template

    service.service.required = service.service.verified = True

    assert look(exam, user).template == expected


@pytest.mark.parametrize("status", [S.ready_to_submit, S.submitted, S.error])
def test_what_ends_an_exam_is_open_to_any_browser(look, service, status):
    exam, user = make_exam("timed"), make_user()
    make_attempt(exam, user, status)

    assert look(exam, user).template not in (None, PAGE)


def test_an_exam_that_is_over_says_so_to_any_browser(look, service):
    assert look(make_exam("timed"), make_user(), due_date=yesterday()).template == "timed_exam/expired.html"


def test_nothing_is_emitted_for_an_entrance_that_is_not_shown(look, service, events):
    look(make_exam("proctored"), make_user())

    assert events == []


def test_a_service_that_cannot_say_whether_the_browser_was_proved_opens_nothing(look, service):
    service.failing = {"is_verified", "get_launch_info"}
    service.service.verified = True
    exam, user = make_exam("timed"), make_user()
    make_attempt(exam, user, S.started)

    assert look(exam, user).template == PAGE


def test_a_service_that_cannot_say_whether_the_exam_demands_it_costs_nothing_else(look, service):
    service.failing = {"is_required"}

    assert look(make_exam("timed"), make_user()).template == "timed_exam/entrance.html"


# --- Payloads ---------------------------------------------------------------------------------------------------------


def payloads(exam: Any) -> list[dict[str, Any]]:
    client = APIClient()
    client.force_authenticate(make_user())
    prefix = "/edx_proctoring/v1/proctored_exam"
    return [
        client.get(f"{prefix}/attempt/course_id/{exam.course_id}?content_id={exam.content_id}").json()["exam"],
        client.get(f"{prefix}/exam/exam_id/{exam.pk}").json(),
        client.get(f"{prefix}/exam/course_id/{exam.course_id}/content_id/{exam.content_id}").json(),
    ]


def test_payloads_of_one_exam_say_what_it_demands(service):
    assert [payload["seb"] for payload in payloads(make_exam("timed"))] == [INFO] * 3


@pytest.mark.parametrize("present", [False, True], ids=["without-the-service", "not-demanded"])
def test_payloads_of_other_exams_are_those_of_the_contract(service, present):
    exam = make_exam("timed")
    demanded = payloads(exam)
    service.service.required = False
    if not present:
        runtime.set_runtime_service("safe_exam_browser", None)

    others = payloads(exam)

    assert others == [{key: value for key, value in payload.items() if key != "seb"} for payload in demanded]


def test_a_failing_service_says_that_the_browser_is_demanded_and_not_proved(service):
    service.failing = {"get_launch_info"}

    assert payloads(make_exam("timed"))[0]["seb"] == {
        **dict.fromkeys(INFO),
        "required": True,
        "verified": False,
        "min_versions": {},
    }


def test_a_list_of_exams_does_not_ask_about_each(service):
    exam = make_exam("timed")
    client = APIClient()
    client.force_authenticate(make_user())

    listed = client.get(f"/edx_proctoring/v1/proctored_exam/exam/course_id/{exam.course_id}").json()

    assert "seb" not in listed[0]
    assert service.calls == []
