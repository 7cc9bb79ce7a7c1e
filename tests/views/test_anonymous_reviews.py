"""The anonymous review callback."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from freezegun import freeze_time
from rest_framework.test import APIClient

from edx_proctoring.backends import get_backend_provider
from edx_proctoring.exceptions import ProctoredExamSuspiciousLookup
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.views import AnonymousReviewCallback
from tests import factories
from tests.views.callback_requests import ANONYMOUS, as_dict, payload, post, status_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_services")]


@pytest.mark.contract("rpnow#review-callback", "rest-clients#rpnow")
@pytest.mark.operation("POST /proctoring_review_callback/")
@pytest.mark.parametrize("content_type", ["application/json", "foo", "text/plain", ""])
def test_an_anonymous_review_is_accepted_with_any_content_type(
    rpnow_attempt: ProctoredExamStudentAttempt, content_type: str
) -> None:
    response = post(payload(rpnow_attempt), content_type=content_type, HTTP_ACCEPT="application/pdf")
    assert (response.status_code, response.json()) == (200, "OK")
    assert status_of(rpnow_attempt) == S.verified
    assert ProctoredExamSoftwareSecureComment.objects.count() == 6


@pytest.mark.operation("POST /proctoring_review_callback/")
def test_a_browser_session_does_not_affect_the_anonymous_callback(
    rpnow_attempt: ProctoredExamStudentAttempt, staff: User
) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    assert post(payload(rpnow_attempt), client).status_code == 200


def test_get_answers_405() -> None:
    assert APIClient().get(ANONYMOUS).status_code == 405


@pytest.mark.contract("rpnow#review-callback")
@pytest.mark.operation("POST /proctoring_review_callback/")
def test_an_anonymous_review_for_an_exam_of_another_provider_is_accepted() -> None:
    attempt = factories.make_attempt(status=S.submitted, external_id="Locator-1")
    assert post(payload(attempt)).status_code == 200


@pytest.mark.operation("POST /proctoring_review_callback/")
def test_an_anonymous_review_of_a_reset_attempt_is_stored(rpnow_attempt: ProctoredExamStudentAttempt) -> None:
    body = payload(rpnow_attempt)
    rpnow_attempt.delete()
    assert post(body).status_code == 200
    assert ProctoredExamSoftwareSecureReview.objects.get().review_status == "Clean"


@pytest.mark.operation("POST /proctoring_review_callback/")
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


@pytest.mark.contract("rpnow#review-callback")
@pytest.mark.operation("POST /proctoring_review_callback/")
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


@pytest.mark.operation("POST /proctoring_review_callback/")
def test_a_platform_without_rpnow_answers_404(
    rpnow_attempt: ProctoredExamStudentAttempt, backends_registry: dict[str, Any]
) -> None:
    del backends_registry["software_secure"]
    ProctoredExam.objects.update(backend="test")
    assert post(payload(rpnow_attempt)).status_code == 404


def test_the_response_is_not_cacheable(rpnow_attempt: ProctoredExamStudentAttempt) -> None:
    assert post(payload(rpnow_attempt))["Cache-Control"] == "private, no-store"


@pytest.mark.operation("POST /proctoring_review_callback/")
@pytest.mark.parametrize(("mode", "code"), [("allow", 200), ("deny", 404), ("signed", 403), ("alow", 404)])
def test_a_setting_decides_whether_the_anonymous_callback_is_open(
    rpnow_attempt: ProctoredExamStudentAttempt, proctoring_settings: Callable[..., None], mode: str, code: int
) -> None:
    proctoring_settings(ANONYMOUS_REVIEW_CALLBACK=mode)
    assert post(payload(rpnow_attempt)).status_code == code


@pytest.mark.operation("POST /proctoring_review_callback/")
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


@pytest.mark.operation("POST /proctoring_review_callback/")
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
def test_by_default_300_refused_reviews_a_minute_of_one_address_are_looked_at() -> None:
    with freeze_time("2026-03-02 12:00:00"):
        codes = [
            post({"examMetaData": {"examCode": f"guess-{number}"}}, REMOTE_ADDR="192.0.2.1").status_code
            for number in range(301)
        ]
    assert codes == [400] * 300 + [429]


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


@pytest.mark.operation("POST /proctoring_review_callback/")
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
