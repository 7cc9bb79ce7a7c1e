"""Redirects to the provider's dashboard."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from waffle.testutils import override_switch

from edx_proctoring.models import ProctoredExamSoftwareSecureReview
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils import obscured_user_id
from mock_apps.models import Profile
from tests import factories

pytestmark = pytest.mark.django_db

COURSE = "a/b/c"
# The origin is that of LEARNING_MICROFRONTEND_URL.
OWN_FRAMES = "frame-ancestors 'self' https://learning.test.org"


def url(*args: Any) -> str:
    return reverse(f"edx_proctoring:instructor_dashboard_{'exam' if len(args) > 1 else 'course'}", args=args)


@pytest.fixture
def asked(test_backend: Any, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The arguments of calls for the provider's dashboard."""
    calls: list[tuple[Any, ...]] = []

    def get_instructor_url(course_id: str, user: dict[str, Any], **kwargs: Any) -> str:
        calls.append((course_id, user, kwargs))
        return "https://provider.example.com/dashboard"

    monkeypatch.setattr(test_backend, "get_instructor_url", get_instructor_url)
    return calls


@pytest.mark.operation("GET /v1/instructor/{course_id}")
def test_the_dashboard_of_a_course_redirects_to_the_provider(staff_client: Any) -> None:
    factories.make_exam(course_id=COURSE)
    response = staff_client.get(url(COURSE))
    assert (response.status_code, response["Location"]) == (302, f"/instructor/{COURSE}/")


@pytest.mark.operation("GET /v1/instructor/{course_id}")
def test_the_dashboard_of_an_exam_redirects_to_the_provider_with_its_id(staff_client: Any) -> None:
    exam = factories.make_exam(course_id=COURSE)
    response = staff_client.get(url(COURSE, exam.pk), {"attempt": "vendor-1", "config": "TRUE"})
    assert response["Location"] == f"/instructor/{COURSE}/?exam={exam.external_id}&attempt=vendor-1&config=true"


@pytest.mark.operation("GET /v1/instructor/{course_id}/{exam_id}")
def test_the_provider_receives_the_user_and_the_options(staff_client: Any, staff: User, asked: list[Any]) -> None:
    Profile.objects.create(user=staff, name="The Boss")
    exam = factories.make_exam(course_id=COURSE)
    # A newer timed exam: its backend must not decide under which id the user is sent.
    factories.make_exam("timed", course_id=COURSE, backend="null")
    staff_client.get(url(COURSE))
    staff_client.get(url(COURSE, exam.pk))
    person = {"id": obscured_user_id(staff.pk, "test"), "full_name": "The Boss", "email": staff.email}
    options = {
        "exam_id": None,
        "attempt_id": None,
        "show_configuration_dashboard": False,
        "encrypted_video_review_url": None,
    }
    assert asked == [(COURSE, person, options), (COURSE, person, {**options, "exam_id": exam.external_id})]


@pytest.mark.operation("GET /v1/instructor/{course_id}/{exam_id}")
@pytest.mark.parametrize(("fields", "name"), [({"first_name": "Ann", "last_name": "Lee"}, "Ann Lee"), ({}, "anon")])
def test_staff_without_a_profile_are_named_by_their_account(
    client_of: Callable[..., Any], asked: list[Any], fields: dict[str, str], name: str
) -> None:
    factories.make_exam(course_id=COURSE)
    client_of(factories.make_staff("anon", **fields)).get(url(COURSE))
    assert asked[0][1]["full_name"] == name


def refusal(response: Any) -> tuple[int, Any, str | None]:
    assert "X-Frame-Options" not in response
    return response.status_code, getattr(response, "data", None), response.get("Content-Security-Policy")


@pytest.mark.operation("GET /v1/instructor/{course_id}")
def test_a_course_without_exams_answers_404(staff_client: Any) -> None:
    status, text, frame = refusal(staff_client.get(url(COURSE)))
    assert (status, frame) == (404, OWN_FRAMES)
    assert COURSE in text


@pytest.mark.contract("rest-rules#matched-texts")
@pytest.mark.operation("GET /v1/instructor/{course_id}")
def test_a_course_without_proctored_exams_answers_404(staff_client: Any) -> None:
    timed = factories.make_exam("timed", course_id=COURSE)
    for path in (url(COURSE), url(COURSE, timed.pk)):
        assert refusal(staff_client.get(path)) == (404, "No proctored exams in course a/b/c", OWN_FRAMES)


@pytest.mark.contract("rest-rules#matched-texts")
@pytest.mark.operation("GET /v1/instructor/{course_id}")
def test_a_provider_without_a_dashboard_answers_404(staff_client: Any) -> None:
    exam = factories.make_exam(course_id=COURSE, backend="mock")
    for path in (url(COURSE), url(COURSE, exam.pk)):
        assert refusal(staff_client.get(path)) == (404, "No instructor dashboard for Mock Backend", OWN_FRAMES)


