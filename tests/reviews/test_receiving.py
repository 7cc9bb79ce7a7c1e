"""A review arrives. Spec: backends.md 9.1, 9.5, beyond.md 1, cross-cutting.md C16."""

import copy
import json
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.http import QueryDict

from edx_proctoring import constants
from edx_proctoring.api.lifecycle import transitions
from edx_proctoring.api.reviews import receiving
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
    ProctoredExamStudentAttempt,
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
    """An LMS around it."""


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


@pytest.mark.spec("backends.md", "9.1:fields")
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
    def test_the_row(self, attempt, receive, status, verdict):
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

    def test_its_comments(self, attempt, receive):
        receive(attempt, rest_review(comments=[{"comment": "c", "status": "s"}, rest_review()["comments"][0]]))
        rows = ProctoredExamSoftwareSecureComment.objects.order_by("id")
        assert list(rows.values_list("start_time", "stop_time", "duration", "comment", "status")) == [
            (0, 0, 0, "c", "s"),
            (4, 9, 5, "Looked away", "suspicious"),
        ]

    def test_the_attempt_follows(self, attempt, receive):
        receive(attempt, rest_review("passed"))
        attempt.refresh_from_db()
        assert attempt.status == S.verified

    def test_when_it_does_the_comments_are_there(self, attempt, receive, monkeypatch):
        seen = []
        monkeypatch.setattr(transitions, "update_attempt_status", lambda *args, **kwargs: seen.append(comments()))
        receive(attempt, rest_review())
        assert seen == [["Looked away"]]

    def test_the_callers_data_is_not_changed(self, attempt, receive, rpnow_payload, providers):
        data = rpnow_payload(attempt)
        before = copy.deepcopy(data)
        receive(attempt, data, backend=providers["rpnow"])
        assert data == before

    def test_form_data_is_taken(self, attempt, receive):
        receive(attempt, QueryDict("status=passed"))
        assert stored().review_status == "Clean"

    def test_a_review_of_an_archived_attempt(self, attempt, serialize):
        attempt_dict = serialize(attempt, is_archived=True)
        attempt.delete()
        receiving.receive_review(attempt_dict, rest_review())
        assert stored().attempt_code == attempt_dict["attempt_code"]
        assert comments() == ["Looked away"]

    def test_the_exams_backend_in_the_dict_decides(self, attempt, serialize, providers, monkeypatch):
        monkeypatch.setattr(providers["test"], "on_review_callback", lambda attempt, payload: {"status": "violation"})
        attempt_dict = serialize(attempt)
        attempt_dict["proctored_exam"]["backend"] = "test"
        receiving.receive_review(attempt_dict, {})
        assert stored().review_status == "Rules Violation"


@pytest.mark.spec("backends.md", "9.1:video")
class TestRpnow:
    @pytest.fixture
    def attempt(self):
        return make_attempt(make_exam(backend="rpnow"), status=S.submitted)

    def test_a_full_payload(self, attempt, receive, rpnow_payload):
        receive(attempt, rpnow_payload(attempt))
        assert stored().review_status == "Clean"
        assert len(comments()) == 6

    @pytest.mark.spec("rest-api.md", "6.5:video")
    def test_the_recording_is_stored_encrypted_only(self, attempt, receive, rpnow_payload):
        data = rpnow_payload(attempt)
        link = data["videoReviewLink"]
        receive(attempt, data)
        review = stored()
        assert decode_and_decrypt(bytes(review.encrypted_video_url), bytes.fromhex(VIDEO_KEY)).decode() == link
        assert "videoReviewLink" not in review.raw_data
        assert link not in review.raw_data
        assert link not in ReviewInboxEntry.objects.get().body

    @pytest.mark.parametrize("key", [None, "", "not hex", "abcd"])
    def test_without_a_fit_key_it_is_not_stored(self, attempt, receive, rpnow_payload, providers, key):
        providers["rpnow"].video_review_aes_key = key
        receive(attempt, rpnow_payload(attempt))
        assert stored().encrypted_video_url is None

    def test_a_link_inside_the_payload_of_a_rest_review_is_not_stored_either(self, attempt, receive, providers):
        data = rest_review(payload={"videoReviewLink": "http://secret.test", "more": 1})
        receive(attempt, data, backend=providers["rest"])
        assert json.loads(stored().raw_data)["payload"] == {"more": 1}
        assert "secret.test" not in ReviewInboxEntry.objects.get().body


