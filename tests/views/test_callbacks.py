"""What providers tell us. Spec: rest-api.md 6, backends.md 6.2, 7.6, 9.1, 14.5."""

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
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from edx_rest_framework_extensions.auth.jwt.decoder import jwt_decode_handler
from freezegun import freeze_time
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
    UsedNonce,
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
    """A platform that issues JWTs and publishes its keys, as in production."""
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
    # The library reads these once, when it is imported.
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
def test_provider_signs_in_with_a_jwt(jwt_settings: None, provider: User, kind: str) -> None:
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
def test_callback_without_a_valid_token_is_refused_with_a_log_line_of_ids_only(
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
def test_ready_lets_an_attempt_start_that_waits_for_it(provider_client: Any, before: str, after: str) -> None:
    attempt = factories.make_attempt(status=before)
    response = provider_client.post(url("ready", attempt.external_id), {"status": "ready"}, format="json")
    assert (response.status_code, response.json()) == (200, "OK")
    assert status_of(attempt) == after


@pytest.mark.spec("rest-api.md", "6.2:answers")
def test_ready_for_an_unknown_attempt_is_404_with_a_bare_string(
    provider_client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    response = provider_client.post(url("ready", "unknown"))
    assert response.status_code == 404
    assert isinstance(response.data, str)
    assert "external_id=unknown" in caplog.text


@pytest.mark.spec("rest-api.md", "6.2:answers")
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\x00"])
def test_ready_does_not_look_at_its_body(provider_client: Any, body: bytes) -> None:
    attempt = factories.make_attempt()
    response = provider_client.post(url("ready", attempt.external_id), body, content_type="application/octet-stream")
    assert response.status_code == 200


@pytest.mark.spec("backends.md", "6.2:ready", "6.2:reviewed")
@pytest.mark.spec("rest-api.md", "2.2:review", "6.2:who", "10:4")
def test_reviewers_of_another_provider_are_strangers(client_of: Callable[..., APIClient]) -> None:
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
def test_review_is_stored_and_the_attempt_follows(
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
def test_refused_reviewer_gets_an_empty_body(client_of: Callable[..., APIClient]) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    for user in (attempt.user, factories.make_user()):
        response = client_of(user).post(url("reviewed", attempt.external_id), REVIEW, format="json")
        assert (response.status_code, response.content) == (403, b"")
    assert not ReviewInboxEntry.objects.exists()


@pytest.mark.spec("rest-api.md", "6.3")
@pytest.mark.parametrize("was", ["unknown", "reset"])
def test_review_of_an_attempt_that_is_not_there_answers_400(
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
def test_review_that_makes_no_sense_changes_nothing(provider_client: Any, body: str) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    response = provider_client.post(url("reviewed", attempt.external_id), body, content_type="application/json")
    assert response.status_code == 400
    assert response.data
    assert status_of(attempt) == S.submitted
    assert not ProctoredExamSoftwareSecureReview.objects.exists()


@pytest.mark.spec("rest-api.md", "6.5:updates")
def test_second_review_replaces_the_first_with_its_comments(provider_client: Any) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    for verdict in ("suspicious", "passed"):
        provider_client.post(url("reviewed", attempt.external_id), {**REVIEW, "status": verdict}, format="json")
    assert ProctoredExamSoftwareSecureReview.objects.get().review_status == "Clean"
    assert ProctoredExamSoftwareSecureComment.objects.count() == 1
    assert status_of(attempt) == S.verified


@pytest.mark.spec("rest-api.md", "6.5:updates")
def test_second_review_is_refused_where_reviews_are_final(
    provider_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False)
    attempt = factories.make_attempt(status=S.submitted)
    codes = [
        provider_client.post(url("reviewed", attempt.external_id), REVIEW, format="json").status_code for _ in range(2)
    ]
    assert codes == [200, 400]


@pytest.mark.spec("backends.md", "6.2:reviewed")
@pytest.mark.spec("rest-api.md", "6.5:unproctored", "7.2")
def test_exam_that_is_no_longer_proctored_is_412_with_the_text_that_vendors_compare(provider_client: Any) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    ProctoredExam.objects.filter(pk=attempt.proctored_exam_id).update(is_proctored=False)
    response = provider_client.post(url("reviewed", attempt.external_id), REVIEW, format="json")
    assert (response.status_code, response.data) == (412, "Exam no longer proctored")


@pytest.mark.parametrize("kind", ["ready", "reviewed"])
def test_body_that_is_larger_than_any_review_is_413(provider_client: Any, kind: str) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    body = json.dumps({**REVIEW, "padding": "x" * (2 * 1024 * 1024)})
    response = provider_client.post(url(kind, attempt.external_id), body, content_type="application/json")
    assert response.status_code == 413
    assert not ReviewInboxEntry.objects.exists()


@pytest.mark.spec("rest-api.md", "7.3:10")
def test_of_several_attempts_with_one_provider_id_the_newest_counts(provider_client: Any) -> None:
    old, new = (factories.make_attempt(status=S.submitted, external_id="same") for _ in range(2))
    provider_client.post(url("reviewed", "same"), REVIEW, format="json")
    assert (status_of(old), status_of(new)) == (S.submitted, S.verified)


# make_review, as outside code calls it: without a request


def as_dict(attempt: ProctoredExamStudentAttempt) -> dict[str, Any]:
    return dict(ProctoredExamStudentAttemptSerializer(attempt).data)


@pytest.mark.spec("rest-api.md", "6.5:direct")
@pytest.mark.parametrize("view", [ProctoredExamReviewCallback, AnonymousReviewCallback])
def test_review_is_taken_without_a_request(view: type[Any]) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    response = view().make_review(as_dict(attempt), dict(REVIEW))
    assert (response.status_code, response.data) == (200, "OK")
    assert status_of(attempt) == S.verified


def test_backend_in_the_attempt_decides_who_the_provider_is() -> None:
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
def test_refusals_are_exceptions(
    monkeypatch: pytest.MonkeyPatch, review: dict[str, Any], updates: bool, error: type[Exception]
) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", updates)
    if not updates:
        ProctoredExamReviewCallback().make_review(as_dict(attempt), dict(REVIEW))
    with pytest.raises(error):
        ProctoredExamReviewCallback().make_review(as_dict(attempt), dict(review))


@pytest.mark.spec("rest-api.md", "6.5:direct")
def test_caller_s_review_is_not_changed() -> None:
    review = {**REVIEW, "videoReviewLink": "https://example.com/video"}
    before = json.dumps(review)
    ProctoredExamReviewCallback().make_review(as_dict(factories.make_attempt(status=S.submitted)), review)
    assert json.dumps(review) == before


@pytest.mark.spec("rest-api.md", "10:11")
def test_file_among_the_fields_of_a_form_answers_400(provider_client: Any) -> None:
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
def test_vendor_reviews_without_signing_in_whatever_it_says_about_its_body(
    rpnow_attempt: ProctoredExamStudentAttempt, content_type: str
) -> None:
    response = post(payload(rpnow_attempt), content_type=content_type, HTTP_ACCEPT="application/pdf")
    assert (response.status_code, response.json()) == (200, "OK")
    assert status_of(rpnow_attempt) == S.verified
    assert ProctoredExamSoftwareSecureComment.objects.count() == 6


@pytest.mark.spec("rest-api.md", "6.4:negotiation")
def test_session_of_a_browser_does_not_get_in_the_way(rpnow_attempt: ProctoredExamStudentAttempt, staff: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    assert post(payload(rpnow_attempt), client).status_code == 200


def test_get_is_405() -> None:
    assert APIClient().get(ANONYMOUS).status_code == 405


@pytest.mark.spec("backends.md", "7.6:endpoint")
@pytest.mark.spec("rest-api.md", "6.4:provider")
def test_exam_of_another_provider_is_reviewed_all_the_same() -> None:
    attempt = factories.make_attempt(status=S.submitted, external_id="Locator-1")
    assert post(payload(attempt)).status_code == 200


@pytest.mark.spec("rest-api.md", "6.4:archived")
def test_review_of_an_attempt_that_was_reset_is_stored(rpnow_attempt: ProctoredExamStudentAttempt) -> None:
    body = payload(rpnow_attempt)
    rpnow_attempt.delete()
    assert post(body).status_code == 200
    assert ProctoredExamSoftwareSecureReview.objects.get().review_status == "Clean"


@pytest.mark.spec("rest-api.md", "6.4:archived")
@pytest.mark.parametrize("removed", [False, True])
def test_provider_is_told_whether_the_attempt_is_archived(
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
def test_review_of_an_attempt_whose_exam_or_learner_is_gone_answers_400(
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
def test_body_that_makes_no_sense_answers_400_and_changes_nothing(
    rpnow_attempt: ProctoredExamStudentAttempt, change: Callable[[Any], Any]
) -> None:
    response = post(change(payload(rpnow_attempt)))
    assert (response.status_code, list(response.data)) == (400, ["detail"])
    assert status_of(rpnow_attempt) == S.submitted
    assert not ProctoredExamSoftwareSecureReview.objects.exists()


def _with_meta(body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**body, "examMetaData": {**body["examMetaData"], **changes}}


def test_locator_is_compared_ignoring_case(rpnow_attempt: ProctoredExamStudentAttempt) -> None:
    body = payload(rpnow_attempt)
    assert post(_with_meta(body, ssiRecordLocator="lOCATOR-1")).status_code == 200
    with pytest.raises(ProctoredExamSuspiciousLookup):
        AnonymousReviewCallback().make_review({**as_dict(rpnow_attempt), "external_id": "other"}, body)


@pytest.mark.spec("rest-api.md", "6.4:provider")
def test_platform_without_rpnow_answers_404(
    rpnow_attempt: ProctoredExamStudentAttempt, backends_registry: dict[str, Any]
) -> None:
    del backends_registry["software_secure"]
    ProctoredExam.objects.update(backend="test")
    assert post(payload(rpnow_attempt)).status_code == 404


def test_answer_is_not_cached(rpnow_attempt: ProctoredExamStudentAttempt) -> None:
    assert post(payload(rpnow_attempt))["Cache-Control"] == "private, no-store"


@pytest.fixture
def proctoring_settings(settings: Any) -> Callable[..., None]:
    """Set keys of ``PROCTORING_SETTINGS``."""

    def change(**options: Any) -> None:
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **options}

    return change


@pytest.mark.spec("rest-api.md", "6.4:operator", "10:7")
@pytest.mark.parametrize(("mode", "code"), [("allow", 200), ("deny", 404), ("signed", 403), ("alow", 404)])
def test_operator_decides_whether_the_anonymous_callback_is_open(
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
def test_operator_may_name_the_networks_it_comes_from(
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
@pytest.mark.contract("rest-rules#throttling")
def test_refused_reviews_are_limited_per_address(
    rpnow_attempt: ProctoredExamStudentAttempt, proctoring_settings: Callable[..., None]
) -> None:
    proctoring_settings(RATE_LIMITS={"proctoring_anonymous": "2/min"})
    answers = [post({}, REMOTE_ADDR="192.0.2.1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert 0 < int(answers[2]["Retry-After"]) <= 60
    assert post(payload(rpnow_attempt), REMOTE_ADDR="192.0.2.2").status_code == 200


@pytest.mark.contract("rest-rules#throttling")
def test_guesses_of_one_code_are_limited_to_30_a_minute_from_whatever_address(
    rpnow_attempt: ProctoredExamStudentAttempt,
) -> None:
    wrong = _with_meta(payload(rpnow_attempt), ssiRecordLocator="guess")
    codes = [post(wrong, REMOTE_ADDR=f"192.0.2.{number}").status_code for number in range(31)]
    assert codes == [400] * 30 + [429]
    assert post(payload(rpnow_attempt), REMOTE_ADDR="192.0.2.99").status_code == 429
    assert status_of(rpnow_attempt) == S.submitted


@pytest.mark.contract("rest-rules#throttling")
def test_reviews_that_are_taken_or_refused_for_their_content_do_not_count(
    rpnow_attempt: ProctoredExamStudentAttempt, proctoring_settings: Callable[..., None]
) -> None:
    proctoring_settings(RATE_LIMITS={"proctoring_anonymous": "1/min", "proctoring_anonymous_code": "1/min"})
    bodies = [payload(rpnow_attempt), {**payload(rpnow_attempt), "reviewStatus": "Splendid"}]
    assert [post(body).status_code for body in bodies * 3] == [200, 400] * 3


@pytest.mark.contract("rest-rules#throttling")
@pytest.mark.parametrize(
    ("proxies", "codes"),
    [
        # Without the setting, the header is what the client says.
        pytest.param(None, [400, 429], id="no-proxies-named"),
        pytest.param(0, [400, 429], id="no-proxies"),
        pytest.param(1, [400, 400], id="one-proxy"),
    ],
)
def test_the_address_is_the_connection_s_unless_the_host_counts_its_proxies(
    settings: Any, proctoring_settings: Callable[..., None], proxies: int | None, codes: list[int]
) -> None:
    proctoring_settings(RATE_LIMITS={"proctoring_anonymous": "1/min"})
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}
    answers = [post({}, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=f"192.0.2.{number}") for number in range(2)]
    assert [answer.status_code for answer in answers] == codes


@pytest.mark.contract("rest-rules#throttling")
@pytest.mark.parametrize(("rate", "code"), [(None, 400), ("", 400), ("often", 400), ("1/min", 429)])
def test_a_limit_can_be_switched_off_and_a_malformed_one_is_the_default(
    proctoring_settings: Callable[..., None], rate: str | None, code: int
) -> None:
    proctoring_settings(RATE_LIMITS={"proctoring_anonymous": rate})
    assert [post({}).status_code for _ in range(3)][-1] == code


@pytest.mark.spec("rest-api.md", "6.4:deprecation")
@pytest.mark.parametrize(
    ("external_id", "link"),
    [
        ("Locator-1", '</edx_proctoring/v1/proctored_exam/attempt/Locator-1/reviewed>; rel="successor-version"'),
        ("has / slashes", None),
    ],
)
def test_vendor_hears_that_it_should_sign_in(
    rpnow_attempt: ProctoredExamStudentAttempt, external_id: str, link: str | None
) -> None:
    ProctoredExamStudentAttempt.objects.update(external_id=external_id)
    rpnow_attempt.refresh_from_db()
    response = post(payload(rpnow_attempt))
    assert (response.status_code, response.get("Link")) == (200, link)
    assert response["Deprecation"].startswith("@")


# The launch: a secure browser opens the exam


def launch(attempt_code: str | None, **headers: Any) -> Any:
    path = reverse("edx_proctoring:anonymous.proctoring_launch_callback.start_exam", args=[attempt_code])
    return APIClient().get(path, **headers)


@pytest.mark.spec("rest-api.md", "6.1:cookie", "10:8")
def test_secure_browser_is_known_for_the_exam_and_a_day() -> None:
    attempt = factories.make_attempt(factories.make_exam(time_limit_mins=90))
    cookie = launch(attempt.attempt_code, secure=True).cookies["exam"]
    assert cookie["max-age"] == (24 * 60 + 90) * 60
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", True)


@pytest.mark.spec("rest-api.md", "6.1:answers")
def test_code_that_is_not_valid_is_404_in_plain_words() -> None:
    response = launch("unknown")
    assert (response.status_code, response["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert response.content.decode() == "You have entered an exam code that is not valid."


@pytest.mark.spec("rest-api.md", "6.1:answers")
@pytest.mark.parametrize(
    ("method", "code"), [("GET", 302), ("POST", 302), ("HEAD", 302), ("PUT", 405), ("DELETE", 405)]
)
def test_learner_s_software_needs_no_token(method: str, code: int) -> None:
    attempt = factories.make_attempt()
    path = reverse("edx_proctoring:anonymous.proctoring_launch_callback.start_exam", args=[attempt.attempt_code])
    response = Client(enforce_csrf_checks=True).generic(method, path)
    assert response.status_code == code
    assert "no-store" in response["Cache-Control"]


@pytest.mark.spec("rest-api.md", "6.1:rate", "10:8")
@pytest.mark.contract("rest-rules#throttling")
def test_launches_with_unknown_codes_are_limited_per_address(proctoring_settings: Callable[..., None]) -> None:
    proctoring_settings(RATE_LIMITS={"proctoring_anonymous": "2/min"})
    answers = [launch(f"guess-{number}", REMOTE_ADDR="192.0.2.1") for number in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert int(answers[2]["Retry-After"]) > 0
    assert launch("guess-4", REMOTE_ADDR="192.0.2.2").status_code == 404


@pytest.mark.spec("rest-api.md", "6.1:rate", "10:8")
@pytest.mark.contract("rest-rules#throttling")
def test_launches_with_one_unknown_code_are_limited_from_whatever_address() -> None:
    codes = [launch("guess", REMOTE_ADDR=f"192.0.2.{number}").status_code for number in range(31)]
    assert codes == [404] * 30 + [429]


@pytest.mark.spec("rest-api.md", "6.1:rate", "10:8")
@pytest.mark.contract("rest-rules#throttling")
def test_launches_that_succeed_never_count(proctoring_settings: Callable[..., None]) -> None:
    proctoring_settings(RATE_LIMITS={"proctoring_anonymous": "1/min", "proctoring_anonymous_code": "1/min"})
    hall = [factories.make_attempt(status=S.ready_to_start) for _ in range(3)]
    codes = [launch(attempt.attempt_code, REMOTE_ADDR="192.0.2.1").status_code for attempt in hall * 2]
    assert codes == [302] * 6


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
    """The provider ``test`` signs its callbacks; it is about to change its secret."""
    monkeypatch.setattr(test_backend, "callback_secrets", ["current", "former"], raising=False)


BODY = json.dumps(REVIEW).encode()


@pytest.mark.parametrize("kind", ["ready", "reviewed"])
@pytest.mark.parametrize("secret", ["current", "former"])
@pytest.mark.spec("backends.md", "18:9")
def test_signed_callback_is_taken(signing: None, provider_client: Any, kind: str, secret: str) -> None:
    path = url(kind, factories.make_attempt(status=S.submitted).external_id)
    response = provider_client.generic(
        "POST", path, BODY, content_type="application/json", **signature(secret, path, BODY)
    )
    assert response.status_code == 200


@pytest.mark.parametrize("kind", ["ready", "reviewed"])
@pytest.mark.spec("backends.md", "18:9")
def test_callback_of_either_kind_must_be_signed(signing: None, provider_client: Any, kind: str) -> None:
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
def test_callback_that_is_not_signed_properly_is_refused(
    signing: None, provider_client: Any, headers: Callable[[str], dict[str, str]], code: int
) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    path = url("reviewed", attempt.external_id)
    response = provider_client.generic("POST", path, BODY, content_type="application/json", **headers(path))
    assert response.status_code == code
    assert status_of(attempt) == S.submitted


@pytest.mark.contract("provider-wire#callback-signature")
@pytest.mark.parametrize(
    ("signed_query", "code"),
    [
        pytest.param("?a=1&b=%20x", 200, id="with-its-query"),
        pytest.param("", 403, id="without-it"),
        pytest.param("?a=2&b=%20x", 403, id="with-another"),
    ],
)
def test_the_query_string_is_signed(signing: None, provider_client: Any, signed_query: str, code: int) -> None:
    path = url("reviewed", factories.make_attempt(status=S.submitted).external_id)
    headers = signature("current", path + signed_query, BODY)
    response = provider_client.generic("POST", f"{path}?a=1&b=%20x", BODY, content_type="application/json", **headers)
    assert response.status_code == code


@pytest.mark.contract("provider-wire#callback-replay")
@pytest.mark.parametrize("kind", ["ready", "reviewed"])
def test_a_replay_is_recognised_after_the_cache_was_emptied(signing: None, provider_client: Any, kind: str) -> None:
    attempt = factories.make_attempt(status=S.created if kind == "ready" else S.submitted)
    path = url(kind, attempt.external_id)
    headers = signature("current", path, BODY)
    codes = []
    for _ in range(2):
        response = provider_client.generic("POST", path, BODY, content_type="application/json", **headers)
        codes.append(response.status_code)
        cache.clear()
    assert codes == [200, 409]
    assert ReviewInboxEntry.objects.count() == (1 if kind == "reviewed" else 0)


@pytest.mark.contract("provider-wire#callback-replay")
def test_a_replay_of_an_anonymous_review_is_recognised_after_the_cache_was_emptied(
    rpnow_attempt: ProctoredExamStudentAttempt, backends_registry: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends_registry["software_secure"], "callback_secrets", ["secret"], raising=False)
    body = json.dumps(payload(rpnow_attempt)).encode()
    headers = signature("secret", ANONYMOUS, body)
    assert post(body, **headers).status_code == 200
    cache.clear()
    assert post(body, **headers).status_code == 409


@pytest.mark.contract("provider-wire#callback-replay")
@pytest.mark.parametrize("nonces", [("nonce-A", "nonce-a"), ("nonce-0001", "nonce-0002")])
def test_other_nonces_are_not_a_replay(signing: None, provider_client: Any, nonces: tuple[str, str]) -> None:
    path = url("ready", factories.make_attempt().external_id)
    for nonce in nonces:
        headers = signature("current", path, BODY, nonce=f"{nonce}-long")
        assert provider_client.generic("POST", path, BODY, **headers).status_code == 200
        cache.clear()


def test_used_nonces_are_purged_after_600_seconds(signing: None, provider_client: Any) -> None:
    path = url("ready", factories.make_attempt().external_id)
    with freeze_time("2026-03-01 12:00:00") as clock:
        for seconds in (0, 599, 2):
            clock.tick(seconds)
            headers = signature("current", path, BODY, nonce=f"nonce-after-{seconds}")
            assert provider_client.generic("POST", path, BODY, **headers).status_code == 200
            cache.clear()
    assert UsedNonce.objects.count() == 2


def test_nonce_is_used_once(signing: None, provider_client: Any) -> None:
    path = url("reviewed", factories.make_attempt(status=S.submitted).external_id)
    headers = signature("current", path, BODY)
    codes = [
        provider_client.generic("POST", path, BODY, content_type="application/json", **headers).status_code
        for _ in range(2)
    ]
    assert codes == [200, 409]


@pytest.mark.spec("rest-api.md", "6.4:operator", "10:7")
@pytest.mark.spec("backends.md", "18:9")
def test_anonymous_callback_may_have_to_be_signed(
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
