"""A review arrives."""

import contextlib
import copy
import json
import logging
from typing import Any

import pytest
from django.http import QueryDict

from edx_proctoring import constants
from edx_proctoring.api.lifecycle import status_change
from edx_proctoring.api.reviews import inbox, receiving
from edx_proctoring.exceptions import (
    ProctoredExamBadReviewStatus,
    ProctoredExamReviewAlreadyExists,
    ProctoredExamSuspiciousLookup,
    ReviewNotUnderstood,
)
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.tests.test_services import MockInstructorService
from edx_proctoring.utils import decode_and_decrypt
from tests.factories import make_attempt, make_exam, make_staff, make_user

from .conftest import VIDEO_KEY, rest_review

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def services(all_services):
    """A host with all services."""


@pytest.fixture
def attempt():
    """A submitted attempt at an exam of a provider that passes clean reviews only."""
    return make_attempt(make_exam(backend="rest"), status=S.submitted)


@pytest.fixture
def receive(serialize):
    """Receive a review of an attempt."""

    def receive(attempt, data, **kwargs):
        return receiving.receive_review(serialize(attempt), data, **kwargs)

    return receive


def stored() -> ProctoredExamSoftwareSecureReview:
    return ProctoredExamSoftwareSecureReview.objects.get()


def comments() -> list[str]:
    return list(ProctoredExamSoftwareSecureComment.objects.order_by("id").values_list("comment", flat=True))


def outcomes() -> list[str]:
    return list(ReviewInboxEntry.objects.order_by("id").values_list("outcome", flat=True))


@pytest.fixture
def status_changes(monkeypatch):
    """Status changes so far, each as (attempt id, status, comments that were stored by then)."""
    recorded = []
    original = status_change.write_change

    def write_change(attempt, others, to_status, **options):
        recorded.append((attempt.pk, to_status, comments()))
        return original(attempt, others, to_status, **options)

    monkeypatch.setattr(status_change, "write_change", write_change)
    return recorded


@pytest.mark.contract("events-and-logs#personal-data")
@pytest.mark.parametrize("status", ["passed", "suspicious", "no such word"])
@pytest.mark.parametrize("backend", ["rest", "rpnow"])
def test_free_text_of_a_review_is_in_no_event_and_no_log(
    receive, rpnow_payload, events, caplog, backend, status, all_services
):
    caplog.set_level(logging.DEBUG)
    attempt = make_attempt(make_exam(backend=backend), status=S.submitted)
    remark = "talks about insulin"
    if backend == "rest":
        data = rest_review(status, comments=[{"comment": remark, "status": "suspicious"}], note=remark)
    else:
        data = rpnow_payload(attempt, {"passed": "Clean", "suspicious": "Suspicious"}.get(status, status))
        data["webCamComments"][0]["comments"] = remark
        data["examMetaData"]["examSponsor"] = remark

    with contextlib.suppress(ReviewNotUnderstood, ProctoredExamBadReviewStatus):
        receive(attempt, data)

    # The control: it did arrive, where it could be stored.
    assert (remark in comments()) is (status != "no such word")
    assert "insulin" not in f"{events}{caplog.text}"