@pytest.mark.spec("backends.md", "9.1:reviewer")
class TestReviewer:
    @pytest.mark.spec("rest-api.md", "6.5:reviewer")
    def test_named_by_address(self, attempt, receive):
        staff = make_staff()
        receive(attempt, rest_review(reviewed_by=staff.email))
        assert stored().reviewed_by == staff

    @pytest.mark.parametrize("address", ["nobody@example.com", "", None, 5, ["a"], {}], ids=str)
    def test_nobody(self, attempt, receive, address):
        receive(attempt, rest_review(reviewed_by=address))
        assert stored().reviewed_by is None

    @pytest.mark.spec("rest-api.md", "6.5:reviewer")
    def test_several_users_of_one_address(self, attempt, receive, caplog):
        make_user(email="shared@example.com")
        make_user(email="shared@example.com")
        receive(attempt, rest_review(reviewed_by="shared@example.com"))
        assert stored().reviewed_by is None
        assert "several users" in caplog.text
        assert "shared@" not in caplog.text

    def strangers_warnings(self, caplog):
        return [
            record
            for record in caplog.records
            if record.name == "edx_proctoring_views"
            and record.msg
            == "user=%(user)s does not have the required permissions to submit a review for "
            "attempt_code=%(attempt_code)s."
        ]

    @pytest.mark.spec("rest-api.md", "6.5:reviewer")
    @pytest.mark.parametrize(("is_course_staff", "warnings"), [(True, 0), (False, 1)])
    def test_a_stranger_is_warned_of_and_taken(
        self, attempt, receive, register_service, caplog, is_course_staff, warnings
    ):
        register_service("instructor", MockInstructorService(is_user_course_staff=is_course_staff))
        user = make_user()
        receive(attempt, rest_review(reviewed_by=user.email))
        found = self.strangers_warnings(caplog)
        assert len(found) == warnings
        assert all(record.args == {"user": user, "attempt_code": attempt.attempt_code} for record in found)
        assert stored().reviewed_by == user

    def test_global_staff_is_no_stranger(self, attempt, receive, register_service, caplog):
        register_service("instructor", MockInstructorService(is_user_course_staff=False))
        receive(attempt, rest_review(reviewed_by=make_staff().email))
        assert self.strangers_warnings(caplog) == []

    def test_the_word_of_a_later_review_counts(self, attempt, receive):
        receive(attempt, rest_review("violation"))
        attempt.refresh_from_db()
        assert attempt.status == S.second_review_required
        receive(attempt, rest_review("violation", reviewed_by=make_staff().email))
        attempt.refresh_from_db()
        assert attempt.status == S.rejected
        receive(attempt, rest_review("violation"))
        assert stored().reviewed_by is None


@pytest.mark.spec("backends.md", "9.1:again", "9.1:comments")
@pytest.mark.spec("data-model.md", "2.11:resubmission", "6")
class TestAgain:
    def test_the_former_review_is_archived(self, attempt, receive):
        receive(attempt, rest_review("suspicious"))
        receive(attempt, rest_review("passed"))
        assert stored().review_status == "Clean"
        assert [row.review_status for row in ProctoredExamSoftwareSecureReviewHistory.objects.all()] == ["Suspicious"]
        attempt.refresh_from_db()
        assert attempt.status == S.verified

    @pytest.mark.spec("rest-api.md", "6.5:updates")
    def test_comments_are_replaced(self, attempt, receive):
        receive(attempt, rest_review())
        receive(attempt, rest_review(comments=[{"comment": "New", "status": "s"}]))
        assert comments() == ["New"]

    def test_the_same_review_does_it_all_again(self, attempt, receive, monkeypatch):
        receive(attempt, rest_review())
        calls = []
        monkeypatch.setattr(transitions, "update_attempt_status", lambda *args, **kwargs: calls.append(args))
        receive(attempt, rest_review())
        assert calls == [(attempt.pk, S.verified)]
        assert comments() == ["Looked away"]

    def test_the_recording_of_the_former_one_stays_if_there_is_no_new_one(
        self, attempt, receive, rpnow_payload, providers
    ):
        data = rpnow_payload(attempt)
        receive(attempt, data, backend=providers["rpnow"])
        before = bytes(stored().encrypted_video_url)
        receive(attempt, {**data, "videoReviewLink": None}, backend=providers["rpnow"])
        assert bytes(stored().encrypted_video_url) == before

    @pytest.mark.parametrize("own_setting", [False, True], ids=["platform", "provider"])
    def test_where_updates_are_not_allowed(self, attempt, receive, monkeypatch, settings, own_setting):
        receive(attempt, rest_review("suspicious"))
        if own_setting:
            settings.PROCTORING_BACKENDS = {"DEFAULT": "test", "rest": {"settings": {"ALLOW_REVIEW_UPDATES": False}}}
        else:
            monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False, raising=False)
        with pytest.raises(ProctoredExamReviewAlreadyExists):
            receive(attempt, rest_review("passed"))
        assert stored().review_status == "Suspicious"
        assert outcomes() == ["applied", "duplicate"]

    def test_a_first_review_needs_no_permission_to_update(self, attempt, receive, monkeypatch):
        monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False, raising=False)
        assert receive(attempt, rest_review()).is_accepted