@pytest.mark.operation("GET /v1/instructor/{course_id}")
def test_a_course_with_several_providers_answers_400(staff_client: Any) -> None:
    for backend in ("test", "null"):
        factories.make_exam(course_id=COURSE, backend=backend)
    status, text, frame = refusal(staff_client.get(url(COURSE)))
    assert (status, frame) == (400, OWN_FRAMES)
    assert text.startswith("Multiple backends for course a/b/c")
    assert "test" in text
    assert "null" in text


@pytest.mark.operation("GET /v1/instructor/{course_id}")
def test_the_dashboard_of_an_unknown_exam_answers_404(staff_client: Any) -> None:
    factories.make_exam(course_id=COURSE)
    status, _text, frame = refusal(staff_client.get(url(COURSE, 99999)))
    assert (status, frame) == (404, OWN_FRAMES)


@pytest.mark.operation("GET /v1/instructor/{course_id}/{exam_id}")
def test_the_dashboard_of_an_exam_of_another_course_answers_404(staff_client: Any) -> None:
    exam = factories.make_exam(course_id="x/y/z")
    assert refusal(staff_client.get(url(COURSE, exam.pk)))[0] == 404


def test_a_provider_that_is_no_longer_configured_answers_404(staff_client: Any) -> None:
    exam = factories.make_exam(course_id=COURSE)
    type(exam).objects.filter(pk=exam.pk).update(backend="gone")
    assert refusal(staff_client.get(url(COURSE)))[0] == 404


@pytest.mark.operation("GET /v1/instructor/{course_id}")
def test_a_browser_gets_the_refusal_as_a_page(staff_client: Any) -> None:
    response = staff_client.get(url(COURSE), headers={"Accept": "text/html,*/*;q=0.8"})
    assert refusal(response)[::2] == (404, OWN_FRAMES)
    assert response["Content-Type"].startswith("text/html")
    assert COURSE in response.content.decode()


@pytest.mark.operation("GET /v1/instructor/{course_id}")
def test_the_page_escapes_markup_from_the_url(staff_client: Any) -> None:
    response = staff_client.get(url("a/b/<b>c"), headers={"Accept": "text/html"})
    assert "<b>" not in response.content.decode()


@pytest.mark.contract("rest-rules#dashboard-frames")
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize(
    ("learning", "instructor", "policy", "frame"),
    [
        (None, None, "frame-ancestors 'self'", "sameorigin"),
        ("/learning", "", "frame-ancestors 'self'", "sameorigin"),
        ("https://apps.test/learning", None, "frame-ancestors 'self' https://apps.test", None),
        (
            "https://apps.test/learning",
            "https://desk.test:8443/instructor?x=1",
            "frame-ancestors 'self' https://apps.test https://desk.test:8443",
            None,
        ),
        ("https://apps.test/learning", "https://apps.test/desk", "frame-ancestors 'self' https://apps.test", None),
    ],
)
def test_refusal_can_be_framed_by_the_platform_and_its_front_ends_only(
    staff_client: Any,
    settings: Any,
    learning: str | None,
    instructor: str | None,
    policy: str,
    frame: str | None,
    accept: str,
) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.clickjacking.XFrameOptionsMiddleware"]
    settings.LEARNING_MICROFRONTEND_URL, settings.INSTRUCTOR_MICROFRONTEND_URL = learning, instructor
    response = staff_client.get(url(COURSE), headers={"Accept": accept})
    assert response.status_code == 404
    assert (response["Content-Security-Policy"], response.get("X-Frame-Options")) == (policy, frame)


# The recording


@pytest.mark.operation("GET /v1/instructor/{course_id}/{exam_id}")
@pytest.mark.parametrize(
    ("switch", "course", "expected"),
    [(True, COURSE, b"secret link"), (False, COURSE, None), (True, "x/y/z", None)],
    ids=["switched-on", "switched-off", "attempt-of-another-course"],
)
def test_the_link_to_the_recording_is_passed_on_only_for_the_course_with_the_switch_on(
    staff_client: Any, all_services: Any, asked: list[Any], switch: bool, course: str, expected: bytes | None
) -> None:
    exam = factories.make_exam(course_id=COURSE)
    attempt = factories.make_attempt(factories.make_exam(course_id=course), status=S.submitted)
    factories.make_review(attempt, encrypted_video_url=b"secret link")
    with override_switch("edx_proctoring.reds_api_redirect", switch):
        staff_client.get(url(COURSE, exam.pk), {"attempt": attempt.external_id})
    assert asked[0][2]["encrypted_video_review_url"] == expected
    assert ProctoredExamSoftwareSecureReview.objects.count() == 1


@pytest.mark.parametrize("attempt", ["unknown", "", None])
def test_an_attempt_without_a_review_has_no_recording(staff_client: Any, asked: list[Any], attempt: str | None) -> None:
    exam = factories.make_exam(course_id=COURSE)
    with override_switch("edx_proctoring.reds_api_redirect", True):
        staff_client.get(url(COURSE, exam.pk), {} if attempt is None else {"attempt": attempt})
    assert asked[0][2]["encrypted_video_review_url"] is None
