"""Callbacks of providers that sign in: ready and reviewed."""

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
from edx_rest_framework_extensions.auth.jwt.decoder import jwt_decode_handler
from jwt.algorithms import RSAAlgorithm
from rest_framework.test import APIClient
from rest_framework_jwt.settings import api_settings

from edx_proctoring import constants
from edx_proctoring.exceptions import (
    ProctoredExamBadReviewStatus,
    ProctoredExamReviewAlreadyExists,
)
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.views import AnonymousReviewCallback, ProctoredExamReviewCallback
from tests import factories
from tests.views.callback_requests import REVIEW, as_dict, status_of, url

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_services")]

KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


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


@pytest.mark.contract("rest-rules#jwt", "rest-clients#providers")
@pytest.mark.parametrize("kind", ["ready", "reviewed"])
def test_a_provider_can_sign_in_with_a_jwt(jwt_settings: None, provider: User, kind: str) -> None:
    attempt = factories.make_attempt(status={"ready": S.created, "reviewed": S.submitted}[kind])
    response = APIClient().post(
        url(kind, attempt.external_id), REVIEW, format="json", HTTP_AUTHORIZATION=token_for("test_provider")
    )
    assert (response.status_code, response.json()) == (200, "OK")
    assert status_of(attempt) == {"ready": S.ready_to_start, "reviewed": S.verified}[kind]


@pytest.mark.contract("rest-rules#jwt", "rest-rules#loggers")
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


@pytest.mark.contract("provider-wire#ready")
@pytest.mark.operation("POST /v1/proctored_exam/attempt/{external_id}/ready")
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


@pytest.mark.operation("POST /v1/proctored_exam/attempt/{external_id}/ready")
def test_ready_for_an_unknown_attempt_answers_404_with_a_bare_string(
    provider_client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    response = provider_client.post(url("ready", "unknown"))
    assert response.status_code == 404
    assert isinstance(response.data, str)
    assert "external_id=unknown" in caplog.text


@pytest.mark.operation("POST /v1/proctored_exam/attempt/{external_id}/ready")
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\x00"])
def test_ready_does_not_read_its_body(provider_client: Any, body: bytes) -> None:
    attempt = factories.make_attempt()
    response = provider_client.post(url("ready", attempt.external_id), body, content_type="application/octet-stream")
    assert response.status_code == 200


@pytest.mark.contract("provider-wire#ready", "provider-wire#reviewed", "rest-rules#reviewers")
@pytest.mark.operation("POST /v1/proctored_exam/attempt/{external_id}/ready")
def test_reviewers_of_another_provider_are_refused(client_of: Callable[..., APIClient]) -> None:
    user = factories.make_user()
    user.groups.add(Group.objects.create(name="null_review"))
    attempt = factories.make_attempt()
    for kind in ("ready", "reviewed"):
        response = client_of(user).post(url(kind, attempt.external_id), REVIEW, format="json")
        assert response.status_code == 403
    assert status_of(attempt) == S.created


# Reviewed


@pytest.mark.contract("provider-wire#reviewed", "reviews#verdicts", "rest-rules#bodies")
@pytest.mark.operation("POST /v1/proctored_exam/attempt/{external_id}/reviewed")
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


@pytest.mark.operation("POST /v1/proctored_exam/attempt/{external_id}/reviewed")
def test_a_user_who_is_not_a_reviewer_gets_an_empty_refusal(client_of: Callable[..., APIClient]) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    for user in (attempt.user, factories.make_user()):
        response = client_of(user).post(url("reviewed", attempt.external_id), REVIEW, format="json")
        assert (response.status_code, response.content) == (403, b"")
    assert not ReviewInboxEntry.objects.exists()


@pytest.mark.operation("POST /v1/proctored_exam/attempt/{external_id}/reviewed")
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


@pytest.mark.contract("reviews#validation")
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


@pytest.mark.contract("reviews#again")
def test_a_second_review_replaces_the_first_with_its_comments(provider_client: Any) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    for verdict in ("suspicious", "passed"):
        provider_client.post(url("reviewed", attempt.external_id), {**REVIEW, "status": verdict}, format="json")
    assert ProctoredExamSoftwareSecureReview.objects.get().review_status == "Clean"
    assert ProctoredExamSoftwareSecureComment.objects.count() == 1
    assert status_of(attempt) == S.verified


@pytest.mark.contract("reviews#again")
def test_a_second_review_is_refused_if_reviews_are_final(provider_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False)
    attempt = factories.make_attempt(status=S.submitted)
    codes = [
        provider_client.post(url("reviewed", attempt.external_id), REVIEW, format="json").status_code for _ in range(2)
    ]
    assert codes == [200, 400]


@pytest.mark.contract("provider-wire#reviewed", "reviews#not-proctored", "rest-rules#matched-texts")
def test_a_review_for_an_exam_that_is_no_longer_proctored_answers_412_with_the_text_that_vendors_compare(
    provider_client: Any,
) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    ProctoredExam.objects.filter(pk=attempt.proctored_exam_id).update(is_proctored=False)
    response = provider_client.post(url("reviewed", attempt.external_id), REVIEW, format="json")
    assert (response.status_code, response.data) == (412, "Exam no longer proctored")


@pytest.mark.contract("rest-rules#body-limits", "privacy#capped-payloads")
@pytest.mark.parametrize("kind", ["ready", "reviewed"])
def test_a_body_above_2_mib_answers_413(provider_client: Any, kind: str) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    body = json.dumps({**REVIEW, "padding": "x" * (2 * 1024 * 1024)})
    response = provider_client.post(url(kind, attempt.external_id), body, content_type="application/json")
    assert response.status_code == 413
    assert not ReviewInboxEntry.objects.exists()


@pytest.mark.contract("rest-rules#newest-attempt")
def test_the_newest_of_several_attempts_with_one_provider_id_is_reviewed(provider_client: Any) -> None:
    old, new = (factories.make_attempt(status=S.submitted, external_id="same") for _ in range(2))
    provider_client.post(url("reviewed", "same"), REVIEW, format="json")
    assert (status_of(old), status_of(new)) == (S.submitted, S.verified)


# make_review, called without a request as outside code does


@pytest.mark.contract("reviews#direct-call")
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


@pytest.mark.contract("reviews#direct-call")
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


@pytest.mark.contract("reviews#direct-call")
def test_make_review_does_not_change_the_caller_s_data() -> None:
    review = {**REVIEW, "videoReviewLink": "https://example.com/video"}
    before = json.dumps(review)
    ProctoredExamReviewCallback().make_review(as_dict(factories.make_attempt(status=S.submitted)), review)
    assert json.dumps(review) == before


@pytest.mark.contract("rest-rules#body-is-object")
def test_an_uploaded_file_among_the_fields_of_a_form_answers_400(provider_client: Any) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    form = {"status": "passed", "note": SimpleUploadedFile("note.txt", b"1")}
    response = provider_client.post(url("reviewed", attempt.external_id), form, format="multipart")
    assert (response.status_code, list(response.data)) == (400, ["detail"])
    assert status_of(attempt) == S.submitted