@pytest.mark.contract("reviews#stored-fields")
class TestStoring:
    @pytest.mark.parametrize(
        ("status", "verdict"),
        [
            ("passed", "Clean"),
            ("violation", "Rules Violation"),
            ("suspicious", "Suspicious"),
            ("not_reviewed", "Not Reviewed"),
        ],
    )
    def test_a_review_is_stored_with_its_verdict_and_whom_it_is_about(self, attempt, receive, status, verdict):
        data = rest_review(status)
        receipt = receive(attempt, data)
        review = stored()
        assert receipt.is_accepted
        assert receipt.review_id == review.pk
        assert review.review_status == verdict
        assert (review.attempt_code, review.student, review.exam) == (
            attempt.attempt_code,
            attempt.user,
            attempt.proctored_exam,
        )
        assert json.loads(review.raw_data) == data
        assert review.reviewed_by is review.encrypted_video_url is None
        assert review.is_attempt_active is True

    def test_comments_are_stored_in_order_with_missing_times_as_zero(self, attempt, receive):
        receive(attempt, rest_review(comments=[{"comment": "c", "status": "s"}, rest_review()["comments"][0]]))
        rows = ProctoredExamSoftwareSecureComment.objects.order_by("id")
        assert list(rows.values_list("start_time", "stop_time", "duration", "comment", "status")) == [
            (0, 0, 0, "c", "s"),
            (4, 9, 5, "Looked away", "suspicious"),
        ]

    def test_a_passing_review_verifies_the_attempt(self, attempt, receive):
        receive(attempt, rest_review("passed"))
        attempt.refresh_from_db()
        assert attempt.status == S.verified

    def test_the_comments_are_stored_before_the_attempt_follows(self, attempt, receive, status_changes):
        receive(attempt, rest_review())
        assert status_changes == [(attempt.pk, S.verified, ["Looked away"])]

    def test_the_callers_data_is_not_changed(self, attempt, receive, rpnow_payload, providers):
        data = rpnow_payload(attempt)
        before = copy.deepcopy(data)
        receive(attempt, data, backend=providers["rpnow"])
        assert data == before

    def test_a_review_as_form_data_is_accepted(self, attempt, receive):
        receive(attempt, QueryDict("status=passed"))
        assert stored().review_status == "Clean"

    def test_a_review_of_an_archived_attempt_is_stored(self, attempt, serialize):
        attempt_dict = serialize(attempt, is_archived=True)
        attempt.delete()
        receiving.receive_review(attempt_dict, rest_review())
        assert stored().attempt_code == attempt_dict["attempt_code"]
        assert comments() == ["Looked away"]

    def test_the_backend_in_the_attempt_dict_decides_who_interprets_the_review(
        self, attempt, serialize, providers, monkeypatch
    ):
        monkeypatch.setattr(providers["test"], "on_review_callback", lambda attempt, payload: {"status": "violation"})
        attempt_dict = serialize(attempt)
        attempt_dict["proctored_exam"]["backend"] = "test"
        receiving.receive_review(attempt_dict, {})
        assert stored().review_status == "Rules Violation"


@pytest.mark.contract("reviews#recording")
class TestRpnow:
    @pytest.fixture
    def attempt(self):
        return make_attempt(make_exam(backend="rpnow"), status=S.submitted)

    def test_a_full_payload_is_stored_with_all_comments(self, attempt, receive, rpnow_payload):
        receive(attempt, rpnow_payload(attempt))
        assert stored().review_status == "Clean"
        assert len(comments()) == 6

    @pytest.mark.contract("reviews#recording")
    def test_the_link_to_the_recording_is_stored_encrypted_only(self, attempt, receive, rpnow_payload):
        data = rpnow_payload(attempt)
        link = data["videoReviewLink"]
        receive(attempt, data)
        review = stored()
        assert decode_and_decrypt(bytes(review.encrypted_video_url), bytes.fromhex(VIDEO_KEY)).decode() == link
        assert "videoReviewLink" not in review.raw_data
        assert link not in review.raw_data
        assert link not in ReviewInboxEntry.objects.get().body

    @pytest.mark.parametrize("key", [None, "", "not hex", "abcd"])
    def test_without_a_usable_key_the_link_is_not_stored(self, attempt, receive, rpnow_payload, providers, key):
        providers["rpnow"].video_review_aes_key = key
        receive(attempt, rpnow_payload(attempt))
        assert stored().encrypted_video_url is None

    def test_a_link_inside_the_payload_of_a_rest_review_is_not_stored(self, attempt, receive, providers):
        data = rest_review(payload={"videoReviewLink": "http://secret.test", "more": 1})
        receive(attempt, data, backend=providers["rest"])
        assert json.loads(stored().raw_data)["payload"] == {"more": 1}
        assert "secret.test" not in ReviewInboxEntry.objects.get().body


