"""What arrives about a learner after the retirement is stored without personal text, and nobody is mailed."""

import json
import logging
from typing import Any

import pytest
from django.core import mail
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.api.reviews import receiving
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAllowance,
    ReviewDecision,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import (
    make_allowance,
    make_attempt,
    make_exam,
    make_inbox_entry,
    make_review,
    make_staff,
    make_user,
)

from .conftest import rest_review

pytestmark = pytest.mark.django_db

WORD = "Zzyzx"


@pytest.fixture(autouse=True)
def services(all_services):
    """An LMS around it."""


@pytest.fixture
def attempt():
    """A submitted attempt of a learner who was retired since."""
    learner = make_user("retired__user_1", email="retired__user_1@retired.invalid")
    attempt = make_attempt(make_exam(backend="rest"), learner, status=S.submitted, external_id="vendor-1")
    api.retire_learner(learner.pk)
    mail.outbox.clear()
    return attempt


def deliver(attempt, verdict="passed", **more: Any):
    client = APIClient()
    client.force_authenticate(make_staff())
    body = rest_review(verdict, comments=[{"comment": f"{WORD} looked away", "status": WORD}], **more)
    address = f"/edx_proctoring/v1/proctored_exam/attempt/{attempt.external_id}/reviewed"
    return client.post(address, json.dumps(body), content_type="application/json")


@pytest.mark.contract("reviews#retired-learner", "privacy#after-retirement")
@pytest.mark.parametrize(
    ("verdict", "status"), [("passed", S.verified), ("suspicious", S.second_review_required), ("not_reviewed", S.error)]
)
def test_the_verdict_is_stored_without_personal_text(attempt, caplog, events, instructor, verdict, status):
    caplog.set_level(logging.DEBUG)
    assert deliver(attempt, verdict, payload={"videoReviewLink": f"https://{WORD}.test"}).status_code == 200
    attempt.refresh_from_db()
    review = ProctoredExamSoftwareSecureReview.objects.get()
    assert (attempt.status, review.raw_data, review.encrypted_video_url) == (status, "", None)
    assert not ProctoredExamSoftwareSecureComment.objects.exists()
    assert ReviewInboxEntry.objects.values_list("body", "outcome").get() == ("", "applied")
    assert mail.outbox == []
    assert instructor.called("send_support_notification") == []
    told = " ".join([caplog.text, str(events)])
    assert WORD not in told
    assert "retired__user" not in told


@pytest.mark.contract("reviews#retired-learner", "privacy#after-retirement")
def test_a_review_that_is_refused_leaves_no_text_either(attempt):
    assert deliver(attempt, f"{WORD}-status").status_code == 400
    assert ReviewInboxEntry.objects.values_list("body", "outcome").get() == (
        "",
        "refused: ProctoredExamBadReviewStatus",
    )


@pytest.mark.contract("reviews#retired-learner")
def test_a_review_that_waits_for_a_person_keeps_its_verdict(attempt):
    deliver(attempt, "suspicious")
    api.decide_review(attempt.pk, S.verified, by=make_staff())
    assert deliver(attempt, "violation", payload={"about": WORD}).status_code == 200
    entry = ReviewInboxEntry.objects.order_by("pk").last()
    assert (json.loads(entry.body), entry.outcome) == ({"status": "violation"}, "held")


@pytest.mark.contract("reviews#retired-learner")
def test_a_review_whose_process_died_is_received_without_text(attempt):
    body = json.dumps(rest_review("passed", comments=[{"comment": WORD, "status": WORD}]))
    entry = make_inbox_entry(attempt, body=body, outcome="received", external_id="vendor-1")
    receiving.receive_waiting_review(entry)
    attempt.refresh_from_db()
    entry.refresh_from_db()
    assert (attempt.status, entry.body, entry.outcome) == (S.verified, "", "applied")
    assert not ProctoredExamSoftwareSecureComment.objects.exists()


@pytest.mark.contract("reviews#retired-learner")
def test_a_body_that_was_cut_is_not_kept(attempt):
    entry = make_inbox_entry(attempt, body='{"comments": "' + WORD, outcome="received")
    receiving.receive_waiting_review(entry)
    entry.refresh_from_db()
    assert (entry.body, entry.outcome) == ("", "refused: the body was not kept whole")


def test_a_second_review_keeps_the_first_one_blank(attempt):
    deliver(attempt, "suspicious")
    deliver(attempt, "passed")
    review = ProctoredExamSoftwareSecureReview.objects.get()
    assert (review.review_status, review.raw_data) == ("Clean", "")
    assert not ProctoredExamSoftwareSecureComment.objects.exists()


