"""Reviews that nobody signed: where they are taken, what they may say, and what learners see of their secret."""

import hashlib
import hmac
import json
import time
from typing import Any, Final

import pytest
from django.contrib.auth.models import User
from django.core import checks
from django.urls import reverse
from rest_framework.test import APIClient
from waffle.testutils import override_switch

from edx_proctoring import api, runtime
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from edx_proctoring.backends.tests.test_backend import TestBackendProvider
from edx_proctoring.backends.tests.test_review_payload import create_test_review_payload
from edx_proctoring.models import ProctoredExamSoftwareSecureReview, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.tests.test_services import MockInstructorService
from edx_proctoring.utils import encrypt_and_encode
from tests import factories

pytestmark = pytest.mark.django_db

ENDPOINT: Final = "/edx_proctoring/proctoring_review_callback/"
LOCATOR: Final = "Locator-1"
KEY: Final = "000102030405060708090a0b0c0d0e0f"


@pytest.fixture
def rest_backend(backends_registry: dict[str, Any]) -> BaseRestProctoringProvider:
    """A REST provider named ``rest``."""
    provider = BaseRestProctoringProvider("id", "secret", base_url="https://rest.example.com")
    backends_registry["rest"] = provider
    return provider


def software_secure(**options: Any) -> SoftwareSecureBackendProvider:
    """RPNow, as configured by these options."""
    return SoftwareSecureBackendProvider(
        **{
            "organization": "edx",
            "exam_sponsor": "edX LMS",
            "exam_register_endpoint": "https://api.rpnow.example/register",
            "secret_key_id": "key-id",
            "secret_key": "secret",
            "crypto_key": "123456789123456712345678",
            "software_download_url": "https://rpnow.example/download",
            **options,
        }
    )


def submitted(backend: str) -> ProctoredExamStudentAttempt:
    return factories.make_attempt(factories.make_exam(backend=backend), status=S.submitted, external_id=LOCATOR)


def send(attempt: ProctoredExamStudentAttempt, secret: str | None = None, **more: Any) -> Any:
    document = json.loads(create_test_review_payload(attempt_code=attempt.attempt_code, external_id=LOCATOR))
    body = json.dumps({**document, **more}).encode()
    headers = {}
    if secret is not None:
        timestamp, nonce = str(int(time.time())), "nonce-0001"
        signed = "\n".join(("v1", timestamp, nonce, "POST", ENDPOINT, hashlib.sha256(body).hexdigest()))
        mac = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
        headers = {
            "HTTP_X_PROCTORING_TIMESTAMP": timestamp,
            "HTTP_X_PROCTORING_NONCE": nonce,
            "HTTP_X_PROCTORING_SIGNATURE": f"v1={mac}",
        }
    return APIClient().generic("POST", ENDPOINT, body, content_type="application/json", **headers)


def is_reviewed() -> bool:
    return ProctoredExamSoftwareSecureReview.objects.exists()


@pytest.mark.contract("reviews#unsigned")
@pytest.mark.parametrize("is_proctored", [True, False], ids=["proctored", "timed-by-now"])
def test_attempt_of_a_rest_provider_takes_no_unsigned_review(
    rest_backend: BaseRestProctoringProvider, is_proctored: bool
) -> None:
    attempt = submitted("rest")
    type(attempt.proctored_exam).objects.update(is_proctored=is_proctored)
    assert send(attempt).status_code == 403
    assert not is_reviewed()


@pytest.mark.contract("reviews#unsigned")
@pytest.mark.parametrize(("secret", "code"), [(None, 400), ("wrong", 403), ("right", 200)])
@pytest.mark.parametrize("backend", ["rest", "test", "software_secure"])
def test_provider_with_secrets_must_sign(
    rest_backend: BaseRestProctoringProvider,
    all_services: Any,
    backends_registry: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    backend: str,
    secret: str | None,
    code: int,
) -> None:
    monkeypatch.setattr(backends_registry[backend], "callback_secrets", ["right"], raising=False)
    assert send(submitted(backend), secret).status_code == code
    assert is_reviewed() is (code == 200)


@pytest.mark.contract("reviews#unsigned")
@pytest.mark.parametrize("backend", ["test", "software_secure"])
def test_other_providers_are_reviewed_without_a_signature(all_services: Any, backend: str) -> None:
    assert send(submitted(backend)).status_code == 200