@pytest.mark.contract("reviews#reviewer")
class TestReviewer:
    @pytest.mark.contract("reviews#reviewer")
    def test_a_reviewer_named_by_address_is_stored(self, attempt, receive):
        staff = make_staff()
        receive(attempt, rest_review(reviewed_by=staff.email))
        assert stored().reviewed_by == staff

    @pytest.mark.parametrize("address", ["nobody@example.com", "", None, 5, ["a"], {}], ids=str)
    def test_an_address_without_a_user_stores_no_reviewer(self, attempt, receive, address):
        receive(attempt, rest_review(reviewed_by=address))
        assert stored().reviewed_by is None

    @pytest.mark.contract("reviews#reviewer")
    def test_an_address_of_several_users_stores_no_reviewer(self, attempt, receive, caplog):
        make_user(email="shared@example.com")
        make_user(email="shared@example.com")
        receive(attempt, rest_review(reviewed_by="shared@example.com"))
        assert stored().reviewed_by is None
        assert "several users" in caplog.text
        assert "shared@" not in caplog.text

    def warnings_about_the_reviewer(self, caplog):
        return [
            record
            for record in caplog.records
            if record.name == "edx_proctoring_views"
            and record.msg
            == "user=%(user)s does not have the required permissions to submit a review for "
            "attempt_code=%(attempt_code)s."
        ]

    @pytest.mark.contract("reviews#reviewer")
    @pytest.mark.parametrize(("is_course_staff", "warnings"), [(True, 0), (False, 1)])
    def test_a_reviewer_who_is_not_course_staff_is_stored_with_a_warning(
        self, attempt, receive, register_service, caplog, is_course_staff, warnings
    ):
        register_service("instructor", MockInstructorService(is_user_course_staff=is_course_staff))
        user = make_user()
        receive(attempt, rest_review(reviewed_by=user.email))
        found = self.warnings_about_the_reviewer(caplog)
        assert len(found) == warnings
        assert all(record.args == {"user": user, "attempt_code": attempt.attempt_code} for record in found)
        assert stored().reviewed_by == user

    def test_a_reviewer_who_is_global_staff_is_stored_without_a_warning(
        self, attempt, receive, register_service, caplog
    ):
        register_service("instructor", MockInstructorService(is_user_course_staff=False))
        receive(attempt, rest_review(reviewed_by=make_staff().email))
        assert self.warnings_about_the_reviewer(caplog) == []

    def test_the_reviewer_of_a_later_review_replaces_the_former_one(self, attempt, receive):
        receive(attempt, rest_review("violation"))
        attempt.refresh_from_db()
        assert attempt.status == S.second_review_required
        receive(attempt, rest_review("violation", reviewed_by=make_staff().email))
        attempt.refresh_from_db()
        assert attempt.status == S.rejected
        receive(attempt, rest_review("violation"))
        assert stored().reviewed_by is None


@pytest.mark.contract("reviews#again", "reviews#comments", "reviews#unchanged-attempts", "tables#attempt-archive")
class TestReviewsDeliveredAgain:
    def test_the_former_review_is_archived(self, attempt, receive):
        receive(attempt, rest_review("suspicious"))
        receive(attempt, rest_review("passed"))
        assert stored().review_status == "Clean"
        assert [row.review_status for row in ProctoredExamSoftwareSecureReviewHistory.objects.all()] == ["Suspicious"]
        attempt.refresh_from_db()
        assert attempt.status == S.verified

    @pytest.mark.contract("reviews#again")
    def test_comments_are_replaced(self, attempt, receive):
        receive(attempt, rest_review())
        receive(attempt, rest_review(comments=[{"comment": "New", "status": "s"}]))
        assert comments() == ["New"]

    def test_the_same_review_again_changes_the_status_again(self, attempt, receive, status_changes):
        receive(attempt, rest_review())
        receive(attempt, rest_review())
        assert status_changes == [(attempt.pk, S.verified, ["Looked away"])] * 2
        assert comments() == ["Looked away"]

    def test_a_later_review_without_a_link_keeps_the_former_link(self, attempt, receive, rpnow_payload, providers):
        data = rpnow_payload(attempt)
        receive(attempt, data, backend=providers["rpnow"])
        before = bytes(stored().encrypted_video_url)
        receive(attempt, {**data, "videoReviewLink": None}, backend=providers["rpnow"])
        assert bytes(stored().encrypted_video_url) == before

    @pytest.mark.parametrize("own_setting", [False, True], ids=["platform", "provider"])
    def test_where_updates_are_not_allowed_the_second_review_is_refused(
        self, attempt, receive, monkeypatch, settings, own_setting
    ):
        receive(attempt, rest_review("suspicious"))
        if own_setting:
            settings.PROCTORING_BACKENDS = {"DEFAULT": "test", "rest": {"settings": {"ALLOW_REVIEW_UPDATES": False}}}
        else:
            monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False, raising=False)
        with pytest.raises(ProctoredExamReviewAlreadyExists):
            receive(attempt, rest_review("passed"))
        assert stored().review_status == "Suspicious"
        assert outcomes() == ["applied", "duplicate"]

    def test_where_updates_are_not_allowed_the_first_review_is_accepted(self, attempt, receive, monkeypatch):
        monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False, raising=False)
        assert receive(attempt, rest_review()).is_accepted