@pytest.mark.spec("backends.md", "9.1:shape", "9.1:steps")
class TestRefused:
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
    def test_an_unknown_verdict(self, attempt, receive, status):
        self.refuse(receive, attempt, rest_review(status), ProctoredExamBadReviewStatus)

    @pytest.mark.spec("rest-api.md", "6.5:validation")
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
    def test_a_malformed_review(self, attempt, receive, data):
        self.refuse(receive, attempt, data, ReviewNotUnderstood)

    @pytest.mark.parametrize("backend", ["null", "mock"])
    def test_a_provider_without_reviews(self, receive, backend):
        attempt = make_attempt(make_exam(backend=backend), status=S.submitted)
        self.refuse(receive, attempt, rest_review(), ReviewNotUnderstood)

    def test_what_the_vendor_refuses(self, receive, rpnow_payload):
        attempt = make_attempt(make_exam(backend="rpnow"), status=S.submitted)
        data = rpnow_payload(attempt)
        data["examMetaData"]["ssiRecordLocator"] = "another"
        self.refuse(receive, attempt, data, ProctoredExamSuspiciousLookup)

    def test_the_vendors_check_comes_before_the_duplicate(self, receive, rpnow_payload, monkeypatch):
        attempt = make_attempt(make_exam(backend="rpnow"), status=S.submitted)
        data = rpnow_payload(attempt)
        receive(attempt, data)
        monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False, raising=False)
        with pytest.raises(ProctoredExamBadReviewStatus):
            receive(attempt, {**data, "reviewStatus": "bogus"})

    def test_the_duplicate_comes_before_the_verdict(self, attempt, receive, monkeypatch):
        receive(attempt, rest_review())
        monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False, raising=False)
        with pytest.raises(ProctoredExamReviewAlreadyExists):
            receive(attempt, rest_review("bogus"))

    def test_a_review_whose_provider_is_not_configured_is_held(self, attempt, receive, providers):
        del providers["rest"]
        receipt = receive(attempt, rest_review())
        assert (receipt.is_accepted, receipt.is_held, receipt.review_id) == (True, True, None)
        assert outcomes() == ["held"]

    def test_the_error_of_a_plugin_is_noted_by_class_only(self, attempt, receive, providers, monkeypatch):
        def fail(*args: Any) -> None:
            raise KeyError("Ann Learner")

        monkeypatch.setattr(providers["rest"], "on_review_callback", fail)
        with pytest.raises(KeyError):
            receive(attempt, rest_review())
        assert outcomes() == ["refused: KeyError"]


@pytest.mark.spec("backends.md", "9.1:gone")
def test_an_exam_that_is_no_longer_proctored(receive):
    attempt = make_attempt(make_exam("timed"), status=S.submitted)
    receipt = receive(attempt, rest_review())
    assert not receipt.is_accepted
    assert receipt.review_id is None
    assert not ProctoredExamSoftwareSecureReview.objects.exists()
    assert outcomes() == ["refused: exam no longer proctored"]


@pytest.mark.spec("backends.md", "9.1:inbox")
class TestInbox:
    def test_an_entry(self, attempt, receive, rf):
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

    def test_it_is_there_before_anything_is_looked_at(self, attempt, receive, providers, monkeypatch):
        seen = []

        def look(attempt, payload):
            seen.extend(outcomes())
            return payload

        monkeypatch.setattr(providers["rest"], "on_review_callback", look)
        receive(attempt, rest_review())
        assert seen == ["received"]

    def test_its_body_is_capped(self, attempt, receive, monkeypatch):
        monkeypatch.setattr(reviews, "MAX_BODY_LENGTH", 20)
        receive(attempt, rest_review())
        assert len(ReviewInboxEntry.objects.get().body) == 20

    def test_an_anonymous_sender(self, attempt, receive, rf):
        receive(attempt, rest_review(), request=rf.post("/"))
        assert ReviewInboxEntry.objects.get().actor_id is None