@pytest.mark.contract("reviews#unsigned")
def test_networks_of_the_exams_own_provider_hold(test_backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_backend, "callback_allowed_networks", ["192.0.2.0/24"], raising=False)
    assert send(submitted("test")).status_code == 403


@pytest.mark.contract("reviews#unsigned")
def test_unsigned_review_names_no_reviewer(all_services: Any, staff: User) -> None:
    attempt = submitted("software_secure")
    assert send(attempt, reviewed_by=staff.email).status_code == 200
    assert ProctoredExamSoftwareSecureReview.objects.get().reviewed_by is None


@pytest.mark.contract("reviews#unsigned")
def test_review_of_a_provider_that_signs_in_names_its_reviewer(
    all_services: Any, staff: User, staff_client: APIClient
) -> None:
    """The control."""
    attempt = submitted("test")
    body = {"status": "passed", "comments": [], "reviewed_by": staff.email}
    path = reverse("edx_proctoring:proctored_exam.attempt.callback", args=[attempt.external_id])
    assert staff_client.post(path, body, format="json").status_code == 200
    assert ProctoredExamSoftwareSecureReview.objects.get().reviewed_by == staff


# What learners see


def answers_to_the_learner(client: APIClient, attempt: ProctoredExamStudentAttempt) -> dict[str, str]:
    """Everything that this package answers to a learner about an attempt, as text."""
    exam, base = attempt.proctored_exam, "/edx_proctoring/v1/proctored_exam"
    course = f"{base}/attempt/course_id/{exam.course_id}"
    paths = {
        "attempt": f"{base}/attempt/{attempt.pk}",
        "collection": f"{base}/attempt",
        "learning front end": f"{course}?content_id={exam.content_id.replace('+', '%2B')}&is_learning_mfe=true",
        "other pages of the course": f"{course}?is_learning_mfe=true",
        "active attempt": f"{base}/active_attempt",
        "active exams": f"{base}/active_exams_for_user",
        "settings": f"{base}/settings/exam_id/{exam.pk}/",
        "exam": f"{base}/exam/exam_id/{exam.pk}",
        "version 2": f"/edx_proctoring/v2/attempts/{attempt.pk}",
        "history in version 2": f"/edx_proctoring/v2/attempts/{attempt.pk}/history",
    }
    texts = {}
    for name, path in paths.items():
        response = client.get(path)
        assert response.status_code == 200, (name, response.content)
        texts[name] = response.content.decode()
    texts["stop"] = client.put(paths["attempt"], {"action": "stop"}, format="json").content.decode()
    texts["submit"] = client.put(paths["attempt"], {"action": "submit"}, format="json").content.decode()
    return texts


@pytest.mark.contract("reviews#learners-do-not-see-the-id")
@pytest.mark.parametrize("backend", ["software_secure", "test"])
def test_learner_never_sees_the_id_of_an_attempt_whose_reviews_it_authenticates(
    learner_client: APIClient, learner: User, all_services: Any, events: list[Any], backend: str
) -> None:
    # Else everybody is course staff.
    runtime.set_runtime_service("instructor", MockInstructorService(is_user_course_staff=False))
    exam = factories.make_exam(backend=backend)
    attempt = factories.make_attempt(exam, learner, S.started, external_id=LOCATOR)
    texts = answers_to_the_learner(learner_client, attempt)
    assert {name: text for name, text in texts.items() if LOCATOR in text} == {}
    assert LOCATOR not in str(events)


@pytest.mark.contract("reviews#learners-do-not-see-the-id")
@pytest.mark.parametrize("status", [S.created, S.ready_to_start, S.started, S.ready_to_submit, S.submitted, S.error])
@pytest.mark.parametrize("backend", ["software_secure", "test"])
def test_page_of_a_learner_does_not_carry_the_id(
    learner: User, all_services: Any, monkeypatch: pytest.MonkeyPatch, backend: str, status: str
) -> None:
    monkeypatch.setattr(User, "has_perm", lambda *args: True)
    exam = factories.make_exam(backend=backend)
    factories.make_attempt(exam, learner, status, external_id=LOCATOR)
    context: dict[str, Any] = {}
    html = api.get_student_view(learner.pk, exam.course_id, exam.content_id, context)
    assert LOCATOR not in f"{html} {context}"