@pytest.mark.contract("reviews#validation", "reviews#steps")
class TestRefusedReviews:
    def refuse(self, receive, attempt, data, exception):
        with pytest.raises(exception) as caught:
            receive(attempt, data)
        assert caught.value.http_status == 400
        assert not ProctoredExamSoftwareSecureReview.objects.exists()
        assert comments() == []
        attempt.refresh_from_db()
        assert attempt.status == S.submitted
        (outcome,) = outcomes()
        assert outcome.startswith("refused: ")

    @pytest.mark.parametrize("status", ["bogus", "Clean", ""])
    def test_an_unknown_verdict_is_refused(self, attempt, receive, status):
        self.refuse(receive, attempt, rest_review(status), ProctoredExamBadReviewStatus)

    @pytest.mark.contract("reviews#validation")
    @pytest.mark.parametrize(
        "data",
        [
            {},
            {"status": None},
            rest_review(comments="text"),
            rest_review(comments=[{"status": "s"}]),
            rest_review(comments=[{"comment": "c", "status": "s"}, {"comment": "c", "status": "s", "start": "soon"}]),
            [],
            "text",
        ],
        ids=str,
    )
    def test_a_malformed_review_is_refused(self, attempt, receive, data):
        self.refuse(receive, attempt, data, ReviewNotUnderstood)

    @pytest.mark.parametrize("backend", ["null", "mock"])
    def test_a_review_for_a_provider_without_reviews_is_refused(self, receive, backend):
        attempt = make_attempt(make_exam(backend=backend), status=S.submitted)
        self.refuse(receive, attempt, rest_review(), ReviewNotUnderstood)

    def test_a_review_that_the_provider_refuses_is_refused(self, receive, rpnow_payload):
        attempt = make_attempt(make_exam(backend="rpnow"), status=S.submitted)
        data = rpnow_payload(attempt)
        data["examMetaData"]["ssiRecordLocator"] = "another"
        self.refuse(receive, attempt, data, ProctoredExamSuspiciousLookup)

    def test_the_check_of_the_provider_comes_before_the_duplicate(self, receive, rpnow_payload, monkeypatch):
        attempt = make_attempt(make_exam(backend="rpnow"), status=S.submitted)
        data = rpnow_payload(attempt)
        receive(attempt, data)
        monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False, raising=False)
        with pytest.raises(ProctoredExamBadReviewStatus):
            receive(attempt, {**data, "reviewStatus": "bogus"})

    def test_the_duplicate_is_noticed_before_an_unknown_verdict(self, attempt, receive, monkeypatch):
        receive(attempt, rest_review())
        monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False, raising=False)
        with pytest.raises(ProctoredExamReviewAlreadyExists):
            receive(attempt, rest_review("bogus"))

    def test_a_review_whose_provider_is_not_configured_is_held(self, attempt, receive, providers):
        del providers["rest"]
        receipt = receive(attempt, rest_review())
        assert (receipt.is_accepted, receipt.is_held, receipt.review_id) == (True, True, None)
        assert outcomes() == ["held: provider not configured"]

    def test_the_error_of_a_plugin_is_kept_by_class_only(self, attempt, receive, providers, monkeypatch):
        def fail(*args: Any) -> None:
            raise KeyError("Ann Learner")

        monkeypatch.setattr(providers["rest"], "on_review_callback", fail)
        with pytest.raises(KeyError):
            receive(attempt, rest_review())
        assert outcomes() == ["refused: KeyError"]


@pytest.mark.contract("reviews#not-proctored")
def test_a_review_of_an_exam_that_is_no_longer_proctored_is_not_stored(receive):
    attempt = make_attempt(make_exam("timed"), status=S.submitted)
    receipt = receive(attempt, rest_review())
    assert not receipt.is_accepted
    assert receipt.review_id is None
    assert not ProctoredExamSoftwareSecureReview.objects.exists()
    assert outcomes() == ["refused: exam no longer proctored"]