@pytest.mark.spec("backends.md", "9.1:inbox")
class TestReplay:
    def test_a_review_that_was_held_is_received_once_its_provider_is_back(self, attempt, receive, providers):
        provider = providers.pop("rest")
        receive(attempt, rest_review())
        providers["rest"] = provider
        assert receiving.replay_review(ReviewInboxEntry.objects.get().pk).is_accepted
        attempt.refresh_from_db()
        assert attempt.status == S.verified
        assert outcomes()[-1] == "applied"

    def test_a_body_that_was_capped(self, attempt, receive, monkeypatch):
        monkeypatch.setattr(reviews, "MAX_BODY_LENGTH", 20)
        receipt = receive(attempt, rest_review())
        with pytest.raises(ReviewNotUnderstood, match="not kept whole"):
            receiving.replay_review(receipt.inbox_id)

    def test_an_attempt_that_nobody_knows(self):
        entry = ReviewInboxEntry.objects.create(attempt_code="NO-SUCH-CODE", external_id="x", backend="rest", body="{}")
        with pytest.raises(ReviewNotUnderstood, match="unknown"):
            receiving.replay_review(entry.pk)

    def test_an_unknown_entry(self):
        with pytest.raises(ReviewInboxEntry.DoesNotExist):
            receiving.replay_review(12345)


@pytest.mark.spec("backends.md", "9.1:notify")
class TestSupportNotification:
    def notified(self, instructor):
        return instructor.called("send_support_notification")

    @pytest.mark.spec("rest-api.md", "6.5:notify")
    def test_a_suspicious_review(self, attempt, receive, instructor, current_request):
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
    def test_other_reviews(self, attempt, receive, instructor, current_request, status):
        receive(attempt, rest_review(status))
        assert self.notified(instructor) == []

    def test_a_person_looked_already(self, attempt, receive, instructor, current_request):
        receive(attempt, rest_review("suspicious", reviewed_by=make_staff().email))
        assert self.notified(instructor) == []

    @pytest.mark.spec("rest-api.md", "6.5:notify")
    def test_without_a_request(self, attempt, receive, instructor):
        receive(attempt, rest_review("suspicious"))
        assert self.notified(instructor) == []

    def test_without_a_service(self, attempt, receive, register_service, current_request):
        from edx_proctoring import runtime

        runtime.set_runtime_service("instructor", None)
        assert receive(attempt, rest_review("suspicious")).is_accepted

    def test_a_ticket_system_that_fails(self, attempt, receive, instructor, current_request, caplog):
        instructor.failing.add("send_support_notification")
        assert receive(attempt, rest_review("suspicious")).is_accepted
        assert outcomes() == ["applied"]
        assert "support not notified" in caplog.text


@pytest.mark.spec("backends.md", "9.1:at-once", "9.1:locked")
class TestTwoAtOnce:
    def test_the_loser_of_two_first_reviews_becomes_an_update(self, attempt, serialize, monkeypatch):
        """Without a live row to lock, only the unique code keeps two first reviews apart."""
        attempt_dict = serialize(attempt, is_archived=True)
        attempt.delete()
        original = receiving._store_and_apply
        raced = []

        def race(*args):
            if not raced:
                raced.append(True)
                original(*args)  # The other delivery comes first...
                raise IntegrityError("UNIQUE")  # ...and ours hits the constraint.
            return original(*args)

        monkeypatch.setattr(reviews, "_store_locked", race)
        assert receiving.receive_review(attempt_dict, rest_review()).is_accepted
        assert stored().review_status == "Clean"
        assert comments() == ["Looked away"]

    def test_an_integrity_error_of_another_kind_is_raised(self, attempt, receive, monkeypatch):
        def fail(*args):
            raise IntegrityError("foreign key")

        monkeypatch.setattr(reviews, "_store_locked", fail)
        with pytest.raises(IntegrityError):
            receive(attempt, rest_review())

    def test_the_review_stored_last_has_the_last_word(self, attempt, serialize, monkeypatch):
        """The other delivery is stored and applied between our storing and our applying."""
        original = receiving._store

        def store(*args):
            mine = original(*args)
            if mine.review_status == "Suspicious":
                receiving.receive_review(serialize(attempt), rest_review("passed"))
            return mine

        monkeypatch.setattr(reviews, "_store", store)
        receiving.receive_review(serialize(attempt), rest_review("suspicious"))
        attempt.refresh_from_db()
        assert stored().review_status == "Clean"
        assert attempt.status == S.verified

    def test_the_live_attempt_is_held_before_its_review_is_read(self, attempt, receive, monkeypatch):
        queryset = type(ProctoredExamStudentAttempt.objects.all())
        original = queryset.locked
        held = []

        def locked(self, attempt_id, /):
            held.append((attempt_id, connection.in_atomic_block, ProctoredExamSoftwareSecureReview.objects.count()))
            return original(self, attempt_id)

        monkeypatch.setattr(queryset, "locked", locked)
        receive(attempt, rest_review())
        # First by us, with nothing stored yet; then by the change of status.
        assert held == [(attempt.pk, True, 0), (attempt.pk, True, 1)]
