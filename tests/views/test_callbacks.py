"""Callbacks of providers that sign in: ready and reviewed. Spec: rest-api.md 6.2, 6.3, 6.5, backends.md 6.2, 9.1."""

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable
from operator import itemgetter
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from edx_rest_framework_extensions.auth.jwt.decoder import jwt_decode_handler
from jwt.algorithms import RSAAlgorithm
from rest_framework.test import APIClient
from rest_framework_jwt.settings import api_settings

from edx_proctoring import constants
from edx_proctoring.backends import get_backend_provider
from edx_proctoring.backends.tests.test_review_payload import create_test_review_payload
from edx_proctoring.exceptions import (
    ProctoredExamBadReviewStatus,
    ProctoredExamReviewAlreadyExists,
    ProctoredExamSuspiciousLookup,
)
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
)
from edx_proctoring.serializers import ProctoredExamStudentAttemptSerializer
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.views import AnonymousReviewCallback, ProctoredExamReviewCallback
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_services")]

ANONYMOUS = reverse("edx_proctoring:anonymous.proctoring_review_callback")
KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
REVIEW = {
    "status": "passed",
    "comments": [{"comment": "Looked away", "status": "Suspicious", "start": 1, "stop": 3, "duration": 2}],
}


def url(kind: str, external_id: str) -> str:
    name = {"ready": "ready_callback", "reviewed": "callback"}[kind]
    return reverse(f"edx_proctoring:proctored_exam.attempt.{name}", args=[external_id])


def status_of(attempt: ProctoredExamStudentAttempt) -> str:
    attempt.refresh_from_db()
    return attempt.status


@pytest.fixture
def provider(db: None) -> User:
    """The user that the provider ``test`` signs in as."""
    user = factories.make_user("test_provider")
    user.groups.add(Group.objects.create(name="test_review"))
    return user


@pytest.fixture
def provider_client(client_of: Callable[..., APIClient], provider: User) -> APIClient:
    """The provider's client."""
    return client_of(provider)


# Signing in