@pytest.mark.contract("reviews#inbox")
class TestInbox:
    def test_an_accepted_review_leaves_an_entry(self, attempt, receive, rf):
        staff = make_staff()
        request = rf.post("/")
        request.user = staff
        receipt = receive(attempt, rest_review(), request=request)
        entry = ReviewInboxEntry.objects.get()
        assert receipt.inbox_id == entry.pk
        assert (entry.attempt_code, entry.external_id, entry.backend, entry.outcome, entry.actor_id) == (
            attempt.attempt_code,
            attempt.external_id,
            "rest",
            "applied",
            staff.pk,
        )
        assert json.loads(entry.body) == rest_review()

    def test_the_entry_is_written_before_the_review_is_interpreted(self, attempt, receive, providers, monkeypatch):
        seen = []

        def look(attempt, payload):
            seen.extend(outcomes())
            return payload

        monkeypatch.setattr(providers["rest"], "on_review_callback", look)
        receive(attempt, rest_review())
        assert seen == ["received"]

    def test_a_long_body_is_cut(self, attempt, receive, monkeypatch):
        monkeypatch.setattr(inbox, "MAX_BODY_LENGTH", 20)
        receive(attempt, rest_review())
        assert len(ReviewInboxEntry.objects.get().body) == 20

    def test_an_anonymous_sender_leaves_an_entry_without_an_actor(self, attempt, receive, rf):
        receive(attempt, rest_review(), request=rf.post("/"))
        assert ReviewInboxEntry.objects.get().actor_id is None


@pytest.mark.contract("reviews#inbox")
class TestReplay:
    def test_a_review_that_was_held_is_received_once_its_provider_is_back(self, attempt, receive, providers):
        provider = providers.pop("rest")
        receive(attempt, rest_review())
        providers["rest"] = provider
        assert receiving.replay_review(ReviewInboxEntry.objects.get().pk).is_accepted
        attempt.refresh_from_db()
        assert attempt.status == S.verified
        assert outcomes()[-1] == "applied"

    def test_a_body_that_was_cut_cannot_be_replayed(self, attempt, receive, monkeypatch):
        monkeypatch.setattr(inbox, "MAX_BODY_LENGTH", 20)
        receipt = receive(attempt, rest_review())
        with pytest.raises(ReviewNotUnderstood, match="not kept whole"):
            receiving.replay_review(receipt.inbox_id)

    def test_a_review_of_an_unknown_attempt_cannot_be_replayed(self):
        entry = ReviewInboxEntry.objects.create(attempt_code="NO-SUCH-CODE", external_id="x", backend="rest", body="{}")
        with pytest.raises(ReviewNotUnderstood, match="unknown"):
            receiving.replay_review(entry.pk)

    def test_an_unknown_entry_cannot_be_replayed(self):
        with pytest.raises(ReviewInboxEntry.DoesNotExist):
            receiving.replay_review(12345)


@pytest.mark.contract("reviews#support-notification")
class TestSupportNotification:
    def notified(self, instructor):
        return instructor.called("send_support_notification")

    @pytest.mark.contract("reviews#support-notification")
    def test_a_suspicious_review_notifies_the_support(self, attempt, receive, instructor, current_request):
        receive(attempt, rest_review("suspicious"))
        exam = attempt.proctored_exam
        assert self.notified(instructor) == [
            (
                (),
                {
                    "course_id": exam.course_id,
                    "exam_name": exam.exam_name,
                    "student_username": attempt.user.username,
                    "review_status": "Suspicious",
                    "review_url": (
                        f"http://testserver/edx_proctoring/v1/instructor/{exam.course_id}/{exam.pk}"
                        f"?attempt={attempt.external_id}"
                    ),
                },
            )
        ]

    @pytest.mark.parametrize("status", ["passed", "violation", "not_reviewed"])
    def test_other_reviews_do_not_notify_the_support(self, attempt, receive, instructor, current_request, status):
        receive(attempt, rest_review(status))
        assert self.notified(instructor) == []

    def test_a_review_by_a_person_does_not_notify_the_support(self, attempt, receive, instructor, current_request):
        receive(attempt, rest_review("suspicious", reviewed_by=make_staff().email))
        assert self.notified(instructor) == []

    @pytest.mark.contract("reviews#support-notification")
    def test_without_a_request_the_support_is_not_notified(self, attempt, receive, instructor):
        receive(attempt, rest_review("suspicious"))
        assert self.notified(instructor) == []

    def test_without_an_instructor_service_the_review_is_accepted(
        self, attempt, receive, register_service, current_request
    ):
        from edx_proctoring import runtime

        runtime.set_runtime_service("instructor", None)
        assert receive(attempt, rest_review("suspicious")).is_accepted

    def test_a_failing_notification_does_not_fail_the_review(
        self, attempt, receive, instructor, current_request, caplog
    ):
        instructor.failing.add("send_support_notification")
        assert receive(attempt, rest_review("suspicious")).is_accepted
        assert outcomes() == ["applied"]
        assert "support not notified" in caplog.text