@pytest.mark.contract("reviews#learners-do-not-see-the-id")
@pytest.mark.parametrize("path", ["attempt/{}", "attempt", "active_attempt", "active_exams_for_user"])
def test_learner_at_a_rest_provider_gets_the_id_for_the_browser_worker(
    learner_client: APIClient,
    learner: User,
    all_services: Any,
    rest_backend: BaseRestProctoringProvider,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
) -> None:
    """The control."""
    monkeypatch.setattr(rest_backend, "get_javascript", lambda: "")
    attempt = factories.make_attempt(factories.make_exam(backend="rest"), learner, S.started, external_id=LOCATOR)
    response = learner_client.get(f"/edx_proctoring/v1/proctored_exam/{path.format(attempt.pk)}")
    assert LOCATOR in response.content.decode()


@pytest.mark.contract("reviews#learners-do-not-see-the-id")
def test_staff_see_the_id(staff_client: APIClient, learner: User) -> None:
    attempt = factories.make_attempt(user=learner, status=S.started, external_id=LOCATOR)
    course_id = attempt.proctored_exam.course_id
    path = reverse("edx_proctoring:proctored_exam.attempts.grouped.course", args=[course_id])
    assert LOCATOR in staff_client.get(path).content.decode()
    path = f"/edx_proctoring/v1/proctored_exam/active_exams_for_user?user_id={learner.pk}"
    assert LOCATOR in staff_client.get(path).content.decode()


# System check


@pytest.mark.contract("reviews#unsigned")
@pytest.mark.parametrize(
    ("mode", "options", "names"),
    [
        ("allow", {}, ["old", "rpnow"]),
        ("allow", {"callback_secrets": ["s"]}, []),
        ("allow", {"callback_allowed_networks": ["192.0.2.0/24"]}, []),
        ("signed", {"callback_allowed_networks": ["192.0.2.0/24"]}, ["old", "rpnow"]),
        ("signed", {"callback_secrets": ["s"]}, []),
        ("deny", {}, []),
    ],
)
def test_check_names_providers_whose_reviews_nothing_proves(
    backends_registry: dict[str, Any],
    rest_backend: BaseRestProctoringProvider,
    settings: Any,
    mode: str,
    options: dict[str, Any],
    names: list[str],
) -> None:
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "ANONYMOUS_REVIEW_CALLBACK": mode}
    null = backends_registry["null"]
    backends_registry.clear()
    backends_registry.update({"rest": rest_backend, "null": null, "rpnow": software_secure(**options)})
    backends_registry["old"] = TestBackendProvider()
    for key, value in options.items():
        setattr(backends_registry["old"], key, value)
    found = [message for message in checks.run_checks(tags=["edx_proctoring"]) if message.id == "edx_proctoring.W028"]
    assert [name for message in found for name in ("old", "rpnow") if f" {name}" in message.msg] == names
    assert all("callback_secrets" in str(message.hint) for message in found)


# The recording


@pytest.mark.contract("rpnow#recording-hosts")
@pytest.mark.parametrize(
    ("address", "hosts", "is_linked"),
    [
        ("https://api.rpnow.example/DirectLink-HTML5?id=1", [], True),
        ("https://videos.rpnow.example/1", ["videos.rpnow.example"], True),
        ("https://VIDEOS.rpnow.example:444/1", ["videos.rpnow.example"], True),
        ("https://videos.rpnow.example/1", [], False),
        ("http://api.rpnow.example/1", [], False),
        ("https://api.rpnow.example.evil.example/1", [], False),
        ("https://api.rpnow.example@evil.example/1", [], False),
        ("https://user@api.rpnow.example/1", [], False),
        ("https://[broken/1", ["broken"], False),
    ],
)
def test_staff_are_led_to_recordings_on_the_providers_hosts_only(
    staff_client: APIClient,
    all_services: Any,
    backends_registry: dict[str, Any],
    address: str,
    hosts: list[str],
    is_linked: bool,
) -> None:
    backends_registry["software_secure"] = software_secure(video_review_aes_key=KEY, recording_hosts=hosts)
    attempt = submitted("software_secure")
    exam = attempt.proctored_exam
    factories.make_review(attempt, encrypted_video_url=encrypt_and_encode(address.encode(), bytes.fromhex(KEY)))
    path = reverse("edx_proctoring:instructor_dashboard_exam", args=[exam.course_id, exam.pk])
    with override_switch("edx_proctoring.reds_api_redirect", True):
        response = staff_client.get(path, {"attempt": LOCATOR}, headers={"accept": "text/html"})
    if is_linked:
        assert (response.status_code, response["Location"]) == (302, address)
    else:
        assert response.status_code == 404
        assert "<a " not in response.content.decode()
        assert address in response.content.decode() or address.startswith("https://[")