class TestWhileTheProviderIsNotConfigured:
    """The review waits in the inbox, and its verdict counts once the provider is back."""

    @pytest.fixture
    def provider_comes_back(self, backends_registry):
        """Take the provider out of the configuration; return a function that puts it back and lets the inbox run."""
        provider = backends_registry.pop("rest")

        def come_back():
            backends_registry["rest"] = provider
            api.sweep(kinds=["inbox"])

        return come_back

    def check_applied(self, attempt):
        attempt.refresh_from_db()
        review = ProctoredExamSoftwareSecureReview.objects.get()
        assert (attempt.status, review.review_status, review.raw_data) == (S.verified, "Clean", "")
        assert not ProctoredExamSoftwareSecureComment.objects.exists()
        assert ReviewInboxEntry.objects.values_list("body", "outcome").get() == ("", "applied")
        assert mail.outbox == []

    @pytest.mark.contract("reviews#retired-learner")
    def test_a_review_of_a_retired_learner_keeps_its_verdict(self, attempt, provider_comes_back):
        assert deliver(attempt, "passed", reviewed_by=f"{WORD}@example.com").status_code == 200
        [entry] = ReviewInboxEntry.objects.all()
        assert (json.loads(entry.body), entry.outcome) == ({"status": "passed"}, "held: provider not configured")
        provider_comes_back()
        self.check_applied(attempt)

    @pytest.mark.contract("reviews#retired-learner")
    def test_a_review_that_waits_keeps_its_verdict_when_its_learner_is_retired(self, provider_comes_back):
        attempt = make_attempt(make_exam(backend="rest"), status=S.submitted, external_id="vendor-3")
        deliver(attempt, "passed")
        assert WORD in ReviewInboxEntry.objects.get().body
        api.retire_learner(attempt.user_id)
        assert json.loads(ReviewInboxEntry.objects.get().body) == {"status": "passed"}
        provider_comes_back()
        self.check_applied(attempt)

    def test_an_unknown_word_is_no_verdict(self, attempt, provider_comes_back):
        deliver(attempt, f"{WORD}-status")
        assert ReviewInboxEntry.objects.get().body == ""
        provider_comes_back()
        attempt.refresh_from_db()
        assert attempt.status == S.submitted
        assert ReviewInboxEntry.objects.get().outcome.startswith("refused")


@pytest.mark.parametrize(
    ("locator", "kept"),
    [
        pytest.param(
            "VENDOR-4", {"reviewStatus": "Clean", "examMetaData": {"ssiRecordLocator": "vendor-4"}}, id="ours"
        ),
        pytest.param(WORD, {"reviewStatus": "Clean"}, id="another"),
    ],
)
def test_of_a_waiting_rpnow_review_the_verdict_and_our_own_id_are_kept(locator, kept):
    attempt = make_attempt(status=S.submitted, external_id="vendor-4")
    body = {
        "reviewStatus": "Clean",
        "examMetaData": {"ssiRecordLocator": locator, "examCode": WORD},
        "webCamComments": [{"comments": WORD}],
    }
    make_inbox_entry(attempt, body=json.dumps(body), external_id="vendor-4", outcome="held: provider not configured")
    make_inbox_entry(attempt, body=json.dumps(body)[:40], outcome="held")
    make_inbox_entry(attempt, body=json.dumps(body), outcome="applied")
    api.retire_learner(attempt.user_id)
    bodies = list(ReviewInboxEntry.objects.order_by("id").values_list("body", flat=True))
    assert (json.loads(bodies[0]), bodies[1:]) == (kept, ["", ""])


@pytest.mark.contract("privacy#after-retirement")
def test_a_decision_of_staff_mails_nothing_and_keeps_no_comment(attempt):
    deliver(attempt, "suspicious")
    api.decide_review(attempt.pk, S.verified, by=make_staff(), comment=WORD)
    attempt.refresh_from_db()
    assert attempt.status == S.verified
    assert mail.outbox == []
    assert ReviewDecision.objects.get().comment == ""


def test_saving_the_review_once_more_mails_nothing(attempt):
    make_review(attempt, "Clean", raw_data="")
    attempt.refresh_from_db()
    assert attempt.status == S.verified
    assert mail.outbox == []


def test_other_learners_are_mailed_as_before(attempt):
    other = make_attempt(attempt.proctored_exam, status=S.submitted, external_id="vendor-2")
    deliver(other, "passed")
    assert len(mail.outbox) == 1
    assert ProctoredExamSoftwareSecureComment.objects.count() == 1


@pytest.mark.parametrize("value", ["", "soon", "²"])
def test_a_blanked_allowance_grants_no_time(value):
    allowance = make_allowance()
    ProctoredExamStudentAllowance.objects.update(value=value)
    granted = ProctoredExamStudentAllowance.get_additional_time_granted(allowance.proctored_exam_id, allowance.user_id)
    assert granted is None