@pytest.fixture
def jwt_settings(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of a platform that issues JWTs.

    With a set of public keys, as in production: without one, edx-drf-extensions 10.9 accepts tokens with any signature.
    """
    issuer = {"ISSUER": "tests", "AUDIENCE": "tests", "SECRET_KEY": "a secret that signs nothing here"}
    public_key = {**RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "tests"}
    settings.JWT_AUTH = {
        **settings.JWT_AUTH,
        "JWT_ISSUER": "tests",
        "JWT_AUDIENCE": "tests",
        "JWT_SECRET_KEY": issuer["SECRET_KEY"],
        "JWT_PUBLIC_SIGNING_JWK_SET": json.dumps({"keys": [public_key]}),
        "JWT_ISSUERS": [issuer],
    }
    # The library reads these only when it is imported.
    for name, value in {
        "JWT_AUTH_HEADER_PREFIX": "JWT",
        "JWT_DECODE_HANDLER": jwt_decode_handler,
        "JWT_PAYLOAD_GET_USERNAME_HANDLER": itemgetter("preferred_username"),
    }.items():
        monkeypatch.setattr(api_settings, name, value)


def token_for(username: str, *, key: Any = KEY, expires_in: int = 60, **claims: Any) -> str:
    now = int(time.time())
    payload = {
        "iss": "tests",
        "aud": "tests",
        "preferred_username": username,
        "iat": now - 120,
        "exp": now + expires_in,
        "version": "1.2.0",
        "scopes": [],
        "filters": [],
        "is_restricted": False,
        **claims,
    }
    return "JWT " + jwt.encode(payload, key, algorithm="RS512")


@pytest.mark.spec("rest-api.md", "2.1:jwt", "8.3:providers")
@pytest.mark.parametrize("kind", ["ready", "reviewed"])
def test_a_provider_can_sign_in_with_a_jwt(jwt_settings: None, provider: User, kind: str) -> None:
    attempt = factories.make_attempt(status={"ready": S.created, "reviewed": S.submitted}[kind])
    response = APIClient().post(
        url(kind, attempt.external_id), REVIEW, format="json", HTTP_AUTHORIZATION=token_for("test_provider")
    )
    assert (response.status_code, response.json()) == (200, "OK")
    assert status_of(attempt) == {"ready": S.ready_to_start, "reviewed": S.verified}[kind]


@pytest.mark.spec("rest-api.md", "2.1:jwt", "2.5")
@pytest.mark.parametrize("kind", ["ready", "reviewed"])
@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        pytest.param(None, "not_authenticated", id="no-token"),
        pytest.param(lambda: token_for("test_provider", key=OTHER_KEY), "authentication_failed", id="wrong-key"),
        pytest.param(lambda: token_for("test_provider", expires_in=-30), "authentication_failed", id="expired"),
        pytest.param(lambda: token_for("test_provider", aud="others"), "authentication_failed", id="wrong-audience"),
        pytest.param(lambda: "JWT nonsense", "authentication_failed", id="nonsense"),
        pytest.param(lambda: "Bearer opaque", "not_authenticated", id="another-scheme"),
    ],
)
def test_a_callback_without_a_valid_token_is_refused_and_logged_with_ids_only(
    jwt_settings: None,
    provider: User,
    kind: str,
    authorization: Callable[[], str] | None,
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    attempt = factories.make_attempt(user=factories.make_user("ann"), status=S.created)
    headers = {} if authorization is None else {"HTTP_AUTHORIZATION": authorization()}
    caplog.set_level(logging.INFO)
    response = APIClient().post(url(kind, attempt.external_id), REVIEW, format="json", **headers)
    assert (response.status_code, list(response.data)) == (403, ["detail"])
    assert status_of(attempt) == S.created
    assert not ProctoredExamSoftwareSecureReview.objects.exists()
    (line,) = [record.getMessage() for record in caplog.records if record.name == "edx_proctoring_views"]
    assert f"reason={reason} external_id={attempt.external_id}" in line
    everything = " ".join(record.getMessage() for record in caplog.records)
    assert "ann" not in everything.replace("anonymous", "")
    assert "Looked away" not in everything
    for header in headers.values():
        assert header.split()[1] not in everything


# Ready


@pytest.mark.spec("backends.md", "6.2:ready")
@pytest.mark.spec("rest-api.md", "6.2:answers")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (S.created, S.ready_to_start),
        (S.download_software_clicked, S.ready_to_start),
        (S.ready_to_start, S.ready_to_start),
        (S.started, S.started),
        (S.submitted, S.submitted),
        (S.onboarding_missing, S.onboarding_missing),
    ],
)
def test_ready_releases_only_an_attempt_that_waits_for_it(provider_client: Any, before: str, after: str) -> None:
    attempt = factories.make_attempt(status=before)
    response = provider_client.post(url("ready", attempt.external_id), {"status": "ready"}, format="json")
    assert (response.status_code, response.json()) == (200, "OK")
    assert status_of(attempt) == after


@pytest.mark.spec("rest-api.md", "6.2:answers")
def test_ready_for_an_unknown_attempt_answers_404_with_a_bare_string(
    provider_client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    response = provider_client.post(url("ready", "unknown"))
    assert response.status_code == 404
    assert isinstance(response.data, str)
    assert "external_id=unknown" in caplog.text


@pytest.mark.spec("rest-api.md", "6.2:answers")
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\x00"])
def test_ready_does_not_read_its_body(provider_client: Any, body: bytes) -> None:
    attempt = factories.make_attempt()
    response = provider_client.post(url("ready", attempt.external_id), body, content_type="application/octet-stream")
    assert response.status_code == 200


@pytest.mark.spec("backends.md", "6.2:ready", "6.2:reviewed")
@pytest.mark.spec("rest-api.md", "2.2:review", "6.2:who", "10:4")
def test_reviewers_of_another_provider_are_refused(client_of: Callable[..., APIClient]) -> None:
    user = factories.make_user()
    user.groups.add(Group.objects.create(name="null_review"))
    attempt = factories.make_attempt()
    for kind in ("ready", "reviewed"):
        response = client_of(user).post(url(kind, attempt.external_id), REVIEW, format="json")
        assert response.status_code == 403
    assert status_of(attempt) == S.created


# Reviewed


@pytest.mark.spec("backends.md", "6.2:reviewed")
@pytest.mark.spec("rest-api.md", "6.3", "6.5:verdicts", "2.3:bodies")
@pytest.mark.parametrize(
    ("verdict", "stored", "status"),
    [
        ("passed", "Clean", S.verified),
        ("violation", "Rules Violation", S.verified),
        ("suspicious", "Suspicious", S.second_review_required),
        ("not_reviewed", "Not Reviewed", S.error),
    ],
)
@pytest.mark.parametrize("format_", ["json", "multipart"])
def test_a_review_is_stored_and_applied_to_the_attempt(
    provider_client: Any, provider: User, verdict: str, stored: str, status: str, format_: str
) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    body = {**REVIEW, "status": verdict}
    if format_ == "multipart":
        body.pop("comments")
    response = provider_client.post(url("reviewed", attempt.external_id), body, format=format_)
    assert (response.status_code, response.json()) == (200, "OK"), response.content
    review = ProctoredExamSoftwareSecureReview.objects.get(attempt_code=attempt.attempt_code)
    assert (review.review_status, status_of(attempt)) == (stored, status)
    assert ReviewInboxEntry.objects.get().actor_id == provider.pk


@pytest.mark.spec("rest-api.md", "6.3")
def test_a_user_who_is_not_a_reviewer_gets_an_empty_refusal(client_of: Callable[..., APIClient]) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    for user in (attempt.user, factories.make_user()):
        response = client_of(user).post(url("reviewed", attempt.external_id), REVIEW, format="json")
        assert (response.status_code, response.content) == (403, b"")
    assert not ReviewInboxEntry.objects.exists()


@pytest.mark.spec("rest-api.md", "6.3")
@pytest.mark.parametrize("was", ["unknown", "reset"])
def test_a_review_of_an_unknown_or_reset_attempt_answers_400(
    provider_client: Any, was: str, caplog: pytest.LogCaptureFixture
) -> None:
    attempt = factories.make_attempt(status=S.submitted, external_id="gone-1")
    if was == "reset":
        attempt.delete()
    external_id = {"unknown": "unknown", "reset": "gone-1"}[was]
    response = provider_client.post(url("reviewed", external_id), REVIEW, format="json")
    assert (response.status_code, list(response.data)) == (400, ["detail"])
    assert external_id in response.data["detail"]
    assert f"external_id={external_id}" in caplog.text


@pytest.mark.spec("rest-api.md", "6.5:validation")
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("[]", id="list"),
        pytest.param("{", id="malformed"),
        pytest.param('{"comments": []}', id="no-status"),
        pytest.param('{"status": "splendid", "comments": []}', id="unknown-status"),
        pytest.param('{"status": 7, "comments": []}', id="status-that-is-a-number"),
        pytest.param('{"status": "passed", "comments": 7}', id="comments-that-are-a-number"),
        pytest.param('{"status": "passed", "comments": [{"status": "x"}]}', id="comment-without-a-text"),
    ],
)
def test_an_invalid_review_answers_400_and_changes_nothing(provider_client: Any, body: str) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    response = provider_client.post(url("reviewed", attempt.external_id), body, content_type="application/json")
    assert response.status_code == 400
    assert response.data
    assert status_of(attempt) == S.submitted
    assert not ProctoredExamSoftwareSecureReview.objects.exists()


@pytest.mark.spec("rest-api.md", "6.5:updates")
def test_a_second_review_replaces_the_first_with_its_comments(provider_client: Any) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    for verdict in ("suspicious", "passed"):
        provider_client.post(url("reviewed", attempt.external_id), {**REVIEW, "status": verdict}, format="json")
    assert ProctoredExamSoftwareSecureReview.objects.get().review_status == "Clean"
    assert ProctoredExamSoftwareSecureComment.objects.count() == 1
    assert status_of(attempt) == S.verified


@pytest.mark.spec("rest-api.md", "6.5:updates")
def test_a_second_review_is_refused_if_reviews_are_final(provider_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False)
    attempt = factories.make_attempt(status=S.submitted)
    codes = [
        provider_client.post(url("reviewed", attempt.external_id), REVIEW, format="json").status_code for _ in range(2)
    ]
    assert codes == [200, 400]


@pytest.mark.spec("backends.md", "6.2:reviewed")
@pytest.mark.spec("rest-api.md", "6.5:unproctored", "7.2")
def test_a_review_for_an_exam_that_is_no_longer_proctored_answers_412_with_the_text_that_vendors_compare(
    provider_client: Any,
) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    ProctoredExam.objects.filter(pk=attempt.proctored_exam_id).update(is_proctored=False)
    response = provider_client.post(url("reviewed", attempt.external_id), REVIEW, format="json")
    assert (response.status_code, response.data) == (412, "Exam no longer proctored")


@pytest.mark.parametrize("kind", ["ready", "reviewed"])
def test_a_body_above_2_mib_answers_413(provider_client: Any, kind: str) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    body = json.dumps({**REVIEW, "padding": "x" * (2 * 1024 * 1024)})
    response = provider_client.post(url(kind, attempt.external_id), body, content_type="application/json")
    assert response.status_code == 413
    assert not ReviewInboxEntry.objects.exists()


@pytest.mark.spec("rest-api.md", "7.3:10")
def test_the_newest_of_several_attempts_with_one_provider_id_is_reviewed(provider_client: Any) -> None:
    old, new = (factories.make_attempt(status=S.submitted, external_id="same") for _ in range(2))
    provider_client.post(url("reviewed", "same"), REVIEW, format="json")
    assert (status_of(old), status_of(new)) == (S.submitted, S.verified)


# make_review, called without a request as outside code does


def as_dict(attempt: ProctoredExamStudentAttempt) -> dict[str, Any]:
    return dict(ProctoredExamStudentAttemptSerializer(attempt).data)


@pytest.mark.spec("rest-api.md", "6.5:direct")
@pytest.mark.parametrize("view", [ProctoredExamReviewCallback, AnonymousReviewCallback])
def test_make_review_works_without_a_request(view: type[Any]) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    response = view().make_review(as_dict(attempt), dict(REVIEW))
    assert (response.status_code, response.data) == (200, "OK")
    assert status_of(attempt) == S.verified


def test_make_review_uses_the_exam_in_the_attempt_dict() -> None:
    attempt = factories.make_attempt(status=S.submitted)
    serialized = as_dict(attempt)
    serialized["proctored_exam"] = {**serialized["proctored_exam"], "is_proctored": False}
    response = ProctoredExamReviewCallback().make_review(serialized, dict(REVIEW))
    assert (response.status_code, response.data) == (412, "Exam no longer proctored")


@pytest.mark.spec("rest-api.md", "6.5:direct", "7.3:8")
@pytest.mark.parametrize(
    ("review", "updates", "error"),
    [
        ({**REVIEW, "status": "splendid"}, True, ProctoredExamBadReviewStatus),
        (REVIEW, False, ProctoredExamReviewAlreadyExists),
    ],
)
def test_make_review_raises_for_a_refused_review(
    monkeypatch: pytest.MonkeyPatch, review: dict[str, Any], updates: bool, error: type[Exception]
) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", updates)
    if not updates:
        ProctoredExamReviewCallback().make_review(as_dict(attempt), dict(REVIEW))
    with pytest.raises(error):
        ProctoredExamReviewCallback().make_review(as_dict(attempt), dict(review))


@pytest.mark.spec("rest-api.md", "6.5:direct")
def test_make_review_does_not_change_the_caller_s_data() -> None:
    review = {**REVIEW, "videoReviewLink": "https://example.com/video"}
    before = json.dumps(review)
    ProctoredExamReviewCallback().make_review(as_dict(factories.make_attempt(status=S.submitted)), review)
    assert json.dumps(review) == before


@pytest.mark.spec("rest-api.md", "10:11")
def test_an_uploaded_file_among_the_fields_of_a_form_answers_400(provider_client: Any) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    form = {"status": "passed", "note": SimpleUploadedFile("note.txt", b"1")}
    response = provider_client.post(url("reviewed", attempt.external_id), form, format="multipart")
    assert (response.status_code, list(response.data)) == (400, ["detail"])
    assert status_of(attempt) == S.submitted


# The anonymous review callback


@pytest.fixture
def rpnow_attempt() -> ProctoredExamStudentAttempt:
    """A submitted attempt at an exam of RPNow."""
    return factories.make_attempt(
        factories.make_exam(backend="software_secure"), status=S.submitted, external_id="Locator-1"
    )


def payload(attempt: ProctoredExamStudentAttempt, **fields: Any) -> dict[str, Any]:
    text = create_test_review_payload(attempt_code=attempt.attempt_code, external_id=attempt.external_id, **fields)
    return json.loads(text)


def post(body: Any, client: APIClient | None = None, **headers: Any) -> Any:
    body = body if isinstance(body, (str, bytes)) else json.dumps(body)
    headers = {"content_type": "application/json", **headers}
    return (client or APIClient()).generic("POST", ANONYMOUS, body, **headers)


@pytest.mark.spec("backends.md", "7.6:endpoint")
@pytest.mark.spec("rest-api.md", "6.4:negotiation", "8.3:rpnow")
@pytest.mark.parametrize("content_type", ["application/json", "foo", "text/plain", ""])
def test_an_anonymous_review_is_accepted_with_any_content_type(
    rpnow_attempt: ProctoredExamStudentAttempt, content_type: str
) -> None:
    response = post(payload(rpnow_attempt), content_type=content_type, HTTP_ACCEPT="application/pdf")
    assert (response.status_code, response.json()) == (200, "OK")
    assert status_of(rpnow_attempt) == S.verified
    assert ProctoredExamSoftwareSecureComment.objects.count() == 6


@pytest.mark.spec("rest-api.md", "6.4:negotiation")
def test_a_browser_session_does_not_affect_the_anonymous_callback(
    rpnow_attempt: ProctoredExamStudentAttempt, staff: User
) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    assert post(payload(rpnow_attempt), client).status_code == 200


def test_get_answers_405() -> None:
    assert APIClient().get(ANONYMOUS).status_code == 405


@pytest.mark.spec("backends.md", "7.6:endpoint")
@pytest.mark.spec("rest-api.md", "6.4:provider")
def test_an_anonymous_review_for_an_exam_of_another_provider_is_accepted() -> None:
    attempt = factories.make_attempt(status=S.submitted, external_id="Locator-1")
    assert post(payload(attempt)).status_code == 200


@pytest.mark.spec("rest-api.md", "6.4:archived")
def test_an_anonymous_review_of_a_reset_attempt_is_stored(rpnow_attempt: ProctoredExamStudentAttempt) -> None:
    body = payload(rpnow_attempt)
    rpnow_attempt.delete()
    assert post(body).status_code == 200
    assert ProctoredExamSoftwareSecureReview.objects.get().review_status == "Clean"


@pytest.mark.spec("rest-api.md", "6.4:archived")
@pytest.mark.parametrize("removed", [False, True])
def test_the_provider_class_receives_whether_the_attempt_is_archived(
    rpnow_attempt: ProctoredExamStudentAttempt, monkeypatch: pytest.MonkeyPatch, removed: bool
) -> None:
    provider = get_backend_provider(name="software_secure")
    understand, seen = provider.on_review_callback, []

    def on_review_callback(attempt: Any, body: Any) -> Any:
        seen.append(attempt["is_archived"])
        return understand(attempt, body)

    monkeypatch.setattr(provider, "on_review_callback", on_review_callback)
    body = payload(rpnow_attempt)
    if removed:
        rpnow_attempt.delete()
    assert post(body).status_code == 200
    assert seen == [removed]


@pytest.mark.parametrize("gone", ["proctored_exam", "user"])
def test_a_review_of_an_attempt_whose_exam_or_learner_was_deleted_answers_400(
    rpnow_attempt: ProctoredExamStudentAttempt, gone: str
) -> None:
    body = payload(rpnow_attempt)
    getattr(rpnow_attempt, gone).delete()
    response = post(body)
    assert (response.status_code, list(response.data)) == (400, ["detail"])
    assert not ReviewInboxEntry.objects.exists()
    assert not ProctoredExamSoftwareSecureReview.objects.exists()


@pytest.mark.spec("backends.md", "7.6:endpoint")
@pytest.mark.spec("rest-api.md", "6.4:refusals")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda body: "[]", id="list"),
        pytest.param(lambda body: "{", id="malformed"),
        pytest.param(lambda body: "", id="empty"),
        pytest.param(lambda body: {}, id="nothing"),
        pytest.param(lambda body: {**body, "examMetaData": None}, id="no-meta-data"),
        pytest.param(lambda body: {**body, "examMetaData": "text"}, id="meta-data-that-is-text"),
        pytest.param(lambda body: _with_meta(body, examCode="unknown"), id="unknown-code"),
        pytest.param(lambda body: _with_meta(body, examCode={"a": 1}), id="code-that-is-an-object"),
        pytest.param(lambda body: _with_meta(body, ssiRecordLocator="other"), id="wrong-locator"),
        pytest.param(lambda body: _with_meta(body, ssiRecordLocator=None), id="no-locator"),
        pytest.param(lambda body: {**body, "reviewStatus": "Splendid"}, id="unknown-status"),
        pytest.param(lambda body: {**body, "webCamComments": 7}, id="comments-that-are-a-number"),
    ],
)
def test_an_invalid_anonymous_review_answers_400_and_changes_nothing(
    rpnow_attempt: ProctoredExamStudentAttempt, change: Callable[[Any], Any]
) -> None:
    response = post(change(payload(rpnow_attempt)))
    assert (response.status_code, list(response.data)) == (400, ["detail"])
    assert status_of(rpnow_attempt) == S.submitted
    assert not ProctoredExamSoftwareSecureReview.objects.exists()


def _with_meta(body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**body, "examMetaData": {**body["examMetaData"], **changes}}


def test_the_record_locator_is_compared_without_case(rpnow_attempt: ProctoredExamStudentAttempt) -> None:
    body = payload(rpnow_attempt)
    assert post(_with_meta(body, ssiRecordLocator="lOCATOR-1")).status_code == 200
    with pytest.raises(ProctoredExamSuspiciousLookup):
        AnonymousReviewCallback().make_review({**as_dict(rpnow_attempt), "external_id": "other"}, body)


@pytest.mark.spec("rest-api.md", "6.4:provider")
def test_a_platform_without_rpnow_answers_404(
    rpnow_attempt: ProctoredExamStudentAttempt, backends_registry: dict[str, Any]
) -> None:
    del backends_registry["software_secure"]
    ProctoredExam.objects.update(backend="test")
    assert post(payload(rpnow_attempt)).status_code == 404


def test_the_response_is_not_cacheable(rpnow_attempt: ProctoredExamStudentAttempt) -> None:
    assert post(payload(rpnow_attempt))["Cache-Control"] == "private, no-store"


@pytest.fixture
def proctoring_settings(settings: Any) -> Callable[..., None]:
    """Set keys of ``PROCTORING_SETTINGS``."""

    def change(**options: Any) -> None:
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **options}

    return change


@pytest.mark.spec("rest-api.md", "6.4:operator", "10:7")
@pytest.mark.parametrize(("mode", "code"), [("allow", 200), ("deny", 404), ("signed", 403), ("alow", 404)])
def test_a_setting_decides_whether_the_anonymous_callback_is_open(
    rpnow_attempt: ProctoredExamStudentAttempt, proctoring_settings: Callable[..., None], mode: str, code: int
) -> None:
    proctoring_settings(ANONYMOUS_REVIEW_CALLBACK=mode)
    assert post(payload(rpnow_attempt)).status_code == code


@pytest.mark.spec("rest-api.md", "6.4:operator", "10:7")
@pytest.mark.parametrize(
    ("networks", "address", "code"),
    [
        (["10.0.0.0/8"], "10.1.2.3", 200),
        (["10.0.0.0/8", "2001:db8::/32"], "2001:db8::1", 200),
        (["10.0.0.0/8"], "192.0.2.1", 403),
        (["10.0.0.0/8"], "", 403),
        ([], "192.0.2.1", 200),
    ],
)
def test_a_provider_option_limits_the_networks_of_the_callback(
    rpnow_attempt: ProctoredExamStudentAttempt,
    backends_registry: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    networks: list[str],
    address: str,
    code: int,
) -> None:
    rpnow = backends_registry["software_secure"]
    monkeypatch.setattr(rpnow, "callback_allowed_networks", networks, raising=False)
    assert post(payload(rpnow_attempt), REMOTE_ADDR=address).status_code == code


@pytest.mark.spec("rest-api.md", "6.4:operator")
def test_a_setting_limits_the_callback_rate_per_address(
    rpnow_attempt: ProctoredExamStudentAttempt, proctoring_settings: Callable[..., None]
) -> None:
    proctoring_settings(RATE_LIMITS={"proctoring_anonymous": "2/min"})
    answers = [post({}, REMOTE_ADDR="192.0.2.1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert "Retry-After" in answers[2]
    assert post(payload(rpnow_attempt), REMOTE_ADDR="192.0.2.2").status_code == 200


@pytest.mark.spec("rest-api.md", "6.4:deprecation")
@pytest.mark.parametrize(
    ("external_id", "link"),
    [
        ("Locator-1", '</edx_proctoring/v1/proctored_exam/attempt/Locator-1/reviewed>; rel="successor-version"'),
        ("has / slashes", None),
    ],
)
def test_the_response_announces_the_deprecation_and_the_successor(
    rpnow_attempt: ProctoredExamStudentAttempt, external_id: str, link: str | None
) -> None:
    ProctoredExamStudentAttempt.objects.update(external_id=external_id)
    rpnow_attempt.refresh_from_db()
    response = post(payload(rpnow_attempt))
    assert (response.status_code, response.get("Link")) == (200, link)
    assert response["Deprecation"].startswith("@")


# The launch


def launch(attempt_code: str | None, **headers: Any) -> Any:
    path = reverse("edx_proctoring:anonymous.proctoring_launch_callback.start_exam", args=[attempt_code])
    return APIClient().get(path, **headers)


@pytest.mark.spec("rest-api.md", "6.1:cookie", "10:8")
def test_the_launch_cookie_lasts_for_the_exam_and_a_day() -> None:
    attempt = factories.make_attempt(factories.make_exam(time_limit_mins=90))
    cookie = launch(attempt.attempt_code, secure=True).cookies["exam"]
    assert cookie["max-age"] == (24 * 60 + 90) * 60
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", True)


@pytest.mark.spec("rest-api.md", "6.1:answers")
def test_launching_an_unknown_code_answers_404_as_plain_text() -> None:
    response = launch("unknown")
    assert (response.status_code, response["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert response.content.decode() == "You have entered an exam code that is not valid."


@pytest.mark.spec("rest-api.md", "6.1:answers")
@pytest.mark.parametrize(
    ("method", "code"), [("GET", 302), ("POST", 302), ("HEAD", 302), ("PUT", 405), ("DELETE", 405)]
)
def test_a_launch_needs_no_csrf_token(method: str, code: int) -> None:
    attempt = factories.make_attempt()
    path = reverse("edx_proctoring:anonymous.proctoring_launch_callback.start_exam", args=[attempt.attempt_code])
    response = Client(enforce_csrf_checks=True).generic(method, path)
    assert response.status_code == code
    assert "no-store" in response["Cache-Control"]


@pytest.mark.spec("rest-api.md", "6.1:rate", "10:8")
def test_a_setting_limits_launches_per_address(proctoring_settings: Callable[..., None]) -> None:
    proctoring_settings(RATE_LIMITS={"proctoring_anonymous": "2/min"})
    answers = [launch(f"guess-{number}", REMOTE_ADDR="192.0.2.1") for number in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert int(answers[2]["Retry-After"]) > 0
    assert launch("guess-4", REMOTE_ADDR="192.0.2.2").status_code == 404


@pytest.mark.spec("rest-api.md", "6.1:rate", "10:8")
def test_a_setting_limits_launches_per_code(proctoring_settings: Callable[..., None]) -> None:
    proctoring_settings(RATE_LIMITS={"proctoring_anonymous": "2/min"})
    attempt = factories.make_attempt(status=S.ready_to_start)
    answers = [launch(attempt.attempt_code, REMOTE_ADDR=f"192.0.2.{number}") for number in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert launch(factories.make_attempt().attempt_code, REMOTE_ADDR="192.0.2.9").status_code == 302


# Signed callbacks


def signature(
    secret: str, path: str, body: bytes, *, nonce: str = "nonce-0001", age: int = 0, method: str = "POST"
) -> dict[str, str]:
    timestamp = str(int(time.time()) - age)
    signed = "\n".join(("v1", timestamp, nonce, method, path, hashlib.sha256(body).hexdigest()))
    mac = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
    return {
        "HTTP_X_PROCTORING_TIMESTAMP": timestamp,
        "HTTP_X_PROCTORING_NONCE": nonce,
        "HTTP_X_PROCTORING_SIGNATURE": f"v1={mac}",
    }


@pytest.fixture
def signing(test_backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the provider ``test`` sign its callbacks, with a current and a former secret."""
    monkeypatch.setattr(test_backend, "callback_secrets", ["current", "former"], raising=False)


BODY = json.dumps(REVIEW).encode()


@pytest.mark.parametrize("kind", ["ready", "reviewed"])
@pytest.mark.parametrize("secret", ["current", "former"])
@pytest.mark.spec("backends.md", "18:9")
def test_a_callback_signed_with_any_configured_secret_is_accepted(
    signing: None, provider_client: Any, kind: str, secret: str
) -> None:
    path = url(kind, factories.make_attempt(status=S.submitted).external_id)
    response = provider_client.generic(
        "POST", path, BODY, content_type="application/json", **signature(secret, path, BODY)
    )
    assert response.status_code == 200


@pytest.mark.parametrize("kind", ["ready", "reviewed"])
@pytest.mark.spec("backends.md", "18:9")
def test_an_unsigned_callback_is_refused_if_the_provider_has_secrets(
    signing: None, provider_client: Any, kind: str
) -> None:
    attempt = factories.make_attempt(status=S.created if kind == "ready" else S.submitted)
    before = attempt.status
    response = provider_client.post(url(kind, attempt.external_id), REVIEW, format="json")
    assert (response.status_code, list(response.data)) == (400, ["detail"])
    assert status_of(attempt) == before


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        pytest.param(lambda path: {}, 400, id="not-signed"),
        pytest.param(
            lambda path: {**signature("current", path, BODY), "HTTP_X_PROCTORING_TIMESTAMP": "now"}, 400, id="no-time"
        ),
        pytest.param(lambda path: signature("current", path, BODY, nonce="short"), 400, id="short-nonce"),
        pytest.param(
            lambda path: {**signature("current", path, BODY), "HTTP_X_PROCTORING_SIGNATURE": "v2=00"}, 400, id="v2"
        ),
        pytest.param(lambda path: signature("current", path, BODY, age=301), 403, id="too-old"),
        pytest.param(lambda path: signature("current", path, BODY, age=-400), 403, id="from-the-future"),
        pytest.param(lambda path: signature("wrong", path, BODY), 403, id="wrong-secret"),
        pytest.param(lambda path: signature("current", path, BODY + b" "), 403, id="another-body"),
        pytest.param(lambda path: signature("current", "/other", BODY), 403, id="another-path"),
        pytest.param(lambda path: signature("current", path, BODY, method="PUT"), 403, id="another-method"),
    ],
)
@pytest.mark.spec("backends.md", "18:9")
def test_a_callback_with_a_wrong_signature_is_refused(
    signing: None, provider_client: Any, headers: Callable[[str], dict[str, str]], code: int
) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    path = url("reviewed", attempt.external_id)
    response = provider_client.generic("POST", path, BODY, content_type="application/json", **headers(path))
    assert response.status_code == code
    assert status_of(attempt) == S.submitted


def test_a_repeated_nonce_answers_409(signing: None, provider_client: Any) -> None:
    path = url("reviewed", factories.make_attempt(status=S.submitted).external_id)
    headers = signature("current", path, BODY)
    codes = [
        provider_client.generic("POST", path, BODY, content_type="application/json", **headers).status_code
        for _ in range(2)
    ]
    assert codes == [200, 409]


@pytest.mark.spec("rest-api.md", "6.4:operator", "10:7")
@pytest.mark.spec("backends.md", "18:9")
def test_a_setting_requires_a_signature_of_the_anonymous_callback(
    rpnow_attempt: ProctoredExamStudentAttempt,
    backends_registry: dict[str, Any],
    proctoring_settings: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proctoring_settings(ANONYMOUS_REVIEW_CALLBACK="signed")
    monkeypatch.setattr(backends_registry["software_secure"], "callback_secrets", ["secret"], raising=False)
    body = json.dumps(payload(rpnow_attempt)).encode()
    assert post(body).status_code == 400
    assert post(body, **signature("secret", ANONYMOUS, body)).status_code == 200
